// What was set before, and what was undone: settings of the piece, each with the selection at which
// they were changed, so that a visitor sees what comes back.
(function (F) {
  "use strict";

  const MOST = 200; // steps back

  const selection = ({ first, last } = {}) => ({ first, last });

  F.History = class {
    #gesture = new F.Gesture();

    constructor({ past = [], future = [] } = {}) {
      this.past = [...past];
      this.future = [...future];
    }

    // entry: {settings, first, last}, before a change to the settings `after`. control: whose keys make
    // it, or null. What goes on with a gesture is one point with it, and none if it leads back.
    push(entry, after, control = null) {
      const goesOn = this.#gesture.goesOn(control);
      const before = this.past[this.past.length - 1];
      if (goesOn && before.first === entry.first && before.last === entry.last) {
        if (JSON.stringify(before.settings) === JSON.stringify(after)) this.back(after);
        this.future = [];
        return;
      }
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
      this.#gesture.end();
      const entry = from.pop();
      if (entry) to.push({ ...entry, settings });
      return entry;
    }

    // The number of the point that is seen, and how many there are.
    get place() {
      return this.past.length;
    }

    get count() {
      return this.past.length + 1 + this.future.length;
    }

    // All points, the oldest first: settings, and the selection at which they were changed then.
    points(settings) {
      const points = [...this.past, { settings }, ...[...this.future].reverse()];
      // What was changed at a point that was undone is noted with the settings that it led to.
      return points.map((point, i) => (i < this.place ? point : { ...point, ...selection(points[i + 1]) }));
    }

    // As `back` and `on`, as many steps as lead to a point; undefined if it is the one that is seen.
    to(number, settings) {
      let entry;
      while (this.place !== number && number >= 0 && number < this.count) {
        entry = this[this.place > number ? "back" : "on"](entry?.settings ?? settings);
      }
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
