// What the workbench shows: the second half of F.Workbench.
(function (F) {
  "use strict";

  const BUSY_AFTER_MS = 250; // before something that is still under way is announced

  // Where a preset's button puts the two moods, -1 to 1.
  F.moods = ({ dataset }) => ({
    arousal: Number(dataset.arousal),
    valence: Number(dataset.valence),
  });

  F.extend(F.Workbench.prototype, {
    showSettings() {
      const amounts = this.score.amounts(this.now);
      this.find("[data-do=undo]").disabled = !this.history.past.length;
      this.find("[data-do=redo]").disabled = !this.history.future.length;
      this.find("[data-do=reset]").disabled =
        !amounts.length && this.now.seed === null && !this.now.lock.length && !this.now.redrawn.length;
      this.showPoints();
      this.find("[data-show=link]").parentElement.hidden = true; // it was to other settings
      // How notes are played is not drawn by a seed.
      const drawn = this.faders.filter((fader) => !fader.isFactor);
      const isMovedHere = drawn.some((fader) => fader.moved);
      const isMoved = (fader) => amounts.some(({ name }) => name === fader.name);
      this.find("[data-do=dice]").disabled = !drawn.some(isMoved);
      for (const name of ["redraw", "vary"]) this.find(`[data-do=${name}]`).disabled = !isMovedHere;
      this.find("[data-show=unmoved]").hidden = isMovedHere;
      for (const button of this.moods) {
        const sides = Object.entries(F.moods(button));
        const has = ([mood, way]) => this.faders.find(({ name }) => name === mood).value === way;
        button.setAttribute("aria-pressed", sides.every(has));
      }
      this.find(`[name=fn-shape][value=${this.absolute ? "same" : "keep"}]`).checked = true;
      this.find("#fn-seed").value = this.now.seed === null ? "" : this.now.seed;
    },

    showZoom() {
      this.find("[data-do=closer]").disabled = this.zoom.isMost;
      this.find("[data-do=farther]").disabled = this.zoom.isLeast;
    },

    showAnswer(answer) {
      for (const button of this.moods) button.disabled = answer.closed;
      const { original, result, ...shared } = answer.rolls;
      shared.hasPedal = original.pedal.length + result.pedal.length > 0;
      const selection = `${answer.piece}/${answer.first}-${answer.last}`;
      const isOther = this.drawn !== selection;
      this.drawn = selection;
      for (const roll of this.rolls) {
        roll.show({ ...shared, ...(roll.side === "original" ? original : result) });
      }
      if (isOther) this.stage.view.reset();
      for (const fader of this.faders) {
        const { piece, result, ...rest } = answer.figures[fader.name];
        fader.start({ ...piece, ...rest, disabled: answer.closed && !fader.isFactor });
        fader.measured(result);
      }
      for (const lane of this.lanes) lane.measured(answer.first, answer.figures[lane.fader.name].along);
      const same = this.drewTheSame(answer) ? " The other seed draws the same notes." : "";
      this.show("summary", answer.summary + same);
      const box = this.find(".fn-rolls");
      box.setAttribute("aria-valuemax", shared.length.toFixed(1));
      box.setAttribute("aria-description", answer.changes);
      this.element.dataset.answered = answer.number;
      this.showHeard();
    },

    showPlayer() {
      const { side } = this.player;
      this.find(`[name=fn-side][value=${side}]`).checked = true;
      this.find(".fn-rolls").dataset.heard = side;
      this.showBusy();
      this.stage.show();
    },

    // Say so if the visitor has to wait for long.
    showBusy() {
      if (this.waits && !this.waiting) {
        this.waiting = setTimeout(() => this.busy(this.waits), BUSY_AFTER_MS);
      } else if (!this.waits) {
        clearTimeout(this.waiting);
        this.waiting = null;
        this.busy(false);
      }
    },

    busy(on) {
      this.find(".fn-bench").setAttribute("aria-busy", on);
    },
  });
})((window.FaderNets = window.FaderNets || {}));
