// The settings of a piece: of every fader a curve over all of it, null where nothing is
// moved. A selection sets its part of the curves; what was set elsewhere stays. A density is moved by
// an offset from what each segment has, or put to a position that all segments get alike
// (`positions`); in one place it has one of the two.
(function (F) {
  "use strict";

  const RESTS = { offset: 0, position: null }; // what stands for "as played"

  F.Score = class {
    // densities, others: names of the faders; those of expression and of moods are the others.
    constructor(densities, others) {
      Object.assign(this, { densities, others });
    }

    get neutral() {
      const none = (names) => Object.fromEntries(names.map((name) => [name, null]));
      return {
        ...none([...this.densities, ...this.others]),
        positions: none(this.densities),
        seed: null,
        lock: [],
        redrawn: [], // [begin, end, seed] of bars that are drawn once more, beats
      };
    }

    // Of each fader that is moved anywhere its curves: {name, offsets, positions}.
    amounts(settings) {
      return [...this.densities, ...this.others]
        .map((name) => ({ name, offsets: settings[name], positions: settings.positions[name] ?? null }))
        .filter(({ offsets, positions }) => offsets || positions);
    }

    // Whether anything is moved anywhere.
    isMoved(settings) {
      return this.amounts(settings).length > 0;
    }

    // What a fader has from one beat to another: breakpoints of positions or of offsets.
    part(settings, name, span, isPosition) {
      const kind = isPosition ? "position" : "offset";
      const curves = isPosition ? settings.positions : settings;
      return F.curve.part(curves[name], span, RESTS[kind]);
    }

    // Whether a fader asks for something from one beat to another, by positions or by offsets.
    isAsked(settings, name, span, isPosition) {
      const rest = RESTS[isPosition ? "position" : "offset"];
      return this.part(settings, name, span, isPosition).some(([, value]) => value !== rest);
    }

    // Whether densities have positions there, true, or offsets, false; null if they have neither.
    scale(settings, span) {
      const has = (isPosition) => this.densities.some((name) => this.isAsked(settings, name, span, isPosition));
      if (has(true)) return true;
      return has(false) ? false : null;
    }

    // Settings with other breakpoints of a fader from one beat to another; null is as played. Where
    // positions ask for nothing, offsets stay. area: {span, whole}, beats.
    set(settings, name, inner, { span, whole }, isPosition) {
      const level = (rest) => span.map((beat) => [beat, rest]);
      const put = (points, isGiven, rest) =>
        F.curve.joined(points, span, (isGiven && inner) || level(rest), whole, rest);
      const placed = isPosition && inner ? F.curve.stretches(inner) : [span];
      const offsets = isPosition
        ? placed.reduce((points, part) => F.curve.joined(points, part, part.map((beat) => [beat, 0]), whole, 0), settings[name])
        : put(settings[name], true, 0);
      if (!this.densities.includes(name)) return { ...settings, [name]: offsets };
      const positions = put(settings.positions[name], isPosition, null);
      return { ...settings, [name]: offsets, positions: { ...settings.positions, [name]: positions } };
    }
  };
})((window.FaderNets = window.FaderNets || {}));
