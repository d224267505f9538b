// Which control of a MIDI device is which fader's: learnt by moving it, and kept in this browser.
(function (F) {
  "use strict";

  const STORE = "fadernets.controllers";
  const CONTROL = 0xb0; // kind of a message
  const PEDAL = 64; // is played, not turned
  const FIRST_MODE = 120; // controllers from here on are commands
  const MIDDLE = 64;
  const HIGHEST = 127;

  function stored() {
    try {
      const learnt = JSON.parse(localStorage.getItem(STORE));
      return learnt && typeof learnt === "object" ? learnt : {};
    } catch {
      return {}; // the browser keeps nothing
    }
  }

  F.Controllers = class {
    constructor() {
      this.learnt = stored(); // {port, channel, number} by the fader's name; port by name, too
    }

    // The control that a message is of, or null.
    static of([status, number], port) {
      const isControl = (status & 0xf0) === CONTROL && number !== PEDAL && number < FIRST_MODE;
      return isControl ? { port, channel: 1 + (status & 0x0f), number } : null;
    }

    // Where a control's value, 0 to 127, puts a range; in its middle a fader moves nothing.
    static place(value, { min, max }) {
      const share = value <= MIDDLE ? value / (2 * MIDDLE) : 0.5 + (value - MIDDLE) / (2 * (HIGHEST - MIDDLE));
      return Number(min) + share * (max - min);
    }

    // The name of the fader that a control moves; undefined if it moves none.
    faderOf({ port, channel, number }) {
      const isIt = ([, its]) => its.port === port && its.channel === channel && its.number === number;
      return Object.entries(this.learnt).find(isIt)?.[0];
    }

    // A control is one fader's, and a fader has one.
    learn(name, control) {
      const before = this.faderOf(control);
      if (before) delete this.learnt[before];
      this.learnt[name] = control;
      this.store();
    }

    forget(name) {
      delete this.learnt[name];
      this.store();
    }

    store() {
      try {
        if (Object.keys(this.learnt).length) localStorage.setItem(STORE, JSON.stringify(this.learnt));
        else localStorage.removeItem(STORE);
      } catch {
        // The browser keeps nothing: it is learnt until the page goes.
      }
    }

    // In words, for people; "" where nothing is learnt.
    described(name) {
      const control = this.learnt[name];
      return control ? `CC ${control.number}, channel ${control.channel}, ${control.port}` : "";
    }
  };
})((window.FaderNets = window.FaderNets || {}));
