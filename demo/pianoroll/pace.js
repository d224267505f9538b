// How a sound lies on the time line of another: a result that is played faster or slower comes to the
// same music at seconds of its own. Positions are those of the original.
(function (F) {
  "use strict";

  // Straight lines through rows from one column to another; the last goes on.
  function through(rows, value, from, to) {
    let low = 0;
    let high = rows.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (rows[middle][from] <= value) low = middle;
      else high = middle - 1;
    }
    const [one, other] = [rows[low], rows[low + 1]];
    return one[to] + ((value - one[from]) / (other[from] - one[from])) * (other[to] - one[to]);
  }

  F.Pace = class {
    // rows: [[seconds of the original, seconds of the sound]], both rising, two of them at least; null
    // where both are the same.
    constructor(rows = null) {
      this.rows = rows;
    }

    get isOwn() {
      return this.rows !== null;
    }

    // Seconds of the sound at a position, and the position at these.
    own(position) {
      return this.isOwn ? through(this.rows, position, 0, 1) : position;
    }

    position(own) {
      return this.isOwn ? through(this.rows, own, 1, 0) : own;
    }

    isLike(other) {
      return String(this.rows) === String(other.rows);
    }
  };
})((window.FaderNets = window.FaderNets || {}));
