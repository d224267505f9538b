// Which part of their seconds all rolls show: zoomed into and scrolled along, and turned like a page
// when the playhead leaves it.
(function (F) {
  "use strict";

  const SHORTEST = 0.5; // seconds in sight at least

  F.RollView = class {
    // rolls: those that show it; box: what the pointer is in; bar: an element that scrolls;
    // changed() is called when another part is in sight.
    constructor(rolls, box, bar, changed) {
      Object.assign(this, { roll: rolls[rolls.length - 1], bar, changed, from: 0, share: 1, followed: false });
      for (const roll of rolls) roll.view = this;
      box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
      this.byHand = false; // whether the visitor scrolls the bar; browsers do it, too, laying out anew
      for (const act of ["pointerdown", "wheel", "keydown"]) {
        bar.addEventListener(act, () => (this.byHand = true), { passive: true });
      }
      bar.addEventListener("scroll", () => this.scrolled());
      bar.addEventListener("scrollend", () => (this.byHand = false));
    }

    get length() {
      return this.roll.data?.length || 0;
    }

    get isWhole() {
      return this.share >= 1;
    }

    get isLeast() {
      return this.share * this.length <= SHORTEST;
    }

    // All of the selection again.
    reset() {
      this.set(1, 0);
    }

    // Closer by a factor, about a time or the middle of what is in sight.
    by(factor, about = this.from + (this.share * this.length) / 2) {
      if (!this.length) return;
      const least = Math.min(1, SHORTEST / this.length);
      const share = Math.min(1, Math.max(least, this.share / factor));
      this.set(share, about - ((about - this.from) * share) / this.share);
    }

    set(share, from) {
      this.followed = false;
      this.share = share;
      this.from = Math.min(Math.max(0, from), this.length * (1 - share));
      this.bar.hidden = this.isWhole;
      this.bar.firstElementChild.style.width = `${100 / share}%`;
      this.placeBar();
      this.changed();
    }

    // The bar to where the rolls are.
    placeBar() {
      this.bar.scrollLeft = this.length ? (this.from / this.length) * this.bar.scrollWidth : 0;
    }

    // The bar was scrolled; where `set` put it itself, by less than a pixel off.
    scrolled() {
      if (!this.byHand) return this.placeBar();
      const from = (this.bar.scrollLeft / this.bar.scrollWidth) * this.length;
      const pixel = this.length / this.bar.scrollWidth;
      if (this.isWhole || Math.abs(from - this.from) <= 1.5 * pixel) return;
      this.followed = false;
      this.from = Math.min(from, this.length * (1 - this.share));
      this.changed();
    }

    // With Ctrl, or two fingers that part, closer or farther; sideways along.
    wheel(event) {
      const aside = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        const left = this.roll.canvas.getBoundingClientRect().left;
        const about = this.roll.seconds(event.clientX - left);
        this.by(Math.exp(-Math.max(-50, Math.min(50, event.deltaY)) / 100), about);
      } else if (aside && !this.isWhole) {
        this.set(this.share, this.from + (aside / this.roll.room) * this.roll.span);
      } else return;
      event.preventDefault();
    }

    has(position) {
      return position >= this.from && position <= this.from + this.share * this.length;
    }

    // To a position, if it is out of sight.
    go(position) {
      if (!this.has(position)) this.set(this.share, position);
    }

    // The playhead has moved on: where it leaves what is in sight, the next part comes. A part that
    // the visitor has gone to stays until the playhead comes into it.
    follow(position) {
      if (!this.isWhole && this.followed && !this.has(position)) this.set(this.share, position);
      this.followed = this.has(position);
    }
  };
})((window.FaderNets = window.FaderNets || {}));
