// What a note is, beside the pointer that rests on it in a roll.
(function (F) {
  "use strict";

  const NEAR_PIXELS = 3; // that the pointer may be beside a note
  const ROUNDING = 0.02; // seconds that a note may come before its beat
  const SAME_LENGTH = 0.05; // seconds
  const MARKS = { added: "new", removed: "gone", moved: "moved" };

  F.extend(F.Workbench.prototype, {
    listenHints() {
      const box = this.find(".fn-rolls");
      box.addEventListener("pointermove", (event) => this.hint(event));
      for (const end of ["pointerleave", "pointerdown"]) {
        box.addEventListener(end, () => (this.find(".fn-hint").hidden = true));
      }
    },

    hint(event) {
      const sign = this.find(".fn-hint");
      const roll = this.rolls.find(({ canvas }) => canvas === event.target);
      const box = event.target.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const index = roll && !event.buttons ? roll.noteAt(x, y, NEAR_PIXELS) : -1;
      sign.hidden = index < 0;
      if (sign.hidden) return;
      sign.textContent = this.noteText(roll, index);
      const around = this.find(".fn-rolls").getBoundingClientRect();
      const left = Math.min(event.clientX - around.left + 12, around.width - sign.offsetWidth - 4);
      const top = event.clientY - around.top;
      sign.style.left = `${Math.max(0, left)}px`;
      sign.style.top = `${top > sign.offsetHeight + 12 ? top - sign.offsetHeight - 8 : top + 16}px`;
    },

    // "E4, bar 3, beat 2, 0.42 s long, velocity 74, new"; without bars the time it begins at.
    noteText({ data, origins }, index) {
      const { notes, marks, bars, beats, start } = data;
      const [onset, offset, pitch, velocity] = notes[index];
      const words = [F.pitchName(pitch), this.placed(onset, { bars, beats, start })];
      words.push(`${(offset - onset).toFixed(2)} s long`, `velocity ${velocity}`);
      const origin = origins.get(index);
      if (origin) words.push(this.compared(notes[index], marks[index], origin));
      else if (MARKS[marks[index]]) words.push(MARKS[marks[index]]);
      return words.join(", ");
    },

    // "moved 0.25 s later", "longer, was 0.20 s", or both.
    compared([onset, offset], mark, [from, until]) {
      const by = Math.abs(onset - from).toFixed(2);
      const longer = offset - onset - (until - from);
      const words = Number(by) ? [`moved ${by} s ${onset > from ? "later" : "earlier"}`] : [];
      if (Math.abs(longer) > SAME_LENGTH) {
        words.push(longer > 0 ? "longer" : "shorter", `was ${(until - from).toFixed(2)} s`);
      }
      return words.length ? words.join(", ") : mark;
    },

    // Where a time of the selection is: bar and beat, or minutes and seconds.
    placed(onset, { bars, beats, start }) {
      if (!this.piece.has_bars) return `at ${F.clock(start + onset)}`;
      if (onset < -ROUNDING) return "from before";
      const begun = (time) => time <= onset + ROUNDING;
      const lines = bars.filter(begun);
      const bar = this.overview.piece.segments[this.overview.first].bar + lines.filter((time) => time > ROUNDING).length;
      const since = lines.length ? lines[lines.length - 1] : 0;
      return `bar ${bar}, beat ${1 + beats.filter((time) => begun(time) && time > since + ROUNDING).length}`;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
