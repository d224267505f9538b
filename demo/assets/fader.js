// One fader: a native range input (release and keys come free) over a scale with two marks,
// where the piece is and where the result came out. A fader with a middle says how far to move from
// what the music has; in the middle, at 0, it moves nothing. One without says where to go.
(function (F) {
  "use strict";

  // Straight line through a table of values at equal steps of 0 to 1.
  function along(table, position) {
    const place = position * (table.length - 1);
    const i = Math.min(table.length - 2, Math.floor(place));
    return table[i] + (place - i) * (table[i + 1] - table[i]);
  }

  F.Fader = class {
    // element: has [data-fader], an input, and [data-figure] outputs; released() on a new value.
    constructor(element, released) {
      this.element = element;
      this.name = element.dataset.fader;
      this.input = element.querySelector("input[type=range]");
      this.at = 0; // where the piece is on the scale of a fader without a middle
      this.moved = false;
      this.table = null;
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

    // Densities can be moved from what each segment has, or be the same for all; moods cannot.
    scale(absolute) {
      if (this.isMood || this.isCentred === !absolute) return;
      this.element.classList.toggle("fn-centred", !absolute);
      this.input.min = absolute ? 0 : -1;
      this.table = null;
    }

    // null while the fader is where the piece has it.
    get value() {
      return this.moved ? Number(this.input.value) : null;
    }

    slide() {
      this.moved = !this.isCentred || Number(this.input.value) !== 0;
      this.place();
    }

    put(value) {
      this.moved = value !== null;
      this.input.value = value === null ? this.home : value;
      this.place();
    }

    // Where the piece is: {position 0..1, text}; table: what positions ask for, as figures.
    start({ position, text, table, disabled }) {
      this.table = table || this.table;
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
      if (this.table) return along(this.table, this.share).toFixed(2);
      if (!this.isMood) return "–"; // the scale is still to come
      const strength = Math.round(Number(this.input.value) * 100);
      if (!strength) return "as played";
      return `${Math.abs(strength)} % ${this.element.dataset[strength > 0 ? "high" : "low"]}`;
    }

    mark(name, position) {
      this.element.style.setProperty(`--${name}`, position);
    }

    figure(name, text) {
      this.element.querySelector(`[data-figure=${name}]`).textContent = text;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
