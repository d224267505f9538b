// One fader: a native range input (release and keys come free) over a scale with two marks,
// where the piece is and where the result came out.
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
      this.home = Number(this.input.value);
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

    // null while the fader is where the piece has it.
    get value() {
      return this.moved ? Number(this.input.value) : null;
    }

    slide() {
      this.moved = true;
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
      this.home = this.table ? position : this.home;
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

    place() {
      const { min, max, value } = this.input;
      this.element.style.setProperty("--at", (value - min) / (max - min));
      this.element.dataset.moved = this.moved;
      const asked = this.asked();
      this.figure("asked", asked);
      this.input.setAttribute("aria-valuetext", asked);
    }

    asked() {
      if (!this.moved) return "as played";
      if (this.table) return along(this.table, Number(this.input.value)).toFixed(2);
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
