// What the bars that are chosen are moved by, in words: "Rhythm density +0.50, Arousal 80 % calm". Of
// what is not the same in all of them where it begins and ends, or the range it stays in.
(function (F) {
  "use strict";

  // worded(value): in words. Of breakpoints, null where nothing is asked for.
  function spread(points, worded) {
    const values = points.map(([, value]) => value);
    const amounts = values.filter((value) => value !== null);
    const [first, last] = [values[0], values[values.length - 1]];
    const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
    const isWay = amounts.length === values.length && Math.min(first, last) === low && Math.max(first, last) === high;
    if (low === high) return worded(low);
    return isWay && first !== last ? `${worded(first)} to ${worded(last)}` : `between ${worded(low)} and ${worded(high)}`;
  }

  F.extend(F.Workbench.prototype, {
    movedWords() {
      const { span } = this.area;
      const words = this.faders.map((fader) => this.moveOf(fader, this.now, span)).filter(Boolean);
      const isHere = ([from, to]) => from < span[1] && to > span[0];
      if (this.now.redrawn.some(isHere)) words.push("drawn once more");
      return words.join(", ");
    },

    // What settings have of a fader from one beat to another, "" where it moves nothing. A density may
    // be moved in one bar and put to a position in another.
    moveOf(fader, settings, span) {
      const { score } = this;
      const kinds = (fader.isDensity ? [false, true] : [false])
        .map((isPosition) => [score.part(settings, fader.name, span, isPosition), isPosition])
        .map(([points, isPosition]) => ({ points, isPosition, rest: isPosition ? null : 0 }))
        .filter(({ points, rest }) => points.some(([, value]) => value !== rest));
      // Where there are both, one is at rest where the other is not.
      const isHere = (rest) => ([, value]) => kinds.length < 2 || value !== rest;
      const all = kinds
        .map(({ points, isPosition, rest }) =>
          spread(points.filter(isHere(rest)), (value) => fader.worded(value, isPosition))
        )
        .join(" and ");
      return all && `${fader.title} ${all}`;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
