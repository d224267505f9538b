// Rolls over the same seconds and what plays them: Play, the playhead, a part that goes round, and the
// part in sight. By pointer, by fingers and by keys.
(function (F) {
  "use strict";

  const STEP_SECONDS = 0.5; // that an arrow key moves the playhead
  const DRAG_PIXELS = 6; // that a pointer moves before it is a drag
  const SNAP_PIXELS = 8; // from a beat, within which a loop begins or ends with it
  const SHORTEST_LOOP = 0.2; // seconds

  F.Stage = class {
    // element: what has a box of rolls, .fn-rolls, in it .fn-region and .fn-playhead; a .fn-roll-bar;
    // buttons data-do=play, roll-closer and roll-farther; a tick data-do=loop; and data-show=time.
    // rolls: F.Roll objects that are shown the same seconds; player: the F.Player of them.
    // takes(event) says whether a pointer or a key meant something else; hasBeats() whether a part by
    // keys begins and ends with beats.
    constructor(element, { rolls, player, takes = () => false, hasBeats = () => true }) {
      Object.assign(this, { element, rolls, player, takes, hasBeats });
      this.roll = rolls[rolls.length - 1]; // by whose axis times are found
      this.box = this.find(".fn-rolls");
      this.view = new F.RollView(rolls, this.box, this.find(".fn-roll-bar"), () => this.draw());
      this.fingers = new Map(); // of those on the rolls, where on the screen
      this.dragged = null; // {x, from, to}: pixels at which it began, seconds
      this.pinch = null; // {apart, about}: pixels between two fingers, seconds between them
      this.wasPlaying = false;
      this.listen();
    }

    find(selector) {
      return this.element.querySelector(selector);
    }

    listen() {
      const { box } = this;
      box.addEventListener("pointerdown", (event) => this.press(event));
      box.addEventListener("pointermove", (event) => this.drag(event));
      box.addEventListener("pointerup", (event) => this.lift(event));
      box.addEventListener("pointercancel", (event) => this.lift(event, true));
      box.addEventListener("keydown", (event) => {
        if (this.takes(event)) return event.preventDefault();
        if (!event.ctrlKey && !event.metaKey && !event.altKey && this.key(event.key)) event.preventDefault();
      });
      this.find("[data-do=play]").addEventListener("click", () => this.player.toggle());
      this.find("[data-do=loop]").addEventListener("change", ({ target }) => this.player.loop(target.checked));
      this.find("[data-do=roll-closer]").addEventListener("click", () => this.zoom(2));
      this.find("[data-do=roll-farther]").addEventListener("click", () => this.zoom(1 / 2));
    }

    // ---- what the visitor does -------------------------------------------------------------

    // Whether a key means something in the rolls.
    key(key) {
      const { player } = this;
      const go = (to) => player.seek(Math.min(player.length, Math.max(0, to)));
      const [begin, end] = player.region ?? [0, player.length];
      const here = () => (this.hasBeats() ? this.nearestBeat(player.position) : player.position);
      const actions = {
        ArrowLeft: () => go(player.position - STEP_SECONDS),
        ArrowRight: () => go(player.position + STEP_SECONDS),
        Home: () => go(0),
        End: () => go(player.length),
        "+": () => this.zoom(2),
        "=": () => this.zoom(2),
        "-": () => this.zoom(1 / 2),
        "[": () => this.loopBetween(here(), end),
        "]": () => this.loopBetween(begin, here()),
        Escape: () => this.loopBetween(0, 0),
      };
      actions[key]?.();
      return key in actions;
    }

    press(event) {
      if (this.takes(event)) return;
      if (event.button || !this.player.length || event.target.closest("button")) return;
      this.box.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, event.clientX);
      if (this.fingers.size === 2) {
        const [from, to] = this.fingers.values();
        this.pinch = { apart: Math.abs(to - from), about: this.timeAt((from + to) / 2) };
        this.dragged = null;
        this.showRegion();
      } else if (this.fingers.size === 1) {
        const time = this.timeAt(event.clientX);
        if (event.pointerType !== "touch") this.point(time); // a finger may be about to scroll the page
        this.dragged = { x: event.clientX, from: time, to: null };
      }
    }

    // The playhead goes to a time; what goes round elsewhere does so no more.
    point(time) {
      const { region } = this.player;
      if (region && (time < region[0] || time > region[1])) this.loopBetween(0, 0);
      this.player.seek(time);
    }

    drag(event) {
      if (!this.fingers.has(event.pointerId)) return;
      this.fingers.set(event.pointerId, event.clientX);
      const { dragged, view } = this;
      if (this.pinch && this.fingers.size === 2) {
        const [from, to] = this.fingers.values();
        const apart = Math.abs(to - from);
        view.by(Math.max(apart, 1) / Math.max(this.pinch.apart, 1), this.pinch.about);
        view.set(view.share, view.from + this.pinch.about - this.timeAt((from + to) / 2));
        this.pinch.apart = apart;
      } else if (dragged && (dragged.to !== null || Math.abs(event.clientX - dragged.x) > DRAG_PIXELS)) {
        dragged.to = this.timeAt(event.clientX);
        this.showRegion();
      }
    }

    lift(event, isCancelled = false) {
      if (!this.fingers.delete(event.pointerId)) return;
      const { dragged } = this;
      this.dragged = null;
      if (!this.fingers.size) this.pinch = null;
      if (dragged?.to === null && event.pointerType === "touch" && !isCancelled) this.point(dragged.from);
      if (!dragged || dragged.to === null || isCancelled) return this.showRegion();
      this.loopBetween(this.snapped(dragged.from), this.snapped(dragged.to));
      if (this.player.region) this.player.seek(this.player.region[0]);
    }

    // About the playhead, or about the middle where that is out of sight.
    zoom(factor) {
      const { position } = this.player;
      this.view.by(factor, this.view.has(position) ? position : undefined);
    }

    // The time at a place on the screen.
    timeAt(clientX) {
      return this.roll.seconds(clientX - this.roll.canvas.getBoundingClientRect().left);
    }

    // A time, or that of a beat which is near.
    snapped(time) {
      const beat = this.nearestBeat(time);
      return Math.abs(this.roll.x(beat) - this.roll.x(time)) <= SNAP_PIXELS ? beat : time;
    }

    // The beat nearest to a time; the end counts as one.
    nearestBeat(time) {
      const { beats = [], length = 0 } = this.roll.data ?? {};
      const nearer = (one, other) => (Math.abs(other - time) < Math.abs(one - time) ? other : one);
      return [...beats, length].reduce(nearer, 0);
    }

    // What lies between two times goes round, or all there is if that is next to nothing.
    loopBetween(from, to) {
      const region = [Math.min(from, to), Math.max(from, to)];
      const isLoop = region[1] - region[0] >= SHORTEST_LOOP;
      if (isLoop) this.find("[data-do=loop]").checked = true;
      this.player.between(isLoop ? region : null);
      this.showRegion();
    }

    // ---- what is shown ---------------------------------------------------------------------

    // Whether it plays; and the playhead, once a frame while there is sound.
    show() {
      const { player } = this;
      const button = this.find("[data-do=play]");
      button.disabled = !player.ready;
      button.dataset.playing = player.playing;
      button.querySelector("span").textContent = player.playing ? "Pause" : "Play";
      cancelAnimationFrame(this.frame);
      if (player.playing && !this.wasPlaying) this.view.go(player.position);
      this.wasPlaying = player.playing;
      this.tick();
    }

    tick() {
      const { player } = this;
      if (player.playing) this.view.follow(player.position);
      this.showPlayhead();
      if (player.playing) this.frame = requestAnimationFrame(() => this.tick());
    }

    // All of it, after another size or another part in sight.
    draw() {
      for (const roll of this.rolls) roll.draw();
      this.showRegion();
      this.find("[data-do=roll-closer]").disabled = this.view.isLeast;
      this.find("[data-do=roll-farther]").disabled = this.view.isWhole;
      this.showPlayhead();
    }

    // What is being dragged, or goes round.
    showRegion() {
      const { dragged, player, roll } = this;
      const isDragged = dragged !== null && dragged.to !== null;
      const region = isDragged ? [dragged.from, dragged.to].sort((a, b) => a - b) : player.region;
      const sign = this.find(".fn-region");
      sign.hidden = !region || !roll.isSeen(...region);
      if (sign.hidden) return;
      const [left, right] = region.map((time) => roll.x(time));
      sign.style.left = `${left}px`;
      sign.style.width = `${right - left}px`;
    }

    showPlayhead() {
      const { player, roll } = this;
      const position = Math.min(player.position, player.length);
      const head = this.find(".fn-playhead");
      head.hidden = !roll.isSeen(position);
      head.style.transform = `translateX(${roll.x(position)}px)`;
      this.find("[data-show=time]").textContent = F.clock((roll.data?.start ?? 0) + position);
      this.box.setAttribute("aria-valuenow", position.toFixed(1));
    }
  };
})((window.FaderNets = window.FaderNets || {}));
