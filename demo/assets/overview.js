// The whole piece as a strip of segments: click one, drag or shift-click for more. How it is drawn is
// in `strip_picture.js`.
(function (F) {
  "use strict";

  F.Overview = class {
    // strip: focusable element with a canvas, and one for names of rows; chosen(first, last) is called on a new choice.
    constructor(strip, chosen) {
      Object.assign(this, { strip, chosen, piece: null, first: 0, last: 0, anchor: 0, amounts: [], along: [] });
      [this.canvas, this.names] = strip.querySelectorAll("canvas");
      this.dragging = false;
      strip.addEventListener("pointerdown", (event) => this.press(event));
      strip.addEventListener("pointermove", (event) => this.drag(event));
      strip.addEventListener("pointerup", (event) => this.lift(event));
      strip.addEventListener("pointercancel", () => this.cancel());
      strip.addEventListener("keydown", (event) => this.key(event));
    }

    // piece: {notes [[onset, offset, pitch]] in beats, edges [beat], segments [{start_s, bar,
    // last_bar, problem}], has_bars, ...}; along: of what the piece has {title, values [0 to 1]}
    show(piece, along = []) {
      this.piece = piece;
      this.along = along;
      this.select(piece.first, piece.last);
    }

    // amounts: of faders that are moved somewhere {title, offsets, positions}, curves or null.
    mark(amounts) {
      this.amounts = amounts;
      const before = this.strip.offsetHeight;
      this.strip.style.height = `${this.height}px`;
      // What is under the pointer stays there; the browser does it where the page is scrolled.
      const isBelow = document.activeElement?.closest(".fn-desk, .fn-hold, .fn-lanes");
      if (isBelow && !window.scrollY) window.scrollBy({ top: this.strip.offsetHeight - before, behavior: "instant" });
      this.strip.setAttribute("aria-description", amounts.map((amount) => this.worded(amount)).join(" "));
      this.draw();
    }

    // How far a fader is moved in every segment: {value, isPosition}.
    values({ offsets, positions }) {
      const { edges } = this.piece;
      return edges.slice(1).map((edge, i) => {
        const middle = (edges[i] + edge) / 2;
        const position = positions && F.curve.at(positions, middle);
        const isPosition = position !== null;
        return { value: isPosition ? position : offsets ? F.curve.at(offsets, middle) : 0, isPosition };
      });
    }

    // Where a fader is moved: "Rhythm density moved in bars 1–2, 5–8."
    worded(amount) {
      const runs = [];
      this.values(amount).forEach(({ value, isPosition }, i) => {
        if (!value && !isPosition) return;
        const run = runs[runs.length - 1];
        if (run?.last === i - 1) run.last = i;
        else runs.push({ first: i, last: i });
      });
      if (!runs.length) return "";
      return `${amount.title} moved in ${runs.map(({ first, last }) => this.barsText(first, last)).join(", ")}.`;
    }

    // Segments in bars, or in minutes and seconds where bars mean nothing.
    barsText(first, last) {
      const { segments, length_s: length, has_bars: hasBars } = this.piece;
      const end = segments[last + 1]?.start_s ?? length;
      if (!hasBars) return `${F.clock(segments[first].start_s)}–${F.clock(end)}`;
      const [from, to] = [segments[first].bar, segments[last].last_bar];
      return from === to ? `bar ${from}` : `bars ${from}–${to}`;
    }

    get count() {
      return this.piece ? this.piece.segments.length : 0;
    }

    select(first, last) {
      this.first = first;
      this.last = last;
      this.draw();
      this.strip.setAttribute("aria-valuemin", 0);
      this.strip.setAttribute("aria-valuemax", this.count - 1);
      this.strip.setAttribute("aria-valuenow", first);
      this.strip.setAttribute("aria-valuetext", this.text);
    }

    // Where the selection is, in bars; in minutes and seconds where bars mean nothing.
    get text() {
      if (!this.piece) return "";
      const { segments, length_s: length, has_bars: hasBars } = this.piece;
      const end = this.last + 1 < this.count ? segments[this.last + 1].start_s : length;
      const span = `${F.clock(segments[this.first].start_s)}–${F.clock(end)}`;
      const isAll = this.last - this.first + 1 === this.count;
      if (!hasBars) return isAll ? `All, ${span}` : `${span} of ${F.clock(length)}`;
      const [from, to] = [segments[this.first].bar, segments[this.last].last_bar];
      const total = segments[this.count - 1].last_bar;
      if (isAll) return `${total > 1 ? `All ${total} bars` : "The only bar"}, ${span}`;
      return `${from === to ? `Bar ${from}${this.part}` : `Bars ${from}–${to}`} of ${total}, ${span}`;
    }

    // Which part of a bar that is longer than a segment.
    get part() {
      const { bar } = this.piece.segments[this.first];
      const parts = this.piece.segments.filter((segment) => segment.bar === bar).length;
      if (parts < 2 || this.last - this.first + 1 === parts) return "";
      const before = this.piece.segments.findIndex((segment) => segment.bar === bar);
      return ` (part ${this.first - before + 1} of ${parts})`;
    }

    // Choose and tell; both ends are brought into the piece.
    choose(first, last) {
      if (!this.count) return;
      const top = this.count - 1;
      const bounded = [first, last].map((i) => Math.max(0, Math.min(top, i)));
      this.select(...bounded);
      this.chosen(...bounded);
    }

    // Move on by the length of the selection: direction 1 or -1.
    step(direction) {
      const size = this.last - this.first + 1;
      const first = Math.max(0, Math.min(this.count - size, this.first + direction * size));
      this.choose(first, first + size - 1);
    }

    // Where a beat lies, in segments from the first: all are drawn equally wide.
    place(beat) {
      const edges = this.piece.edges;
      let low = 0;
      let high = edges.length - 2;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (edges[middle] <= beat) low = middle;
        else high = middle - 1;
      }
      return low + (beat - edges[low]) / (edges[low + 1] - edges[low]);
    }

    // The beat at a place, in segments from the first.
    beat(place) {
      const { edges } = this.piece;
      const index = Math.max(0, Math.min(edges.length - 2, Math.floor(place)));
      const within = Math.max(0, Math.min(1, place - index));
      return edges[index] + within * (edges[index + 1] - edges[index]);
    }

    // The beat at which the last segment ends.
    get end() {
      return this.piece.edges[this.count];
    }

    // What to call the place of a beat, or, of an end, that before it.
    label(beat, isEnd = false) {
      const { segments, length_s: length, has_bars: hasBars } = this.piece;
      const place = this.place(beat);
      if (isEnd && hasBars) return `bar ${segments[Math.min(this.count, Math.ceil(place)) - 1].last_bar}`;
      const index = Math.min(this.count - 1, Math.floor(place));
      const { bar, last_bar: lastBar, start_s: start } = segments[index];
      const within = Math.min(1, place - index);
      if (hasBars) return `bar ${Math.min(lastBar, bar + Math.floor(within * (lastBar - bar + 1) + 1e-6))}`;
      return F.clock(start + within * ((segments[index + 1]?.start_s ?? length) - start));
    }

    at(event) {
      const box = this.canvas.getBoundingClientRect();
      const index = Math.floor(((event.clientX - box.left) / box.width) * this.count);
      return Math.max(0, Math.min(this.count - 1, index));
    }

    press(event) {
      if (!this.count || event.button) return;
      const index = this.at(event);
      if (!event.shiftKey) this.anchor = index;
      this.dragging = true;
      this.before = [this.first, this.last];
      this.strip.setPointerCapture(event.pointerId);
      this.stretch(index);
    }

    drag(event) {
      if (this.dragging) this.stretch(this.at(event));
    }

    lift(event) {
      if (!this.dragging) return;
      this.dragging = false;
      this.stretch(this.at(event));
      this.chosen(this.first, this.last);
    }

    cancel() {
      if (this.dragging) this.select(...this.before);
      this.dragging = false;
    }

    stretch(index) {
      this.select(Math.min(this.anchor, index), Math.max(this.anchor, index));
    }

    key(event) {
      const move = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!this.count) return;
      if (move && event.shiftKey) this.choose(this.first, Math.max(this.first, this.last + move));
      else if (move) this.choose(this.first + move, this.first + move);
      else if (event.key === "Home") this.choose(0, 0);
      else if (event.key === "End") this.choose(this.count - 1, this.count - 1);
      else return;
      this.anchor = this.first;
      event.preventDefault();
    }
  };
})((window.FaderNets = window.FaderNets || {}));
