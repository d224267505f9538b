// One fader: a native range input (release and keys come free) over a scale with two marks,
// where the piece is and where the result came out. A fader with a middle says how far to move from
// what the music has; in the middle, at 0, it moves nothing. One without says where to go.
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
    // element: has [data-fader], an input, and [data-figure] outputs; released() on a new value;
    // drawn() when a curve is wanted in place of a number, or a number again.
    constructor(element, released, drawn) {
      this.element = element;
      this.name = element.dataset.fader;
      this.input = element.querySelector("input[type=range]");
      this.at = 0; // where the piece is on the scale of a fader without a middle
      this.moved = false;
      this.curve = null; // breakpoints [[beat, value]] in place of the knob
      this.tables = {}; // densities that the fader asks for: offsets, positions
      this.drawing = element.querySelector("[data-draw]");
      this.drawing.addEventListener("click", () => drawn(this));
      this.input.addEventListener("input", () => this.slide());
      this.input.addEventListener("change", () => {
        this.slide();
        released(this);
      });
      element.querySelectorAll("[data-to]").forEach((button) => {
        button.addEventListener("click", () => {
          this.put(button.dataset.to === "home" ? null : Number(button.dataset.to));
          released(this);
        });
      });
    }

    get isCentred() {
      return this.element.classList.contains("fn-centred");
    }

    get isMood() {
      return !this.element.classList.contains("fn-density");
    }

    // Where the fader stands while it moves nothing.
    get home() {
      return this.isCentred ? 0 : this.at;
    }

    // What it asks for at equal steps, if that is known.
    get table() {
      return this.tables[this.isCentred ? "offsets" : "positions"] ?? null;
    }

    // Densities can be moved from what each segment has, or be the same for all; moods cannot.
    scale(absolute) {
      if (this.isMood || this.isCentred === !absolute) return;
      this.element.classList.toggle("fn-centred", !absolute);
      this.input.min = absolute ? 0 : -1;
    }

    // A value, or a curve, that asks for the same density on the other scale.
    converted(value, absolute) {
      const { offsets, positions } = this.tables;
      if (value === null || !offsets || !positions) return null;
      const convert = (number) => {
        const density = absolute ? along(offsets, (number + 1) / 2) : along(positions, number);
        const place = absolute ? placeOf(positions, density) : 2 * placeOf(offsets, density) - 1;
        return Math.round(place * 100) / 100;
      };
      if (Array.isArray(value)) return value.map(([beat, number]) => [beat, convert(number)]);
      const number = convert(value);
      return absolute || number ? number : null;
    }

    // Where a density is on the scale of positions, 0 to 1.
    shareOfDensity(density) {
      return this.tables.positions ? placeOf(this.tables.positions, density) : 0.5;
    }

    // null while the fader is where the piece has it.
    get value() {
      if (this.curve) return this.curve;
      return this.moved ? Number(this.input.value) : null;
    }

    slide() {
      this.moved = !this.isCentred || Number(this.input.value) !== 0;
      this.place();
    }

    put(value) {
      this.moved = value !== null;
      this.curve = Array.isArray(value) ? value : null;
      if (!this.curve) this.input.value = value === null ? this.home : value;
      this.element.dataset.drawn = Boolean(this.curve);
      this.drawing.setAttribute("aria-pressed", Boolean(this.curve));
      this.place();
    }

    // Where the piece is: {position 0..1, text}; tables: what offsets and positions ask for.
    start({ position, text, tables, disabled }) {
      this.tables = tables ?? {};
      this.at = position;
      this.input.disabled = disabled;
      this.figure("piece", text);
      this.mark("piece", position);
      if (!this.moved) this.input.value = this.home;
      this.place();
    }

    // Where the result came out.
    measured({ position, text }) {
      this.figure("result", text);
      this.mark("result", position);
    }

    // How far along the input the knob is, 0 to 1.
    get share() {
      const { min, max, value } = this.input;
      return (value - min) / (max - min);
    }

    place() {
      this.element.style.setProperty("--at", this.share);
      this.element.dataset.moved = this.moved;
      const asked = this.asked();
      this.figure("asked", asked);
      this.input.setAttribute("aria-valuetext", asked);
    }

    asked() {
      if (!this.moved) return "as played";
      if (this.curve) return "drawn";
      if (!this.isMood && !this.table) return "–"; // the scale is still to come
      if (this.table) return along(this.table, this.share).toFixed(2);
      return this.worded(Number(this.input.value));
    }

    // A value in words: an offset with its sign, a position as the density that it asks for.
    worded(value) {
      if (this.isMood) {
        const strength = Math.round(value * 100);
        if (!strength) return "as played";
        return `${Math.abs(strength)} % ${this.element.dataset[strength > 0 ? "high" : "low"]}`;
      }
      if (!this.isCentred) return along(this.table ?? [0, 1], value).toFixed(2);
      if (!value) return "as played";
      return `${value > 0 ? "+" : "\u2212"}${Math.abs(value).toFixed(2)}`;
    }

    mark(name, position) {
      this.element.style.setProperty(`--${name}`, position);
    }

    figure(name, text) {
      this.element.querySelector(`[data-figure=${name}]`).textContent = text;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
