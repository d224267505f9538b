// Curves over the piece as lists of breakpoints [beat, value], as `fadernets.curve.Curve` has them:
// straight lines between, the first and the last value held; of two at one time the second holds
// from there. A value of null asks for nothing. No list at all stands for `rest` everywhere: 0, of
// what is moved from where it is, or null.
(function (F) {
  "use strict";

  // Between two breakpoints.
  function between([from, low], [to, high], beat) {
    if (low === null || high === null) return null;
    return low + ((beat - from) / (to - from)) * (high - low);
  }

  const curve = {
    // The value at a beat, from there on.
    at(points, beat) {
      const after = points.findIndex(([time]) => time > beat);
      if (after === 0) return points[0][1];
      if (after < 0) return points[points.length - 1][1];
      const [time, value] = points[after - 1];
      return time === beat ? value : between(points[after - 1], points[after], beat);
    },

    // The value just before a beat.
    before(points, beat) {
      const from = points.findIndex(([time]) => time >= beat);
      if (from === 0) return points[0][1];
      if (from < 0) return points[points.length - 1][1];
      return points[from][0] === beat ? points[from][1] : between(points[from - 1], points[from], beat);
    },

    // What a curve has from one beat to another, with a breakpoint at either.
    part(points, [begin, end], rest) {
      if (!points) return [[begin, rest], [end, rest]];
      const inside = points.filter(([time]) => time > begin && time < end);
      return [[begin, curve.at(points, begin)], ...inside, [end, curve.before(points, end)]];
    },

    // A curve with `inner` from one beat to another, and as it was before and after. `whole` are the
    // beats at which the piece begins and ends.
    joined(points, [begin, end], inner, whole, rest) {
      const old = points ?? [[begin, rest]];
      const head = old.filter(([time]) => time < begin);
      const tail = old.filter(([time]) => time > end);
      if (begin > whole[0]) head.push([begin, curve.before(old, begin)]);
      if (end < whole[1]) tail.unshift([end, curve.at(old, end)]);
      const all = [...(begin > whole[0] ? head : []), ...inner, ...(end < whole[1] ? tail : [])];
      const single = all.filter((point, i) => !i || String(point) !== String(all[i - 1]));
      const level = curve.level(single);
      const isDrawn = inner.length > 2;
      if (level === rest && !isDrawn) return null;
      if (level !== undefined && !isDrawn) return whole.map((beat) => [beat, level]);
      // A breakpoint between others of its value says nothing, but those drawn just now stay.
      return single.filter((point, i) => {
        const isOwn = isDrawn && point[0] >= begin && point[0] <= end;
        const beside = [single[i - 1], single[i + 1]].filter(Boolean);
        return isOwn || beside.some(([, value]) => value !== point[1]);
      });
    },

    // The value that a part has all the way; undefined if it varies.
    level(points) {
      const [[, first]] = points;
      return points.every(([, value]) => value === first) ? first : undefined;
    },

    // The stretches of beats over which a part asks for something.
    stretches(points) {
      const stretches = [];
      for (const [i, [beat, value]] of points.entries()) {
        const [from, before] = points[i - 1] ?? [beat, null];
        if (before === null || value === null || from === beat) continue;
        const last = stretches.at(-1);
        if (last?.[1] === from) last[1] = beat;
        else stretches.push([from, beat]);
      }
      return stretches;
    },

    // The mean of a part at beats; null if it asks for nothing at one of them.
    mean(points, beats) {
      const values = beats.map((beat) => curve.at(points, beat));
      return values.includes(null) ? null : values.reduce((sum, value) => sum + value, 0) / beats.length;
    },
  };

  F.curve = curve;
})((window.FaderNets = window.FaderNets || {}));
