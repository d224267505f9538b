// What is done in the rolls: the playhead is put somewhere, notes are chosen to stay.
(function (F) {
  "use strict";

  const STEP_SECONDS = 0.5; // that an arrow key moves the playhead

  F.extend(F.Workbench.prototype, {
    listenRolls() {
      const box = this.find(".fn-rolls");
      const seek = (event) => {
        const edge = this.rolls[1].canvas.getBoundingClientRect().left;
        this.player.seek(this.rolls[1].seconds(event.clientX - edge));
      };
      let isDragging = false;
      box.addEventListener("pointerdown", (event) => {
        if (this.locks.picking && this.pick(event)) return;
        isDragging = !event.button && this.player.length > 0;
        if (isDragging) {
          box.setPointerCapture(event.pointerId);
          seek(event);
        }
      });
      box.addEventListener("pointermove", (event) => isDragging && seek(event));
      for (const end of ["pointerup", "pointercancel"]) {
        box.addEventListener(end, () => (isDragging = false));
      }
      box.addEventListener("keydown", (event) => {
        if (this.locks.picking && this.pickByKey(event.key)) return event.preventDefault();
        const to = {
          ArrowLeft: this.player.position - STEP_SECONDS,
          ArrowRight: this.player.position + STEP_SECONDS,
          Home: 0,
        }[event.key];
        if (to === undefined) return;
        this.player.seek(Math.min(this.player.length, Math.max(0, to)));
        event.preventDefault();
      });
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
