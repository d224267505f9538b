// Notes of the original that are to stay are chosen in its roll, by clicks or by keys.
(function (F) {
  "use strict";

  F.extend(F.Workbench.prototype, {
    // Whether a pointer or a key in the rolls chooses notes and does nothing else.
    picks(event) {
      if (!this.locks.picking) return false;
      return event.type === "keydown" ? this.pickByKey(event.key) : this.pick(event);
    },

    startPicking() {
      const box = this.find(".fn-rolls");
      box.classList.toggle("fn-picking", this.locks.picking);
      box.removeAttribute("aria-valuetext"); // of the position in seconds, or of a note gone to
      this.rolls[0].choose(-1);
    },

    // A click in the original's roll locks the note there, or lets it go.
    pick(event) {
      const [original] = this.rolls;
      if (event.button || event.target !== original.canvas) return false;
      const box = original.canvas.getBoundingClientRect();
      const index = original.noteAt(event.clientX - box.left, event.clientY - box.top);
      if (index >= 0) this.pickNote(index);
      return true;
    },

    pickNote(index) {
      const [original] = this.rolls;
      original.choose(index);
      this.locks.turn(`note:${original.data.numbers[index]}`);
    },

    // Arrow keys go from note to note of the original, Enter chooses one.
    pickByKey(key) {
      const [original] = this.rolls;
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
      const count = original.data?.notes.length ?? 0;
      if (!count || (!step && key !== "Enter")) return false;
      if (step) original.choose((original.cursor + step + count) % count);
      else this.pickNote(Math.max(0, original.cursor));
      this.find(".fn-rolls").setAttribute("aria-valuetext", original.described);
      return true;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
