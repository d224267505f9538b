// How the strip is drawn: all notes, below them the numbers of bars, or times where bars mean nothing;
// below these densities and arousal along the piece, and of each fader that is moved somewhere, how
// far in every segment. Their names stay in sight where the strip is wider than the page.
(function (F) {
  "use strict";

  const RULER = 16; // pixels of height
  const NOTES = 66; // likewise, of all notes
  const ALONG = 40; // likewise, of what the piece has: names of lines, and the lines
  const ROW = 28; // likewise, of a fader: its name, and bars up and down from a line
  const NAME = 13;
  const LABEL = 44; // pixels from one label to the next, at least
  const SMOOTH = 8; // pixels over which lines along the piece are averaged
  const DASHES = [[], [5, 2], [1.5, 2]]; // of the lines along the piece
  const COLOURS = ["ink", "kept", "mute"];

  F.extend(F.Overview.prototype, {
    // Pixels of height of the lines along the piece.
    get high() {
      return this.along.length ? ALONG : 0;
    },

    // Pixels of height of all of it.
    get height() {
      return NOTES + RULER + this.high + ROW * this.amounts.length;
    },

    draw() {
      if (!this.piece || !this.canvas.clientWidth) return;
      const { pen, width, height: whole, colour } = F.prepare(this.canvas);
      const height = NOTES - 2; // of the border
      const cell = width / this.count;
      const edge = (i) => Math.round(i * cell);
      pen.clearRect(0, 0, width, whole);
      pen.fillStyle = colour("choice");
      pen.fillRect(edge(this.first), 0, edge(this.last + 1) - edge(this.first), height);
      const rows = height + RULER;
      pen.fillRect(edge(this.first), rows, edge(this.last + 1) - edge(this.first), whole - rows);
      this.drawRuler(pen, { bottom: rows, cell, edge, colour });
      this.drawAlong(pen, { top: rows, cell, colour });
      const below = rows + this.high;
      this.amounts.forEach((amount, i) => this.drawAmount(pen, amount, { top: below + i * ROW, width, edge, colour }));
      this.drawClosed(pen, { height, edge, colour });
      if (cell >= 4) {
        pen.fillStyle = colour("grid");
        for (let i = 1; i < this.count; i++) pen.fillRect(edge(i), 0, 1, height);
      }
      this.drawNotes(pen, { width, height, colour });
      pen.strokeStyle = colour("choice-edge");
      pen.lineWidth = 2;
      const wide = edge(this.last + 1) - edge(this.first);
      pen.strokeRect(edge(this.first) + 1, 1, Math.max(1, wide - 2), height - 2);
      this.drawNames({ rows, below });
    },

    // Of the rows: a piece of each line along the piece, and of faders.
    drawNames({ rows, below }) {
      const { pen, width, height, colour } = F.prepare(this.names);
      pen.clearRect(0, 0, width, height);
      pen.font = "10px system-ui, sans-serif";
      pen.lineWidth = 1.25;
      pen.fillStyle = colour("mute");
      let x = 3;
      this.along.forEach(({ title }, i) => {
        pen.strokeStyle = colour(COLOURS[i % COLOURS.length]);
        pen.setLineDash(DASHES[i % DASHES.length]);
        pen.beginPath();
        pen.moveTo(x, rows + NAME / 2);
        pen.lineTo(x + 14, rows + NAME / 2);
        pen.stroke();
        pen.fillText(title, x + 18, rows + NAME - 3);
        x += 30 + pen.measureText(title).width;
      });
      this.amounts.forEach(({ title }, i) => pen.fillText(title, 3, below + i * ROW + NAME - 2));
    },

    drawRuler(pen, { bottom, cell, edge, colour }) {
      const { segments, has_bars: hasBars } = this.piece;
      const every = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].find((n) => n * cell >= LABEL) ?? 1024;
      pen.font = "11px system-ui, sans-serif";
      pen.textAlign = "left";
      pen.textBaseline = "alphabetic";
      pen.fillStyle = colour("mute");
      for (let i = 0; i < this.count; i += every) {
        if (hasBars && i && segments[i].bar === segments[i - 1].bar) continue; // in a long bar
        const text = hasBars ? String(segments[i].bar) : F.clock(segments[i].start_s);
        const x = edge(i) + 3;
        if (x + pen.measureText(text).width < this.canvas.clientWidth) pen.fillText(text, x, bottom - 4);
      }
    },

    // What the piece has along its way: a line each, told apart by dashes as well.
    drawAlong(pen, { top, cell, colour }) {
      const [line, room] = [top + NAME + 2, ALONG - NAME - 6];
      pen.lineWidth = 1.25;
      this.along.forEach(({ values }, i) => {
        pen.strokeStyle = colour(COLOURS[i % COLOURS.length]);
        pen.setLineDash(DASHES[i % DASHES.length]);
        pen.beginPath();
        const around = Math.floor(SMOOTH / cell / 2);
        values.forEach((_, j) => {
          const near = values.slice(Math.max(0, j - around), j + around + 1);
          const mean = near.reduce((sum, value) => sum + value, 0) / near.length;
          pen.lineTo((j + 0.5) * cell, line + (1 - mean) * room);
        });
        pen.stroke();
      });
      pen.setLineDash([]);
    },

    // Below a fader's name how far it is moved: offsets up or down from a line, positions as frames
    // from the bottom.
    drawAmount(pen, amount, { top, width, edge, colour }) {
      const room = ROW - NAME - 2;
      const [line, bottom] = [top + NAME + room / 2, top + NAME + room];
      pen.fillStyle = colour("bar");
      pen.fillRect(0, Math.round(line), width, 1);
      this.values(amount).forEach(({ value, isPosition }, i) => {
        const [x, wide] = [edge(i), Math.max(1, edge(i + 1) - edge(i))];
        if (isPosition) {
          pen.strokeStyle = colour("ink");
          pen.lineWidth = 1;
          const high = Math.max(2, value * room);
          pen.strokeRect(x + 0.5, bottom - high + 0.5, Math.max(1, wide - 1), high - 1);
        } else if (value) {
          const high = Math.max(1, (Math.abs(value) * room) / 2);
          pen.fillStyle = colour(value > 0 ? "added" : "kept");
          pen.fillRect(x, value > 0 ? line - high : line, wide, high);
        }
      });
    },

    // Segments that the model cannot take are hatched.
    drawClosed(pen, { height, edge, colour }) {
      pen.strokeStyle = colour("closed");
      pen.lineWidth = 1;
      this.piece.segments.forEach((segment, i) => {
        if (!segment.problem) return;
        pen.save();
        pen.beginPath();
        pen.rect(edge(i), 0, edge(i + 1) - edge(i), height);
        pen.clip();
        pen.beginPath();
        for (let x = edge(i) - height; x < edge(i + 1); x += 7) {
          pen.moveTo(x, height);
          pen.lineTo(x + height, 0);
        }
        pen.stroke();
        pen.restore();
      });
    },

    drawNotes(pen, { width, height, colour }) {
      const [low, high] = this.piece.pitches;
      const row = (height - 8) / Math.max(12, high - low + 1);
      for (const [onset, offset, pitch] of this.piece.notes) {
        const segment = Math.floor(this.place(onset));
        const inside = segment >= this.first && segment <= this.last;
        pen.fillStyle = colour(inside ? "kept" : "faint");
        const cell = width / this.count;
        const x = this.place(onset) * cell;
        const wide = Math.max(1, this.place(offset) * cell - x - 0.5);
        pen.fillRect(x, 4 + (high - pitch) * row, wide, Math.max(1.2, row));
      }
    },
  });
})((window.FaderNets = window.FaderNets || {}));
