// One fader: a native range input (release and keys come free) over a scale with two marks,
// where the piece is and where the result came out. A fader with a middle says how far to move from
// what the music has; in the middle, at 0, it moves nothing. One without says where to go. A fader of
// expression says by which factor: twice as much at its end, half as much at the other.
(function (F) {
  "use strict";

  // Where in a rising table a value is, 0 to 1; where the table is level, as near to the middle as
  // can be: there nothing moves.
  function placeOf(table, value) {
    const [low, high] = [table[0], table[table.length - 1]];
    const bounded = Math.max(low, Math.min(high, value));
    const places = [];
    for (let i = 0; i + 1 < table.length; i++) {
      const [a, b] = [table[i], table[i + 1]];
      if (bounded < a - 1e-9 || bounded > b + 1e-9) continue;
      const shares = b - a > 1e-9 ? [(bounded - a) / (b - a)] : [0, 1];
      places.push(...shares.map((share) => (i + share) / (table.length - 1)));
    }
    return places.sort((one, other) => Math.abs(one - 0.5) - Math.abs(other - 0.5))[0] ?? 0.5;
  }

  // Straight line through a table of values at equal steps of 0 to 1.
  function along(table, position) {
    const place = position * (table.length - 1);
    const i = Math.min(table.length - 2, Math.floor(place));
    return table[i] + (place - i) * (table[i + 1] - table[i]);
  }

  F.Fader = class {
    // element: has [data-fader], an input, and [data-figure] outputs; released(fader, isStep) on
    // a new value of the selection, one of steps by keys or not; drawn(fader) when its lane is to come or to go.
    constructor(element, released, drawn) {
      this.element = element;
      this.name = element.dataset.fader;
      this.input = element.querySelector("input[type=range]");
      this.places = { piece: {}, result: {} }; // {position, level} on either scale, 0 to 1
      this.moved = false;
      this.varies = false; // within the selection; the knob is at the mean
      this.tables = {}; // densities that the fader asks for: offsets, positions
      this.drawing = element.querySelector("[data-draw]");
      this.drawing.addEventListener("click", () => drawn(this));
      this.input.addEventListener("pointerdown", () => this.grasp());
      this.input.addEventListener("pointercancel", () => this.letGo());
      this.input.addEventListener("input", () => (this.isLetGo ? this.restore() : this.slide()));
      this.input.addEventListener("change", () => {
        if (this.isLetGo) return this.restore();
        this.slide();
        released(this, this.isStep);
        this.isStep = false;
      });
      this.input.addEventListener("keydown", ({ key }) => {
        this.isLetGo = false;
        this.isStep = F.Gesture.isStep(key);
      });
      element.querySelectorAll("[data-to]").forEach((button) => {
        button.addEventListener("click", () => {
          const isHome = button.dataset.to === "home";
          this.put({ level: isHome ? null : Number(button.dataset.to) });
          released(this);
        });
      });
    }

    get title() {
      return this.element.querySelector("label").textContent;
    }

    get isCentred() {
      return this.element.classList.contains("fn-centred");
    }

    get isDensity() {
      return this.element.classList.contains("fn-density");
    }

    get isFactor() {
      return this.element.classList.contains("fn-factor");
    }

    // Where the fader stands while it moves nothing.
    get home() {
      return this.isCentred ? 0 : (this.places.piece.level ?? 0);
    }

    // What it asks for at equal steps, if that is known.
    get table() {
      return this.tables[this.isCentred ? "offsets" : "positions"] ?? null;
    }

    // Densities can be moved from what each segment has, or be the same for all; all else cannot.
    scale(absolute) {
      if (!this.isDensity || this.isCentred === !absolute) return;
      this.element.classList.toggle("fn-centred", !absolute);
      this.input.min = absolute ? 0 : -1;
      this.mark("piece");
      this.mark("result");
    }

    // Breakpoints that ask for the same densities on the other scale; null if nothing is asked.
    converted(points, absolute) {
      const { offsets, positions } = this.tables;
      const rest = absolute ? 0 : null; // of the scale that they are on
      if (!offsets || !positions || F.curve.level(points) === rest) return null;
      const convert = (number) => {
        if (number === null) return 0;
        const density = absolute ? along(offsets, (number + 1) / 2) : along(positions, number);
        const place = absolute ? placeOf(positions, density) : 2 * placeOf(offsets, density) - 1;
        return Math.round(place * 100) / 100;
      };
      return points.map(([beat, number]) => [beat, convert(number)]);
    }

    // Where a density is on the scale of positions, 0 to 1.
    shareOfDensity(density) {
      return this.tables.positions ? placeOf(this.tables.positions, density) : 0.5;
    }

    // null while the fader is where the piece has it, undefined while the selection varies.
    get value() {
      if (this.varies) return undefined;
      return this.moved ? Number(this.input.value) : null;
    }

    // A finger that goes up or down scrolls the page: the browser takes it away from the fader,
    // which has followed the first touch already.
    grasp() {
      const { moved, varies } = this;
      this.before = { moved, varies, value: this.input.value };
      this.isLetGo = this.isStep = false;
    }

    letGo() {
      this.isLetGo = true;
      this.restore();
    }

    restore() {
      const { moved, varies, value } = this.before;
      Object.assign(this, { moved, varies });
      this.input.value = value;
      this.place();
    }

    slide() {
      this.moved = !this.isCentred || Number(this.input.value) !== 0;
      this.varies = false;
      this.place();
    }

    // What the selection has: level, null as played, undefined if it varies; then the mean.
    put({ level, mean = null }) {
      this.varies = level === undefined;
      this.moved = this.varies || (level !== null && !(this.isCentred && level === 0));
      this.input.value = (this.varies ? mean : level) ?? this.home;
      this.place();
    }

    // Whether the lane of its curve is there.
    draws(isShown) {
      this.drawing.setAttribute("aria-pressed", isShown);
    }

    // Where the piece is: {position, level, text}; tables: what offsets and positions ask for.
    start({ position, level, text, tables, disabled }) {
      this.tables = tables ?? {};
      this.places.piece = { position, level };
      this.input.disabled = disabled;
      this.figure("piece", text);
      this.mark("piece");
      if (!this.moved) this.input.value = this.home;
      this.place();
    }

    // Where the result came out.
    measured({ position, level, text }) {
      this.places.result = { position, level };
      this.figure("result", text);
      this.mark("result");
    }

    // How far along the input the knob is, 0 to 1.
    get share() {
      const { min, max, value } = this.input;
      return (value - min) / (max - min);
    }

    place() {
      this.element.style.setProperty("--at", this.share);
      this.element.dataset.moved = this.moved;
      const figure = this.figureText();
      this.figure("asked", figure);
      this.input.setAttribute("aria-valuetext", figure);
    }

    figureText() {
      if (!this.moved) return "as played";
      if (this.varies) return "varies";
      if (this.isDensity && !this.table) return "–"; // the scale is still to come
      if (this.table) return along(this.table, this.share).toFixed(2);
      return this.worded(Number(this.input.value));
    }

    // A value in words: an offset with its sign, or as a factor, a position as the density that it asks
    // for.
    worded(value, isPosition = !this.isCentred) {
      if (this.isFactor) return value ? `\u00d7${(2 ** value).toFixed(2)}` : "as played";
      if (!this.isDensity) {
        const strength = Math.round(value * 100);
        if (!strength) return "as played";
        return `${Math.abs(strength)} % ${this.element.dataset[strength > 0 ? "high" : "low"]}`;
      }
      if (isPosition) return along(this.tables.positions ?? [0, 1], value).toFixed(2);
      if (!value) return "as played";
      return `${value > 0 ? "+" : "\u2212"}${Math.abs(value).toFixed(2)}`;
    }

    mark(name) {
      const { position, level } = this.places[name];
      this.element.style.setProperty(`--${name}`, this.isCentred ? position : level);
    }

    figure(name, text) {
      this.element.querySelector(`[data-figure=${name}]`).textContent = text;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
