// The whole piece as a strip of segments: click one, drag or shift-click for more. Below are the
// numbers of bars, or times where bars mean nothing; below these densities and arousal along the
// piece, and of each fader that is moved somewhere, how far in every segment.
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

  F.Overview = class {
    // strip: focusable element with one canvas; chosen(first, last) is called on a new choice.
    constructor(strip, chosen) {
      Object.assign(this, { strip, chosen, piece: null, first: 0, last: 0, anchor: 0, amounts: [], along: [] });
      this.canvas = strip.querySelector("canvas");
      this.dragging = false;
      strip.addEventListener("pointerdown", (event) => this.press(event));
      strip.addEventListener("pointermove", (event) => this.drag(event));
      strip.addEventListener("pointerup", (event) => this.lift(event));
      strip.addEventListener("pointercancel", () => this.cancel());
      strip.addEventListener("keydown", (event) => this.key(event));
    }

    // piece: {notes [[onset, offset, pitch]] in beats, edges [beat], segments [{start_s, bar,
    // last_bar, problem}], has_bars, ...}; along: of what the piece has {title, values [0 to 1]}
    show(piece, along = []) {
      this.piece = piece;
      this.along = along;
      this.select(piece.first, piece.last);
    }

    // amounts: of faders that are moved somewhere {title, offsets, positions}, curves or null.
    mark(amounts) {
      this.amounts = amounts;
      const before = this.strip.offsetHeight;
      this.strip.style.height = `${NOTES + RULER + this.high + ROW * amounts.length}px`;
      // What is under the pointer stays there; the browser does it where the page is scrolled.
      const isBelow = document.activeElement?.closest(".fn-desk, .fn-hold, .fn-lanes");
      if (isBelow && !window.scrollY) window.scrollBy({ top: this.strip.offsetHeight - before, behavior: "instant" });
      this.strip.setAttribute("aria-description", amounts.map((amount) => this.worded(amount)).join(" "));
      this.draw();
    }

    // How far a fader is moved in every segment: {value, isPosition}.
    values({ offsets, positions }) {
      const { edges } = this.piece;
      return edges.slice(1).map((edge, i) => {
        const middle = (edges[i] + edge) / 2;
        const position = positions && F.curve.at(positions, middle);
        const isPosition = position !== null;
        return { value: isPosition ? position : offsets ? F.curve.at(offsets, middle) : 0, isPosition };
      });
    }

    // Where a fader is moved: "Rhythm density moved in bars 1–2, 5–8."
    worded(amount) {
      const runs = [];
      this.values(amount).forEach(({ value, isPosition }, i) => {
        if (!value && !isPosition) return;
        const run = runs[runs.length - 1];
        if (run?.last === i - 1) run.last = i;
        else runs.push({ first: i, last: i });
      });
      if (!runs.length) return "";
      return `${amount.title} moved in ${runs.map(({ first, last }) => this.named(first, last)).join(", ")}.`;
    }

    // Segments in bars, or in minutes and seconds where bars mean nothing.
    named(first, last) {
      const { segments, length_s: length, has_bars: hasBars } = this.piece;
      const end = segments[last + 1]?.start_s ?? length;
      if (!hasBars) return `${F.clock(segments[first].start_s)}–${F.clock(end)}`;
      const [from, to] = [segments[first].bar, segments[last].last_bar];
      return from === to ? `bar ${from}` : `bars ${from}–${to}`;
    }

    // Pixels of height of the lines along the piece.
    get high() {
      return this.along.length ? ALONG : 0;
    }

    get count() {
      return this.piece ? this.piece.segments.length : 0;
    }

    select(first, last) {
      this.first = first;
      this.last = last;
      this.draw();
      this.strip.setAttribute("aria-valuemin", 0);
      this.strip.setAttribute("aria-valuemax", this.count - 1);
      this.strip.setAttribute("aria-valuenow", first);
      this.strip.setAttribute("aria-valuetext", this.text);
    }

    // Where the selection is, in bars; in minutes and seconds where bars mean nothing.
    get text() {
      if (!this.piece) return "";
      const { segments, length_s: length, has_bars: hasBars } = this.piece;
      const end = this.last + 1 < this.count ? segments[this.last + 1].start_s : length;
      const span = `${F.clock(segments[this.first].start_s)}–${F.clock(end)}`;
      const isAll = this.last - this.first + 1 === this.count;
      if (!hasBars) return isAll ? `All, ${span}` : `${span} of ${F.clock(length)}`;
      const [from, to] = [segments[this.first].bar, segments[this.last].last_bar];
      const total = segments[this.count - 1].last_bar;
      if (isAll) return `All ${total} bars, ${span}`;
      return `${from === to ? `Bar ${from}${this.part}` : `Bars ${from}–${to}`} of ${total}, ${span}`;
    }

    // Which part of a bar that is longer than a segment.
    get part() {
      const { bar } = this.piece.segments[this.first];
      const parts = this.piece.segments.filter((segment) => segment.bar === bar).length;
      if (parts < 2 || this.last - this.first + 1 === parts) return "";
      const before = this.piece.segments.findIndex((segment) => segment.bar === bar);
      return ` (part ${this.first - before + 1} of ${parts})`;
    }

    // Choose and tell; both ends are brought into the piece.
    choose(first, last) {
      const top = this.count - 1;
      const bounded = [first, last].map((i) => Math.max(0, Math.min(top, i)));
      this.select(...bounded);
      this.chosen(...bounded);
    }

    // Move on by the length of the selection: direction 1 or -1.
    step(direction) {
      const size = this.last - this.first + 1;
      const first = Math.max(0, Math.min(this.count - size, this.first + direction * size));
      this.choose(first, first + size - 1);
    }

    // Where a beat lies, in segments from the first: all are drawn equally wide.
    place(beat) {
      const edges = this.piece.edges;
      let low = 0;
      let high = edges.length - 2;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (edges[middle] <= beat) low = middle;
        else high = middle - 1;
      }
      return low + (beat - edges[low]) / (edges[low + 1] - edges[low]);
    }

    // The beat at a place, in segments from the first.
    beat(place) {
      const { edges } = this.piece;
      const index = Math.max(0, Math.min(edges.length - 2, Math.floor(place)));
      const within = Math.max(0, Math.min(1, place - index));
      return edges[index] + within * (edges[index + 1] - edges[index]);
    }

    // The beat at which the last segment ends.
    get end() {
      return this.piece.edges[this.count];
    }

    // What to call the place of a beat.
    label(beat) {
      const { segments, length_s: length, has_bars: hasBars } = this.piece;
      const place = this.place(beat);
      const index = Math.min(this.count - 1, Math.floor(place));
      const { bar, last_bar: lastBar, start_s: start } = segments[index];
      const within = Math.min(1, place - index);
      if (hasBars) return `bar ${Math.min(lastBar, bar + Math.floor(within * (lastBar - bar + 1) + 1e-6))}`;
      return F.clock(start + within * ((segments[index + 1]?.start_s ?? length) - start));
    }

    at(event) {
      const box = this.canvas.getBoundingClientRect();
      const index = Math.floor(((event.clientX - box.left) / box.width) * this.count);
      return Math.max(0, Math.min(this.count - 1, index));
    }

    press(event) {
      if (!this.count || event.button) return;
      const index = this.at(event);
      if (!event.shiftKey) this.anchor = index;
      this.dragging = true;
      this.before = [this.first, this.last];
      this.strip.setPointerCapture(event.pointerId);
      this.stretch(index);
    }

    drag(event) {
      if (this.dragging) this.stretch(this.at(event));
    }

    lift(event) {
      if (!this.dragging) return;
      this.dragging = false;
      this.stretch(this.at(event));
      this.chosen(this.first, this.last);
    }

    cancel() {
      if (this.dragging) this.select(...this.before);
      this.dragging = false;
    }

    stretch(index) {
      this.select(Math.min(this.anchor, index), Math.max(this.anchor, index));
    }

    key(event) {
      const move = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!this.count) return;
      if (move && event.shiftKey) this.choose(this.first, Math.max(this.first, this.last + move));
      else if (move) this.choose(this.first + move, this.first + move);
      else if (event.key === "Home") this.choose(0, 0);
      else if (event.key === "End") this.choose(this.count - 1, this.count - 1);
      else return;
      this.anchor = this.first;
      event.preventDefault();
    }

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
    }

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
    }

    // What the piece has along its way: a line each, told apart by dashes as well, and their names.
    drawAlong(pen, { top, cell, colour }) {
      const [line, room] = [top + NAME + 2, ALONG - NAME - 6];
      let x = 3;
      pen.font = "10px system-ui, sans-serif";
      pen.lineWidth = 1.25;
      this.along.forEach(({ title, values }, i) => {
        pen.strokeStyle = colour(COLOURS[i % COLOURS.length]);
        pen.setLineDash(DASHES[i % DASHES.length]);
        pen.beginPath();
        pen.moveTo(x, top + NAME / 2);
        pen.lineTo(x + 14, top + NAME / 2);
        pen.stroke();
        pen.fillStyle = colour("mute");
        pen.fillText(title, x + 18, top + NAME - 3);
        x += 30 + pen.measureText(title).width;
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
    }

    // A fader's name, and below it how far it is moved: offsets up or down from a line, positions as
    // frames from the bottom.
    drawAmount(pen, amount, { top, width, edge, colour }) {
      pen.fillStyle = colour("mute");
      pen.font = "10px system-ui, sans-serif";
      pen.fillText(amount.title, 3, top + NAME - 2);
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
    }

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
    }

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
    }
  };
})((window.FaderNets = window.FaderNets || {}));
