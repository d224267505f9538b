// Keys that step on one control, one soon after another, are one gesture, so that the history has a
// point for what was set, none for each step on the way there. A jump to an end is set by itself.
(function (F) {
  "use strict";

  const PAUSE_MS = 1000; // that ends a gesture

  F.Gesture = class {
    constructor() {
      this.end();
    }

    static isStep(key) {
      return key.startsWith("Arrow") || key.startsWith("Page");
    }

    end() {
      this.control = null;
    }

    // Whether what is done to a control now goes on with what was done last; null: not by keys.
    goesOn(control) {
      const [now, before] = [performance.now(), this.time];
      const isOne = control !== null && control === this.control && now - before < PAUSE_MS;
      Object.assign(this, { control, time: now });
      return isOne;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
