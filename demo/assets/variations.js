// The bars that are chosen drawn once more, while all others stay note for note: at once by another
// seed, or as one of three that are seen side by side, with what differs from the result as it is.
(function (F) {
  "use strict";

  const COUNT = 3;
  const MOST = 32; // parts drawn once more, as the server has it

  const drawn = () => Math.floor(Math.random() * 1000000);

  F.extend(F.Workbench.prototype, {
    listenVariations() {
      this.find("[data-do=redraw]").addEventListener("click", () => this.redraw(drawn()));
      this.find("[data-do=vary]").addEventListener("click", () => this.vary());
      this.find("[data-do=close-variations]").addEventListener("click", () => this.hideVariations());
      this.variants = [...this.element.querySelectorAll("[data-variation]")].map((box) => {
        const roll = new F.Roll(box.querySelector("canvas"), { side: "result", ruler: false });
        const variant = { box, roll, seed: null };
        box.querySelector("button").addEventListener("click", () => {
          this.hideVariations();
          this.redraw(variant.seed);
        });
        return variant;
      });
    },

    // The settings with the selection drawn once more; what was drawn there before is let go.
    redrawn(seed) {
      const [begin, end] = this.area.span;
      const others = this.now.redrawn.filter(([from, to]) => from < begin || to > end);
      return [...others, [begin, end, seed]].slice(-MOST);
    },

    redraw(seed) {
      this.change({ ...this.now, redrawn: this.redrawn(seed) });
    },

    // Whether an answer has the notes that are shown, though they were drawn by another seed: where
    // little changes, nothing else may fit.
    drewTheSame({ first, last, rolls }) {
      const { shownRequest: shown } = this;
      if (!shown || shown.first !== first || shown.last !== last) return false;
      const [before, after] = [shown.now, this.now].map(({ seed, redrawn, ...rest }) =>
        [[seed, redrawn], rest].map((part) => JSON.stringify(part)),
      );
      const isDrawnAnew = before[0] !== after[0] && before[1] === after[1];
      return isDrawnAnew && JSON.stringify(shown.notes) === JSON.stringify(rolls.result.notes);
    },

    vary() {
      if (!this.piece) return;
      this.varying = { key: this.answerKey, seeds: Array.from({ length: COUNT }, drawn) };
      this.find("[data-show=variations]").hidden = false;
      this.find("[data-show=varied]").textContent = "One moment\u2026";
      for (const { box } of this.variants) box.hidden = true;
      this.request({ seeds: this.varying.seeds, redrawn: this.redrawn(0).slice(0, -1), redrawn_now: this.now.redrawn });
      this.trigger(this.events.vary);
    },

    // answer: {variations: [{seed, roll, sentence}]}
    showVariations({ piece, variations }) {
      const { varying } = this;
      const seeds = variations.map(({ seed }) => seed);
      if (!varying || piece !== this.piece.id || String(seeds) !== String(varying.seeds)) return;
      if (varying.key !== this.answerKey) return this.hideVariations();
      this.find("[data-show=varied]").textContent = "Orange is new beside the result as it is now.";
      for (const { box } of this.variants) box.hidden = false; // all, before any is measured to be drawn
      variations.forEach(({ seed, roll, sentence }, i) => {
        const variant = this.variants[i];
        variant.seed = seed;
        variant.box.querySelector("p").textContent = sentence;
        variant.roll.show({ ...roll, numbers: [], locked: [], hasPedal: roll.pedal.length > 0 });
      });
    },

    // They are of what was chosen and set then.
    hideVariations() {
      this.varying = null;
      this.find("[data-show=variations]").hidden = true;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
