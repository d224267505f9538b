// The tracks of the visitor's file: those with a tick are the piece that faders change.
(function (F) {
  "use strict";

  F.Tracks = class {
    // group: a fieldset, hidden where there is nothing to choose; chosen() on a new choice.
    constructor(group, chosen) {
      Object.assign(this, { group, chosen });
      this.list = group.querySelector("ul");
      group.addEventListener("change", (event) => this.change(event.target));
    }

    // tracks: [{number, name, notes, chosen}], none where there is nothing to choose.
    show(tracks) {
      this.group.hidden = !tracks.length;
      this.list.replaceChildren(...tracks.map((track) => this.row(track)));
    }

    row({ number, name, notes, chosen }) {
      const [row, label, text] = ["li", "label", "span"].map((tag) => document.createElement(tag));
      const box = Object.assign(document.createElement("input"), { type: "checkbox" });
      box.value = number;
      box.checked = chosen;
      label.className = "fn-check";
      label.title = `${notes} note${notes === 1 ? "" : "s"}`;
      text.textContent = name;
      label.append(box, text);
      row.append(label);
      return row;
    }

    get boxes() {
      return [...this.list.querySelectorAll("input")];
    }

    // Their numbers; null where there is nothing to choose.
    get value() {
      if (this.group.hidden) return null;
      return this.boxes.filter((box) => box.checked).map((box) => Number(box.value));
    }

    // Tick the tracks with these numbers.
    choose(numbers) {
      for (const box of this.boxes) box.checked = numbers.includes(Number(box.value));
    }

    // Whether the ticks are those of `tracks`.
    shows(tracks) {
      const chosen = tracks.filter((track) => track.chosen).map((track) => track.number);
      return chosen.join() === (this.value ?? []).join();
    }

    // One track at least is the piece.
    change(box) {
      if (this.value.length) this.chosen();
      else box.checked = true;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
