// The points of the history in a list, each named by what was changed there: any of them is gone to at
// once, and "Flip", or C, goes back and forth between the last two, while the music plays on.
(function (F) {
  "use strict";

  const OTHERS = { seed: "seed", lock: "kept notes", redrawn: "drawn once more" };

  F.extend(F.Workbench.prototype, {
    listenPoints() {
      this.flipped = null; // the number of the point that "Flip" goes to
      const list = this.find("[data-show=points]");
      list.addEventListener("change", () => this.goToPoint(Number(list.value)));
      this.find("[data-do=flip]").addEventListener("click", () => this.flip());
    },

    goToPoint(number) {
      const from = this.history.place;
      const entry = this.history.to(number, this.now);
      if (!entry) return;
      this.flipped = from;
      this.goTo(entry);
    },

    flip() {
      if (this.canFlip) this.goToPoint(this.flipped);
    },

    get canFlip() {
      return this.flipped !== null && this.flipped !== this.history.place && this.flipped < this.history.count;
    },

    showPoints() {
      const { history } = this;
      const list = this.find("[data-show=points]");
      const names = history.count > 1 ? this.pointNames() : ["As played"];
      list.replaceChildren(...names.map((name, number) => new Option(`${number}  ${name}`, number)));
      list.value = history.place;
      list.disabled = history.count < 2;
      this.find("[data-do=flip]").disabled = !this.canFlip;
    },

    // The name of each point of the history: what was changed to come there, and in which bars.
    pointNames() {
      const points = this.history.points(this.now);
      return points.map(({ settings }, number) => {
        if (!number) return this.score.isMoved(settings) ? "As it was" : "As played";
        const { settings: before, first, last } = points[number - 1];
        const { edges } = this.overview.piece;
        const isHere = last < this.overview.count; // of other tracks there may be fewer bars
        const span = isHere ? [edges[first], edges[last + 1]] : this.area.whole;
        const what = this.differences(before, settings, span).join(", ");
        if (!what) return "As played";
        return isHere ? `${what}, ${this.overview.barsText(first, last)}` : what;
      });
    },

    // What two settings differ in, and what the second has there; nothing where it is neutral.
    differences(before, after, span) {
      if (JSON.stringify(after) === JSON.stringify(this.score.neutral)) return [];
      const differs = (one, other) => JSON.stringify(one ?? null) !== JSON.stringify(other ?? null);
      const isMoved = ({ name }) =>
        differs(before[name], after[name]) || differs(before.positions[name], after.positions[name]);
      const others = Object.keys(OTHERS).filter((name) => differs(before[name], after[name]));
      const move = (fader) => this.moveOf(fader, after, span) || `${fader.title} as played`;
      return [...this.faders.filter(isMoved).map(move), ...others.map((name) => OTHERS[name])];
    },
  });
})((window.FaderNets = window.FaderNets || {}));
