// What is done in the rolls: the playhead is put somewhere, a part goes round, notes are chosen to stay.
(function (F) {
  "use strict";

  const STEP_SECONDS = 0.5; // that an arrow key moves the playhead
  const DRAG_PIXELS = 6; // that a pointer moves before it is a drag
  const SNAP_PIXELS = 8; // from a beat, within which a loop begins or ends with it
  const SHORTEST_LOOP = 0.2; // seconds

  F.extend(F.Workbench.prototype, {
    listenRolls() {
      const box = this.find(".fn-rolls");
      this.rollView = new F.RollView(this.rolls, box, this.find(".fn-roll-bar"), () => this.drawRolls());
      this.fingers = new Map(); // of those on the rolls, where on the screen
      this.drag = null; // {x, from, to}: pixels at which it began, seconds
      this.pinch = null; // {apart, about}: pixels between two fingers, seconds between them
      box.addEventListener("pointerdown", (event) => this.pressRolls(event));
      box.addEventListener("pointermove", (event) => this.dragRolls(event));
      box.addEventListener("pointerup", (event) => this.liftRolls(event));
      box.addEventListener("pointercancel", (event) => this.liftRolls(event, true));
      box.addEventListener("keydown", (event) => {
        if (this.locks.picking && this.pickByKey(event.key)) return event.preventDefault();
        if (!event.ctrlKey && !event.metaKey && !event.altKey && this.keyRolls(event.key)) event.preventDefault();
      });
    },

    // Whether a key means something in the rolls.
    keyRolls(key) {
      const { player } = this;
      const go = (to) => player.seek(Math.min(player.length, Math.max(0, to)));
      const [begin, end] = player.region ?? [0, player.length];
      const here = () => (this.piece.has_bars ? this.nearestBeat(player.position) : player.position);
      const actions = {
        ArrowLeft: () => go(player.position - STEP_SECONDS),
        ArrowRight: () => go(player.position + STEP_SECONDS),
        Home: () => go(0),
        End: () => go(player.length),
        "+": () => this.zoomRolls(2),
        "=": () => this.zoomRolls(2),
        "-": () => this.zoomRolls(1 / 2),
        "[": () => this.loopBetween(here(), end),
        "]": () => this.loopBetween(begin, here()),
        Escape: () => this.loopBetween(0, 0),
      };
      actions[key]?.();
      return key in actions;
    },

    pressRolls(event) {
      if (this.locks.picking && this.pick(event)) return;
      if (event.button || !this.player.length || event.target.closest("button")) return;
      this.find(".fn-rolls").setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, event.clientX);
      if (this.fingers.size === 2) {
        const [from, to] = this.fingers.values();
        this.pinch = { apart: Math.abs(to - from), about: this.timeAt((from + to) / 2) };
        this.drag = null;
        this.showRegion();
      } else if (this.fingers.size === 1) {
        const time = this.timeAt(event.clientX);
        if (event.pointerType !== "touch") this.point(time); // a finger may be about to scroll the page
        this.drag = { x: event.clientX, from: time, to: null };
      }
    },

    // The playhead goes to a time; what goes round elsewhere does so no more.
    point(time) {
      const { region } = this.player;
      if (region && (time < region[0] || time > region[1])) this.loopBetween(0, 0);
      this.player.seek(time);
    },

    dragRolls(event) {
      if (!this.fingers.has(event.pointerId)) return;
      this.fingers.set(event.pointerId, event.clientX);
      if (this.pinch && this.fingers.size === 2) {
        const [from, to] = this.fingers.values();
        const apart = Math.abs(to - from);
        const { rollView } = this;
        rollView.by(Math.max(apart, 1) / Math.max(this.pinch.apart, 1), this.pinch.about);
        rollView.set(rollView.share, rollView.from + this.pinch.about - this.timeAt((from + to) / 2));
        this.pinch.apart = apart;
      } else if (this.drag && (this.drag.to !== null || Math.abs(event.clientX - this.drag.x) > DRAG_PIXELS)) {
        this.drag.to = this.timeAt(event.clientX);
        this.showRegion();
      }
    },

    liftRolls(event, isCancelled = false) {
      if (!this.fingers.delete(event.pointerId)) return;
      const { drag } = this;
      this.drag = null;
      if (!this.fingers.size) this.pinch = null;
      if (drag?.to === null && event.pointerType === "touch" && !isCancelled) this.point(drag.from);
      if (!drag || drag.to === null || isCancelled) return this.showRegion();
      this.loopBetween(this.snapped(drag.from), this.snapped(drag.to));
      if (this.player.region) this.player.seek(this.player.region[0]);
    },

    // About the playhead, or about the middle where that is out of sight.
    zoomRolls(factor) {
      const { position } = this.player;
      this.rollView.by(factor, this.rollView.has(position) ? position : undefined);
    },

    // The time at a place on the screen.
    timeAt(clientX) {
      return this.rolls[1].seconds(clientX - this.rolls[1].canvas.getBoundingClientRect().left);
    },

    // A time, or that of a beat which is near.
    snapped(time) {
      const [roll] = this.rolls;
      const beat = this.nearestBeat(time);
      return Math.abs(roll.x(beat) - roll.x(time)) <= SNAP_PIXELS ? beat : time;
    },

    // The beat nearest to a time; the end counts as one.
    nearestBeat(time) {
      const { beats, length } = this.rolls[0].data;
      const nearer = (one, other) => (Math.abs(other - time) < Math.abs(one - time) ? other : one);
      return [...beats, length].reduce(nearer, 0);
    },

    // What lies between two times goes round, or all of the selection if that is next to nothing.
    loopBetween(from, to) {
      const region = [Math.min(from, to), Math.max(from, to)];
      const isLoop = region[1] - region[0] >= SHORTEST_LOOP;
      if (isLoop) this.find("[data-do=loop]").checked = true;
      this.player.between(isLoop ? region : null);
      this.showRegion();
    },

    // What is being dragged, or goes round.
    showRegion() {
      const { drag, player } = this;
      const isDragged = drag !== null && drag.to !== null;
      const region = isDragged ? [drag.from, drag.to].sort((a, b) => a - b) : player.region;
      const sign = this.find(".fn-region");
      sign.hidden = !region || !this.rolls[1].isSeen(...region);
      if (sign.hidden) return;
      const [left, right] = region.map((time) => this.rolls[1].x(time));
      sign.style.left = `${left}px`;
      sign.style.width = `${right - left}px`;
    },

    drawRolls() {
      for (const roll of this.rolls) roll.draw();
      this.showRegion();
      this.showRollZoom();
      this.showPlayhead();
    },

    startPicking() {
      const box = this.find(".fn-rolls");
      box.classList.toggle("fn-picking", this.locks.picking);
      box.removeAttribute("aria-valuetext"); // of the position in seconds, or of a note gone to
      this.rolls[0].choose(-1);
    },

    // A click in the original's roll locks the note there, or lets it go.
    pick(event) {
      const [original] = this.rolls;
      if (event.button || event.target !== original.canvas) return false;
      const box = original.canvas.getBoundingClientRect();
      const index = original.noteAt(event.clientX - box.left, event.clientY - box.top);
      if (index >= 0) this.pickNote(index);
      return true;
    },

    pickNote(index) {
      const [original] = this.rolls;
      original.choose(index);
      this.locks.turn(`note:${original.data.numbers[index]}`);
    },

    // Arrow keys go from note to note of the original, Enter chooses one.
    pickByKey(key) {
      const [original] = this.rolls;
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
      const count = original.data?.notes.length ?? 0;
      if (!count || (!step && key !== "Enter")) return false;
      if (step) original.choose((original.cursor + step + count) % count);
      else this.pickNote(Math.max(0, original.cursor));
      this.find(".fn-rolls").setAttribute("aria-valuetext", original.described);
      return true;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
