// The strip and the curves below it, made wider than the page and scrolled along.
(function (F) {
  "use strict";

  const MOST = 64; // times as wide as the page
  const WIDEST = 16000; // of the screen's pixels: wider canvases are not drawn everywhere
  const STEP = 2;

  F.Zoom = class {
    // long: what is made wider, in a box that scrolls; redraw() draws all that is in it.
    constructor(long, overview, redraw) {
      Object.assign(this, { long, box: long.parentElement, overview, redraw, level: 1 });
      this.box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
      overview.strip.addEventListener("keydown", (event) => {
        if (event.key === "+" || event.key === "=") this.by(STEP);
        else if (event.key === "-") this.by(1 / STEP);
      });
    }

    get most() {
      return Math.max(1, Math.min(MOST, WIDEST / (this.box.clientWidth * (window.devicePixelRatio || 1))));
    }

    get isLeast() {
      return this.level <= 1;
    }

    get isMost() {
      return this.level >= this.most;
    }

    reset() {
      this.set(1, 0, 0);
    }

    closer() {
      this.by(STEP);
    }

    farther() {
      this.by(1 / STEP);
    }

    // With Ctrl, or two fingers that part, about the pointer.
    wheel(event) {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.by(Math.exp(-Math.max(-50, Math.min(50, event.deltaY)) / 100), event.clientX);
    }

    // Wider or narrower by a factor, about a place on the screen or the middle of the selection.
    by(factor, clientX = null) {
      const { box } = this;
      const aside = clientX === null ? box.clientWidth / 2 : clientX - box.getBoundingClientRect().left;
      const place = clientX === null ? this.middle : (box.scrollLeft + aside) / this.long.offsetWidth;
      this.set(this.level * factor, place, aside);
    }

    // place: share of the piece that comes to lie so many pixels from the box's left edge.
    set(level, place, aside) {
      this.level = Math.max(1, Math.min(this.most, level));
      this.box.dataset.zoomed = this.level > 1;
      this.long.style.width = this.level > 1 ? `${this.level * 100}%` : "";
      this.box.scrollLeft = place * this.long.offsetWidth - aside;
      this.redraw();
    }

    // Where the middle of the selection is, of the piece.
    get middle() {
      const { first, last, count } = this.overview;
      return (first + last + 1) / 2 / Math.max(1, count);
    }

    // Scroll to the selection if it is out of sight.
    follow() {
      const { first, last, count } = this.overview;
      const [left, right] = [first, last + 1].map((i) => (i / Math.max(1, count)) * this.long.offsetWidth);
      const { scrollLeft, clientWidth } = this.box;
      const isSeen = right - left > clientWidth ? right > scrollLeft && left < scrollLeft + clientWidth
        : left >= scrollLeft && right <= scrollLeft + clientWidth;
      if (!isSeen) this.box.scrollLeft = this.middle * this.long.offsetWidth - clientWidth / 2;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
