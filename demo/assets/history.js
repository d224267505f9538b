// What was set before, and what was undone: settings of the piece, each with the selection at which
// they were changed, so that a visitor sees what comes back.
(function (F) {
  "use strict";

  const MOST = 200; // steps back

  F.History = class {
    constructor({ past = [], future = [] } = {}) {
      this.past = [...past];
      this.future = [...future];
    }

    // entry: {settings, first, last}, before a change.
    push(entry) {
      this.past = [...this.past, entry].slice(-MOST);
      this.future = [];
    }

    // The entry to go back to from `settings`, or on to; undefined if there is none.
    back(settings) {
      return this.travel(this.past, this.future, settings);
    }

    on(settings) {
      return this.travel(this.future, this.past, settings);
    }

    travel(from, to, settings) {
      const entry = from.pop();
      if (entry) to.push({ ...entry, settings });
      return entry;
    }

    // The same steps with other settings.
    map(change) {
      const changed = (entries) =>
        entries.map(({ settings, ...rest }) => ({ ...rest, settings: change(settings) }));
      return new F.History({ past: changed(this.past), future: changed(this.future) });
    }
  };
})((window.FaderNets = window.FaderNets || {}));
