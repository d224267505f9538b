// A fader as a curve over the piece, drawn under the strip: the selection's breakpoints are dragged,
// or moved by keys, over the densities that the segments had and have. A press beside every
// breakpoint makes a new one; one that is dragged out of the lane, or deleted by its key, is gone.
(function (F) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const NEAR_PIXELS = 18; // from a breakpoint, that a press may be
  const OUT_PIXELS = 24; // above or below the lane, where a breakpoint is let go
  const MARGIN = 8; // pixels above the highest and below the lowest value
  const INSET = 3; // pixels between the middle of a breakpoint and an end of the lane, at least
  const MAX_POINTS = 200;
  const STEPS = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0.25, PageDown: -0.25 };
  const BEATS = { ArrowLeft: -1, ArrowRight: 1 };

  function shape(name, attributes = {}) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  F.Lane = class {
    // fader: a F.Fader; overview: the strip; changed(points, isStep) on new ones of the
    // selection, one of steps by keys or not.
    constructor(fader, overview, changed) {
      Object.assign(this, { fader, overview, changed, figures: null, held: -1 });
      this.points = null; // of the selection; where nothing is asked for they are at the fader's home
      this.unbounded = null; // likewise before anything was drawn, null where nothing is asked for
      this.curve = null; // of the whole piece
      this.beside = null; // offsets of the whole piece where the curve is one of positions
      this.element = document.createElement("div");
      this.element.className = "fn-lane";
      this.element.dataset.lane = fader.name;
      this.element.hidden = true;
      this.title = fader.title;
      this.heading = document.createElement("p");
      this.heading.innerHTML = "<span></span> <output></output>";
      this.heading.firstChild.textContent = this.title;
      this.picture = shape("svg", { role: "group", "aria-label": `${this.title} over the piece` });
      this.element.append(this.heading, this.picture);
      this.picture.addEventListener("pointerdown", (event) => this.press(event));
      // A finger on a breakpoint has taken it by now; beside one it may be about to scroll the page.
      const take = (event) => this.isDragging && !this.isNew && event.preventDefault();
      this.picture.addEventListener("touchstart", take, { passive: false });
      this.picture.addEventListener("pointermove", (event) => this.drag(event));
      this.picture.addEventListener("pointerup", () => this.lift());
      this.picture.addEventListener("pointercancel", () => this.cancel());
      this.picture.addEventListener("keydown", (event) => this.key(event));
      document.addEventListener("keydown", ({ key }) => key === "Escape" && this.cancel());
    }

    // points: [[beat, value]] of the selection; the value is null where music is as played. curve:
    // the same of the whole piece, or null. beside: its offsets, where there are positions, or null.
    put(points, curve, beside) {
      this.unbounded = points;
      this.points = points.map(([beat, value]) => [beat, value ?? this.bounded(this.fader.home)]);
      this.before = this.points;
      Object.assign(this, { curve, beside, held: -1, isDragging: false, isOut: false });
      this.draw();
    }

    get isShown() {
      return !this.element.hidden;
    }

    show(isShown) {
      this.element.hidden = !isShown;
      this.fader.draws(isShown);
      this.draw();
    }

    // Of each segment from `first` on the densities that it had and has; none for moods.
    measured(first, along) {
      this.figures = along ? { first, ...along } : null;
      this.draw();
    }

    // ---- where things are ------------------------------------------------------------------

    get size() {
      const { width, height } = this.picture.getBoundingClientRect();
      return { width, height, cell: width / Math.max(1, this.overview.count) };
    }

    x(beat) {
      const { cell } = this.size;
      return Math.max(0, Math.min(this.overview.count, this.overview.place(beat))) * cell;
    }

    y(share) {
      const { height } = this.size;
      return height - MARGIN - share * (height - 2 * MARGIN);
    }

    share(value) {
      const { min, max } = this.fader.input;
      return (value - min) / (max - min);
    }

    // The beat and the value under a pointer.
    under(event) {
      const box = this.picture.getBoundingClientRect();
      const place = ((event.clientX - box.left) / box.width) * this.overview.count;
      const share = (box.bottom - MARGIN - event.clientY) / (box.height - 2 * MARGIN);
      const { min, max } = this.fader.input;
      return [this.overview.beat(place), this.bounded(Number(min) + share * (max - min))];
    }

    // The breakpoint that is nearest to a pointer, and how many pixels away.
    away({ clientX, clientY }) {
      const { left, top } = this.picture.getBoundingClientRect();
      const all = this.points.map(([beat, value]) =>
        Math.hypot(this.x(beat) - clientX + left, this.y(this.share(value)) - clientY + top)
      );
      const least = Math.min(...all);
      return [all.indexOf(least), least];
    }

    bounded(value) {
      const { min, max } = this.fader.input;
      return Math.round(Math.max(min, Math.min(max, value)) * 100) / 100;
    }

    isEnd(index) {
      return index === 0 || index === this.points.length - 1;
    }

    // A time between those of the breakpoints beside; the first and the last keep theirs.
    between(index, beat) {
      if (this.isEnd(index)) return this.points[index][0];
      const [low, high] = [this.points[index - 1][0], this.points[index + 1][0]];
      return Math.round(Math.max(low, Math.min(high, beat)) * 100) / 100;
    }

    // ---- what the visitor does -------------------------------------------------------------

    press(event) {
      if (!this.points || event.button) return;
      event.preventDefault();
      const [beat, value] = this.under(event);
      const [begin, end] = [this.points[0][0], this.points[this.points.length - 1][0]];
      if (beat < begin || beat > end) {
        this.say("Choose these bars in the strip to draw here");
        return;
      }
      this.before = this.points.map((point) => [...point]);
      const [nearest, away] = this.away(event);
      this.held = nearest;
      this.isNew = away > NEAR_PIXELS && this.points.length < MAX_POINTS;
      if (this.isNew) {
        const after = this.points.findIndex(([time]) => time > beat);
        this.held = after < 0 ? this.points.length - 1 : after;
        this.points.splice(this.held, 0, [beat, value]);
        this.points[this.held][0] = this.between(this.held, beat);
      }
      this.picture.setPointerCapture(event.pointerId);
      this.isDragging = true;
      this.draw();
    }

    drag(event) {
      if (!this.isDragging) {
        const isNear = this.points && this.away(event)[1] <= NEAR_PIXELS;
        this.picture.style.cursor = isNear ? "grab" : "";
        return;
      }
      const box = this.picture.getBoundingClientRect();
      const out = Math.max(box.top - event.clientY, event.clientY - box.bottom);
      const [beat, value] = this.under(event);
      this.isOut = out > OUT_PIXELS && this.points.length > 2;
      this.points[this.held] = [this.between(this.held, beat), value];
      this.draw();
    }

    lift() {
      if (!this.isDragging) return;
      const held = this.held;
      this.isDragging = false;
      if (this.isOut) this.remove(held);
      this.isOut = false;
      this.commit(Math.min(held, this.points.length - 1));
    }

    cancel() {
      if (this.isDragging) this.put(this.unbounded, this.curve, this.beside);
    }

    // What is drawn by now. Where nothing was asked for nothing is, but for a stretch that is drawn in.
    get drawn() {
      const { points, before, unbounded } = this;
      const [count, grown] = [unbounded.length, points.length - unbounded.length];
      const isSame = (i, j) => String(points[i]) === String(before[j]);
      const isOpen = (i) => unbounded[i]?.[1] === null;
      let from = 0; // of what has changed, and its end
      while (from < Math.min(count, points.length) && isSame(from, from)) from++;
      let to = count;
      while (to > from && to + grown > from && isSame(to + grown - 1, to - 1)) to--;
      const isWithin = from < to ? isOpen(from) || isOpen(to - 1) : isOpen(from - 1) && isOpen(from);
      if (isWithin) {
        while (isOpen(from - 1)) from--;
        while (isOpen(to)) to++;
      }
      const place = (i) => (i < from ? i : i - grown >= to ? i - grown : -1); // where it was
      return points.map((point, i) => (isOpen(place(i)) ? [point[0], null] : point));
    }

    // The first and the last stay, with the value of the one beside.
    remove(index) {
      const beside = index ? this.points.length - 2 : 1;
      if (this.isEnd(index)) this.points[index][1] = this.points[beside][1];
      else this.points.splice(index, 1);
    }

    key(event) {
      const index = this.knobs.indexOf(event.target);
      if (index < 0) return;
      const [beat, value] = this.points[index];
      this.before = this.points.map((point) => [...point]);
      let next = index;
      if (event.key in STEPS) this.points[index][1] = this.bounded(value + STEPS[event.key]);
      else if (event.key in BEATS) this.points[index][0] = this.between(index, beat + BEATS[event.key]);
      else if (event.key === "Enter" && this.points.length < MAX_POINTS) {
        const beside = this.points[index + 1] ?? this.points[index - 1];
        const middle = Math.round(50 * (beat + beside[0])) / 100;
        next = Math.min(index + 1, this.points.length - 1);
        this.points.splice(next, 0, [middle, this.bounded(F.curve.at(this.points, middle))]);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        this.remove(index);
        next = Math.min(index, this.points.length - 1);
      } else return;
      event.preventDefault();
      this.commit(next, F.Gesture.isStep(event.key));
    }

    // Tell of the new curve, if it is another, and let the keys go on from a breakpoint.
    commit(index, isStep = false) {
      const points = this.drawn.map((point) => [...point]);
      if (JSON.stringify(this.points) !== JSON.stringify(this.before)) this.changed(points, isStep);
      else this.draw();
      this.knobs[index]?.focus();
    }

    // ---- what is shown ---------------------------------------------------------------------

    draw() {
      if (!this.isShown || !this.points || !this.overview.piece) return;
      const { width, height } = this.size;
      if (!width) return;
      const { first, last } = this.overview;
      const { cell } = this.size;
      const focused = this.knobs.indexOf(document.activeElement);
      const choice = { x: first * cell, width: (last + 1 - first) * cell, y: 0, height };
      const middle = this.fader.isCentred ? [shape("path", { class: "middle", d: `M0 ${this.y(0.5)}H${width}` })] : [];
      this.picture.replaceChildren(
        shape("rect", { class: "choice", ...choice }),
        ...middle,
        ...this.densities(),
        shape("path", { class: "elsewhere", d: this.path(this.everywhere) }),
        shape("path", { class: "curve", d: this.path(this.drawn) }),
        ...this.points.map((point, index) => this.knob(point, index))
      );
      if (focused >= 0) this.knobs[focused]?.focus({ preventScroll: true });
      this.tell(this.held >= 0 ? this.held : focused);
    }

    // The curve of the whole piece, from its beginning to its end.
    get everywhere() {
      const { edges } = this.overview.piece;
      return F.curve.part(this.curve, [edges[0], this.overview.end], this.fader.isCentred ? 0 : null);
    }

    get knobs() {
      return [...this.picture.querySelectorAll("circle")];
    }

    // A curve, with a corner at every border of segments: these are drawn equally wide. Where it
    // asks for nothing there is no line.
    path(points) {
      const { edges } = this.overview.piece;
      const corners = points.map(([beat, value]) => [beat, value]);
      for (const edge of edges) {
        const isInside = points.length && edge > points[0][0] && edge < points[points.length - 1][0];
        if (isInside && !points.some(([beat]) => beat === edge)) corners.push([edge, F.curve.at(points, edge)]);
      }
      corners.sort((one, other) => one[0] - other[0]); // stable: a jump keeps its order
      let step = "M";
      return corners
        .map(([beat, value]) => {
          const to = value === null ? "" : `${step}${this.x(beat)} ${this.y(this.share(value))}`;
          step = value === null ? "M" : "L";
          return to;
        })
        .join("");
    }

    knob([beat, value], index) {
      const aside = Math.max(INSET, Math.min(this.size.width - INSET, this.x(beat))); // whole at both ends
      const knob = shape("circle", { cx: aside, cy: this.y(this.share(value)), r: 6 });
      const { min, max } = this.fader.input;
      const label = `${this.title}, point ${index + 1} of ${this.points.length}`;
      const slider = { min, max, now: value, text: this.described(index) };
      for (const [name, text] of Object.entries(slider)) knob.setAttribute(`aria-value${name}`, text);
      for (const [name, text] of Object.entries({ tabindex: 0, role: "slider", "aria-label": label })) {
        knob.setAttribute(name, text);
      }
      if (index === this.held && this.isOut) knob.setAttribute("class", "out");
      knob.addEventListener("focus", () => this.tell(index));
      return knob;
    }

    // Steps of the densities that segments had and have.
    densities() {
      const { figures } = this;
      if (!figures) return [];
      return ["original", "result"].map((side) => {
        const { cell } = this.size;
        const steps = figures[side].map((density, i) => {
          const height = this.y(this.fader.shareOfDensity(density));
          return `${i ? "V" : `M${figures.first * cell} `}${height}H${(figures.first + i + 1) * cell}`;
        });
        return shape("path", { class: side, d: steps.join("") });
      });
    }

    described(index) {
      const [beat, value] = this.drawn[index];
      const offset = this.beside ? F.curve.at(this.beside, beat) : 0;
      const words = value === null ? this.fader.worded(offset, false) : this.fader.worded(value);
      const isEnd = index && index === this.points.length - 1;
      return `${words} at ${isEnd ? "the end of " : ""}${this.overview.label(beat, isEnd)}`;
    }

    tell(index) {
      if (index >= 0 && index < this.points.length) this.say(this.described(index));
      else this.say("Tap to add, drag out to remove");
    }

    say(text) {
      this.heading.querySelector("output").textContent = text;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
