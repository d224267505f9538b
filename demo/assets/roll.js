// A piano roll on a canvas: time to the right, pitch upwards, velocity as shade.
// Colours come from the style sheet (--fn-kept, --fn-added, ...), so light and dark need no code.
(function (F) {
  "use strict";

  const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);
  const SMALLEST_RANGE = 24; // semitones shown at least, so that three notes do not become slabs
  const GRID_PIXELS = 12; // between lines of the grid
  const FINGER_PIXELS = 12; // that a click may be beside a note
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
      Object.assign(this, { canvas, side, ruler, data: null, cursor: -1 });
    }

    get left() {
      return this.canvas.clientWidth < 500 ? 28 : 36;
    }

    // Pixels from the canvas' left edge <-> seconds from the selection's start.
    x(seconds) {
      const room = this.canvas.clientWidth - this.left - 1;
      return this.left + (seconds / Math.max(this.data?.length || 1, 1e-3)) * room;
    }

    seconds(x) {
      const room = this.canvas.clientWidth - this.left - 1;
      const length = this.data?.length || 0;
      return Math.min(length, Math.max(0, ((x - this.left) / room) * length));
    }

    // data: notes [[onset, offset, pitch, velocity]], marks, beats, bars, length, pitches, start;
    // of the original numbers and locked
    show(data) {
      const isSame = this.data?.start === data.start && this.data.notes.length === data.notes.length;
      if (!isSame) this.cursor = -1;
      this.data = data;
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
      const kept = locked.includes(this.cursor) ? ", kept" : "";
      return `note ${this.cursor + 1} of ${notes.length}, ${name} at ${onset.toFixed(1)} s${kept}`;
    }

    // The note at a place, a finger's width around it if need be; -1 if there is none.
    noteAt(x, y, reach = FINGER_PIXELS) {
      const { row, y: top } = this.rows(this.canvas.clientHeight);
      let [best, nearest] = [-1, reach];
      this.data?.notes.forEach(([onset, offset, pitch], i) => {
        const aside = Math.max(this.x(onset) - x, 0, x - this.x(offset));
        const above = Math.max(top(pitch) - y, 0, y - top(pitch) - row);
        const away = Math.hypot(aside, above);
        if (away < nearest) [best, nearest] = [i, away];
      });
      return best;
    }

    // Where pitches lie: the lowest and the highest row, how high a row is and the top of a pitch's.
    rows(height) {
      const bottom = height - (this.ruler ? 18 : 0);
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
      pen.clearRect(0, 0, width, height);
      this.drawKeys(pen, { width, bottom, row, low, high, y, colour });
      this.drawGrid(pen, bottom, colour);
      if (this.ruler) this.drawRuler(pen, height, colour);
      this.data.notes.forEach((note, i) => {
        this.drawNote(pen, note, this.data.marks[i], { row, y, colour });
      });
      if (this.side !== "original") return;
      for (const i of this.data.locked) this.drawFrame(pen, i, { row, y, colour: colour("ink") });
      if (this.cursor >= 0) this.drawFrame(pen, this.cursor, { row, y, colour: colour("added") });
    }

    // A frame around a note: what is locked, and where the keys have gone.
    drawFrame(pen, index, { row, y, colour }) {
      const [onset, offset, pitch] = this.data.notes[index];
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
      const room = this.canvas.clientWidth - this.left;
      for (const [times, name] of [[this.data.beats, "grid"], [this.data.bars, "bar"]]) {
        if (room / Math.max(times.length, 1) < GRID_PIXELS) continue;
        pen.fillStyle = colour(name);
        for (const time of times) pen.fillRect(Math.round(this.x(time)), 0, 1, bottom);
      }
    }

    drawRuler(pen, height, colour) {
      const { length, start } = this.data;
      const room = this.canvas.clientWidth - this.left;
      const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
      const step = steps.find((s) => (s * room) / length >= 48) || 1200;
      pen.font = "11px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.textBaseline = "alphabetic";
      pen.fillStyle = colour("mute");
      for (let t = Math.ceil(start / step) * step; t <= start + length; t += step) {
        const x = this.x(t - start);
        if (x > this.left + 12 && x < this.left + room - 12) pen.fillText(F.clock(t), x, height - 4);
      }
    }

    drawNote(pen, [onset, offset, pitch, velocity], mark, { row, y, colour }) {
      const x = this.x(onset) + 0.5;
      const width = Math.max(2, this.x(offset) - this.x(onset) - 1);
      const height = Math.max(2, row - 1);
      const radius = Math.min(2, height / 3);
      pen.globalAlpha = 0.4 + 0.6 * Math.min(1, Math.max(0, (velocity - 20) / 90));
      pen.beginPath();
      pen.roundRect(x, y(pitch) + 0.5, width, height, radius);
      if (mark === "removed") {
        // Gone from the result: an empty, dashed shell.
        pen.globalAlpha = Math.max(pen.globalAlpha, 0.8);
        pen.setLineDash([3, 2]);
        pen.lineWidth = 1.25;
        pen.strokeStyle = colour("removed");
        pen.stroke();
        pen.setLineDash([]);
      } else {
        pen.fillStyle = colour(mark === "added" ? "added" : "kept");
        pen.fill();
        if (mark === "added") {
          pen.globalAlpha = 1;
          pen.lineWidth = 1;
          pen.strokeStyle = colour("added-edge");
          pen.stroke();
        }
      }
      pen.globalAlpha = 1;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
