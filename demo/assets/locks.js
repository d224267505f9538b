// What is to stay exactly as it is: ticks for voices, hands, rhythm and pitches, and for tracks where
// several are the piece; and notes that were clicked in the original's roll. As words, such as
// "melody", "track:2" and "note:17".
(function (F) {
  "use strict";

  F.Locks = class {
    // group: a fieldset with a list of checkboxes; changed(words) on a new choice, and
    // picked() when clicks mean something else.
    constructor(group, changed, picked) {
      Object.assign(this, { group, changed, picked, words: [] });
      this.list = group.querySelector("ul");
      this.picking = false; // whether clicks in the original's roll choose notes
      this.list.addEventListener("change", (event) => this.turn(event.target.value));
      this.picker = group.querySelector("[data-do=pick]");
      this.picker.addEventListener("click", () => this.pick(!this.picking));
      this.release = group.querySelector("[data-do=unlock]");
      this.release.addEventListener("click", () => {
        this.picker.focus(); // the button goes
        this.changed(F.Locks.withoutNotes(this.words));
      });
    }

    static withoutNotes(words) {
      return words.filter((word) => !word.startsWith("note:"));
    }

    pick(on) {
      this.picking = on;
      this.picker.setAttribute("aria-pressed", on);
      this.picked();
    }

    // piece: {locks, tracks}. A model that arranges no notes has nothing to lock.
    offer({ locks, tracks }) {
      this.group.hidden = !locks;
      this.list.querySelectorAll("[data-track]").forEach((row) => row.remove());
      const chosen = tracks.filter((track) => track.chosen);
      if (chosen.length > 1) this.list.append(...chosen.map((track) => this.row(track)));
    }

    row({ number, name }) {
      const isTaken = [...this.list.querySelectorAll("span")].some((span) => span.textContent === name);
      const row = this.list.querySelector("li").cloneNode(true);
      const [label, box, text] = ["label", "input", "span"].map((tag) => row.querySelector(tag));
      row.dataset.track = number;
      label.title = `All notes of ${name}`;
      box.value = `track:${number}`;
      text.textContent = isTaken ? `${name} (track ${number})` : name; // as "Left hand" may be, or "Bass"
      return row;
    }

    turn(word) {
      const isLocked = this.words.includes(word);
      this.changed(isLocked ? this.words.filter((other) => other !== word) : [...this.words, word]);
    }

    put(words) {
      this.words = words;
      for (const box of this.list.querySelectorAll("input")) box.checked = words.includes(box.value);
      const count = this.notes.size;
      const text = count ? `${count} note${count > 1 ? "s" : ""}` : "";
      this.group.querySelector("[data-show=picked]").textContent = text;
      this.release.hidden = !count;
    }

    // Numbers of the chosen notes.
    get notes() {
      const words = this.words.filter((word) => word.startsWith("note:"));
      return new Set(words.map((word) => Number(word.slice(5))));
    }
  };
})((window.FaderNets = window.FaderNets || {}));
