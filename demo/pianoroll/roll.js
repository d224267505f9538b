// A piano roll on a canvas: time to the right, pitch upwards, velocity as shade.
// Colours come from the style sheet (--fn-kept, --fn-added, ...), so light and dark need no code.
(function (F) {
  "use strict";

  const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);
  const SMALLEST_RANGE = 24; // semitones shown at least, so that three notes do not become slabs
  const GRID_PIXELS = 12; // between lines of the grid
  const PEDAL = 8; // pixels below the notes where it is shown
  const FINGER_PIXELS = 12; // that a click may be beside a note
  const WHOLE = { from: 0, share: 1 }; // of the selection: seconds, and how much of it is in sight
  const NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

  F.pitchName = (pitch) => NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1);

  F.clock = function (seconds) {
    const whole = Math.max(0, Math.floor(seconds + 1e-6));
    return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
  };

  // The canvas' context, sized to its box at the screen's resolution.
  F.prepare = function (canvas) {
    const { width, height } = canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(height * ratio));
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(canvas);
    return { pen, width, height, colour: (name) => style.getPropertyValue("--fn-" + name).trim() };
  };

  F.Roll = class {
    // side: "original" or "result"; ruler: whether seconds are written below.
    constructor(canvas, { side, ruler }) {
      Object.assign(this, { canvas, side, ruler, data: null, cursor: -1, view: WHOLE });
    }

    get left() {
      return this.canvas.clientWidth < 500 ? 28 : 36;
    }

    get room() {
      return this.canvas.clientWidth - this.left - 1;
    }

    // Seconds in sight.
    get span() {
      return Math.max((this.data?.length || 1) * this.view.share, 1e-3);
    }

    // Pixels from the canvas' left edge <-> seconds from the selection's start. What is out of sight
    // lies at the edges.
    x(seconds) {
      const share = (seconds - this.view.from) / this.span;
      return this.left + Math.min(1, Math.max(0, share)) * this.room;
    }

    seconds(x) {
      const seconds = this.view.from + ((x - this.left) / this.room) * this.span;
      return Math.min(this.data?.length || 0, Math.max(0, seconds));
    }

    isSeen(onset, offset = onset) {
      return offset >= this.view.from && onset <= this.view.from + this.span;
    }

    // data: notes [[onset, offset, pitch, velocity]], marks, pedal [[down, up]], beats, bars, length,
    // pitches, start, hasPedal (this roll or the other); of the original numbers and locked, of the
    // result origins [[index, onset, offset]]
    show(data) {
      const isSame = this.data?.start === data.start && this.data.notes.length === data.notes.length;
      if (!isSame) this.cursor = -1;
      this.data = data;
      this.origins = new Map((data.origins ?? []).map(([index, ...times]) => [index, times]));
      this.draw();
    }

    // The note that is gone to by keys.
    choose(index) {
      this.cursor = index;
      this.draw();
    }

    get described() {
      const { notes, locked } = this.data;
      const [onset, , pitch] = notes[this.cursor];
      const name = F.pitchName(pitch);
      const lockWords = locked.includes(this.cursor) ? ", kept" : "";
      return `note ${this.cursor + 1} of ${notes.length}, ${name} at ${onset.toFixed(1)} s${lockWords}`;
    }

    // The note at a place, a finger's width around it if need be; -1 if there is none.
    noteAt(x, y, reach = FINGER_PIXELS) {
      const { row, y: top } = this.rows(this.canvas.clientHeight);
      let [best, nearest] = [-1, reach];
      this.data?.notes.forEach(([onset, offset, pitch], i) => {
        if (!this.isSeen(onset, offset)) return;
        const aside = Math.max(this.x(onset) - x, 0, x - this.x(offset));
        const above = Math.max(top(pitch) - y, 0, y - top(pitch) - row);
        const away = Math.hypot(aside, above);
        if (away < nearest) [best, nearest] = [i, away];
      });
      return best;
    }

    // Where pitches lie: the lowest and the highest row, how high a row is and the top of a pitch's.
    rows(height) {
      const bottom = height - (this.ruler ? 18 : 0) - (this.data.hasPedal ? PEDAL : 0);
      let [low, high] = this.data.pitches;
      const missing = Math.max(0, SMALLEST_RANGE - (high - low + 3));
      low -= 1 + Math.ceil(missing / 2);
      high += 2 + Math.floor(missing / 2);
      const row = bottom / (high - low);
      return { bottom, low, high, row, y: (pitch) => (high - pitch - 1) * row };
    }

    // On its canvas, or on another surface of its size.
    draw(surface = null) {
      if (!this.data || !this.canvas.clientWidth) return;
      const { pen, width, height, colour } = surface ?? F.prepare(this.canvas);
      const { bottom, low, high, row, y } = this.rows(height);
      if (!surface) pen.clearRect(0, 0, width, height); // another one has a ground of its own
      this.drawKeys(pen, { width, bottom, row, low, high, y, colour });
      this.drawGrid(pen, bottom, colour);
      if (this.ruler) this.drawRuler(pen, height, colour);
      this.drawPedal(pen, bottom, colour);
      this.data.notes.forEach((note, i) => {
        if (this.isSeen(note[0], note[1])) this.drawNote(pen, note, { index: i, row, y, colour });
      });
      if (this.side !== "original") return;
      for (const i of this.data.locked) this.drawFrame(pen, i, { row, y, colour: colour("ink") });
      if (this.cursor >= 0) this.drawFrame(pen, this.cursor, { row, y, colour: colour("added") });
    }

    // A frame around a note: what is locked, and where the keys have gone.
    drawFrame(pen, index, { row, y, colour }) {
      const [onset, offset, pitch] = this.data.notes[index];
      if (!this.isSeen(onset, offset)) return;
      pen.strokeStyle = colour;
      pen.lineWidth = row < 5 ? 1 : 1.5;
      const width = Math.max(3, this.x(offset) - this.x(onset));
      pen.strokeRect(this.x(onset), y(pitch), width, Math.max(3, row));
    }

    drawKeys(pen, { width, bottom, row, low, high, y, colour }) {
      pen.font = "11px system-ui, sans-serif";
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      for (let pitch = low; pitch < high; pitch++) {
        if (BLACK_KEYS.has(((pitch % 12) + 12) % 12)) {
          pen.fillStyle = colour("black-key");
          pen.fillRect(this.left, y(pitch), width - this.left, row);
        }
        if (pitch % 12 === 0) {
          pen.fillStyle = colour("grid");
          pen.fillRect(this.left, y(pitch) + row, width - this.left, 1);
          pen.fillStyle = colour("mute");
          const middle = Math.min(bottom - 6, Math.max(7, y(pitch) + row / 2));
          pen.fillText("C" + (pitch / 12 - 1), this.left - 6, middle);
        }
      }
    }

    drawGrid(pen, bottom, colour) {
      for (const [all, name] of [[this.data.beats, "grid"], [this.data.bars, "bar"]]) {
        const times = all.filter((time) => this.isSeen(time));
        if (this.room / Math.max(times.length, 1) < GRID_PIXELS) continue;
        pen.fillStyle = colour(name);
        for (const time of times) pen.fillRect(Math.round(this.x(time)), 0, 1, bottom);
      }
    }

    drawRuler(pen, height, colour) {
      const { room, span } = this;
      const start = this.data.start + this.view.from;
      const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
      const step = steps.find((s) => (s * room) / span >= 48) || 1200;
      pen.font = "11px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.textBaseline = "alphabetic";
      pen.fillStyle = colour("mute");
      for (let t = Math.ceil(start / step) * step; t <= start + span; t += step) {
        const x = this.x(t - this.data.start);
        if (x > this.left + 12 && x < this.left + room - 12) pen.fillText(F.clock(t), x, height - 4);
      }
    }

    // A bracket for as long as the pedal is down.
    drawPedal(pen, bottom, colour) {
      pen.fillStyle = colour("mute");
      for (const [down, up] of this.data.pedal) {
        if (!this.isSeen(down, up)) continue;
        const [x, end] = [this.x(down), this.x(up)];
        pen.fillRect(x, bottom + PEDAL - 2, Math.max(1, end - x - 1), 1);
        pen.fillRect(x, bottom + 2, 1, PEDAL - 3);
      }
    }

    // Whether a note of the original is not in the result, or not where it was.
    isShell(index) {
      const mark = this.data.marks[index];
      return mark === "removed" || (mark === "moved" && !this.origins.has(index));
    }

    drawNote(pen, [onset, offset, pitch, velocity], { index, row, y, colour }) {
      const [mark, origin] = [this.data.marks[index], this.origins.get(index)];
      const x = this.x(onset) + 0.5;
      const width = Math.max(2, this.x(offset) - this.x(onset) - 1);
      const height = Math.max(2, row - 1);
      const [top, radius] = [y(pitch) + 0.5, Math.min(2, height / 3)];
      pen.globalAlpha = 0.4 + 0.6 * Math.min(1, Math.max(0, (velocity - 20) / 90));
      pen.beginPath();
      pen.roundRect(x, top, width, height, radius);
      if (this.isShell(index)) {
        this.drawShell(pen, colour, mark === "removed");
      } else {
        pen.fillStyle = colour(mark === "added" ? "added" : "kept");
        pen.fill();
        if (mark === "added" || mark === "moved") {
          pen.globalAlpha = 1;
          pen.lineWidth = 1;
          pen.strokeStyle = colour("added-edge");
          pen.stroke();
        }
      }
      if (origin) this.drawOrigin(pen, origin, { onset, offset, mark, top, height, colour });
      pen.globalAlpha = 1;
    }

    // Gone from the result an empty, dashed shell; moved in it an empty one.
    drawShell(pen, colour, isGone) {
      pen.globalAlpha = Math.max(pen.globalAlpha, 0.8);
      pen.setLineDash(isGone ? [3, 2] : []);
      pen.lineWidth = 1.25;
      pen.strokeStyle = colour("removed");
      pen.stroke();
      pen.setLineDash([]);
    }

    // A note of the result beside where it was: a line from there if it was moved, what it was
    // lengthened by filled as new, what it was shortened by as a dashed shell.
    drawOrigin(pen, [from, until], { onset, offset, mark, top, height, colour }) {
      const end = this.x(onset + until - from);
      if (mark === "moved") {
        const [left, right] = [from, onset].sort((a, b) => a - b).map((time) => this.x(time));
        pen.fillStyle = colour("added");
        pen.fillRect(left, top + height / 2 - 0.5, right - left, 1);
        pen.fillRect(this.x(from) - 1, top + height / 2 - 2, 2, 4);
      } else if (mark === "longer") {
        pen.fillStyle = colour("added");
        pen.fillRect(end, top, Math.max(1, this.x(offset) - end - 0.5), height);
        pen.fillStyle = colour("added-edge");
        pen.fillRect(end, top, 1, height);
      } else {
        pen.globalAlpha = Math.max(pen.globalAlpha, 0.8);
        pen.setLineDash([3, 2]);
        pen.lineWidth = 1.25;
        pen.strokeStyle = colour("removed");
        const start = this.x(offset);
        pen.strokeRect(start, top + 0.5, Math.max(1, end - start), Math.max(1, height - 1));
        pen.setLineDash([]);
      }
    }
  };
})((window.FaderNets = window.FaderNets || {}));
