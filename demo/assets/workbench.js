// Joins strip, rolls, player and faders to the server: what is asked goes out in one "ask" event,
// what came of it comes back in the property `answer`; a new piece comes in `piece`.
(function (F) {
  "use strict";

  const PATIENCE = 250; // ms before an answer that is still under way is announced
  const STEP = 0.5; // seconds that an arrow key moves the playhead
  const NEUTRAL = { rhythm: null, note: null, arousal: null, valence: null, seed: null };

  const vorbis = new Audio().canPlayType('audio/ogg; codecs="vorbis"') === "probably";

  class Workbench {
    constructor({ element, props, watch, trigger, events }) {
      Object.assign(this, { element, props, trigger, events });
      this.piece = null;
      this.sent = 0;
      this.original = null; // the selection whose original sound is here, as "first-last"
      this.past = [];
      this.future = [];
      this.now = { ...NEUTRAL };
      this.player = new F.Player(() => this.showPlayer());
      this.overview = new F.Overview(this.find(".fn-strip"), () => this.select());
      this.faders = [...element.querySelectorAll("[data-fader]")].map(
        (part) => new F.Fader(part, () => this.release())
      );
      this.moods = [...element.querySelectorAll("[data-mood]")];
      this.rolls = ["original", "result"].map((side) => {
        const canvas = this.find(`[data-side=${side}] canvas`);
        return new F.Roll(canvas, { side, ruler: side === "result" });
      });
      this.listen();
      watch("piece", () => this.open(JSON.parse(props.piece)));
      watch("answer", () => this.receive(JSON.parse(props.answer)));
      if (props.piece) this.open(JSON.parse(props.piece));
      if (props.answer) this.receive(JSON.parse(props.answer));
    }

    find(selector) {
      return this.element.querySelector(selector);
    }

    show(name, text) {
      this.find(`[data-show=${name}]`).textContent = text;
    }

    // ---- what the visitor does -------------------------------------------------------------

    listen() {
      const does = {
        play: () => this.player.toggle(),
        back: () => this.overview.step(-1),
        on: () => this.overview.step(1),
        whole: () => this.overview.choose(0, this.overview.count - 1),
        dice: () => this.reseed(Math.floor(Math.random() * 1000000)),
        undo: () => this.travel(this.past, this.future),
        redo: () => this.travel(this.future, this.past),
        reset: () => this.change({ ...NEUTRAL }),
        midi: () => this.save("midi"),
        wav: () => this.save("wav"),
      };
      for (const [name, act] of Object.entries(does)) {
        this.find(`[data-do=${name}]`).addEventListener("click", act);
      }
      for (const button of this.moods) {
        button.addEventListener("click", () => this.change({ ...this.now, ...F.moods(button) }));
      }
      this.find("[data-do=loop]").addEventListener("change", (event) => {
        this.player.loop(event.target.checked);
      });
      this.element.querySelectorAll("[name=fn-side]").forEach((radio) => {
        radio.addEventListener("change", () => this.player.listen(radio.value));
      });
      this.find("#fn-seed").addEventListener("change", (event) => {
        const seed = event.target.value === "" ? null : Math.round(Number(event.target.value));
        this.reseed(seed === null ? null : Math.min(999999, Math.max(0, seed)));
      });
      document.addEventListener("keydown", (event) => this.key(event));
      document.addEventListener("dragover", (event) => event.preventDefault());
      document.addEventListener("drop", (event) => this.drop(event));
      this.listenRolls();
      const redraw = () => [this.overview, ...this.rolls].forEach((picture) => picture.draw());
      new ResizeObserver(redraw).observe(this.element);
      new MutationObserver(redraw).observe(document.body, { attributeFilter: ["class"] });
    }

    listenRolls() {
      const box = this.find(".fn-rolls");
      const seek = (event) => {
        const edge = this.rolls[1].canvas.getBoundingClientRect().left;
        this.player.seek(this.rolls[1].seconds(event.clientX - edge));
      };
      let held = false;
      box.addEventListener("pointerdown", (event) => {
        held = !event.button && this.player.length > 0;
        if (held) {
          box.setPointerCapture(event.pointerId);
          seek(event);
        }
      });
      box.addEventListener("pointermove", (event) => held && seek(event));
      for (const end of ["pointerup", "pointercancel"]) {
        box.addEventListener(end, () => (held = false));
      }
      box.addEventListener("keydown", (event) => {
        const to = {
          ArrowLeft: this.player.position - STEP,
          ArrowRight: this.player.position + STEP,
          Home: 0,
        }[event.key];
        if (to === undefined) return;
        this.player.seek(Math.min(this.player.length, Math.max(0, to)));
        event.preventDefault();
      });
    }

    // Space plays and X switches, wherever the focus is not in something that takes these keys.
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const at = event.target;
      const typing = at.closest("textarea, select, [contenteditable], input:not([type=range], [type=radio], [type=checkbox])");
      if (typing) return;
      if (event.code === "Space" && !at.closest("button, a, summary, [type=checkbox], [type=radio]")) {
        if (!event.repeat) this.player.toggle();
        event.preventDefault();
      } else if (event.key.toLowerCase() === "x" && !event.repeat) {
        this.player.listen(this.player.side === "result" ? "original" : "result");
      }
    }

    // A file dropped anywhere goes the way of the upload button.
    drop(event) {
      event.preventDefault();
      const input = document.querySelector("#fn-pieces input[type=file]");
      if (!event.dataTransfer.files.length || !input) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    get asked() {
      const values = this.faders.map((fader) => [fader.name, fader.value]);
      return { ...Object.fromEntries(values), seed: this.now.seed };
    }

    release() {
      this.change(this.asked);
    }

    reseed(seed) {
      this.change({ ...this.now, seed });
    }

    // New settings: remember the old ones, show and ask for the new.
    change(settings) {
      this.past.push(this.now);
      this.future = [];
      this.put(settings);
    }

    travel(from, to) {
      if (!from.length) return;
      to.push(this.now);
      this.put(from.pop());
    }

    put(settings) {
      this.now = settings;
      for (const fader of this.faders) fader.put(settings[fader.name]);
      this.showSettings();
      this.ask();
    }

    select() {
      this.show("span", this.overview.text);
      this.original = null;
      this.ask();
    }

    // ---- to the server and back --------------------------------------------------------------

    ask() {
      if (!this.piece) return;
      this.sent += 1;
      performance.mark("fadernets:asked");
      this.wait();
      this.request({});
      this.trigger(this.events.ask);
    }

    // What is wanted goes into the component's value: an event that has to wait for an earlier one
    // is sent with the value of then, but without data of its own.
    request(more) {
      const { first, last } = this.overview;
      const original = this.original !== `${first}-${last}`; // its sound is not here yet
      const which = { number: this.sent, piece: this.piece.id, first, last, original, vorbis };
      this.props.value = JSON.stringify({ ...which, ...this.now, ...more });
    }

    save(kind) {
      if (!this.piece) return;
      this.wait();
      this.request({ kind, scope: this.find("[data-show=scope]").value });
      this.trigger(this.events.save);
    }

    // Say so if what is wanted takes long.
    wait() {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.busy(true), PATIENCE);
    }

    // Nothing is under way any more; what is on the page stays.
    settle() {
      clearTimeout(this.waiting);
      this.busy(false);
    }

    busy(on) {
      this.find(".fn-bench").setAttribute("aria-busy", on);
    }

    open(piece) {
      this.piece = piece;
      this.original = null;
      this.past = [];
      this.future = [];
      this.now = { ...NEUTRAL };
      this.player.clear();
      for (const fader of this.faders) fader.put(null);
      this.overview.show(piece);
      this.show("name", piece.name);
      this.show("span", this.overview.text);
      this.showSettings();
      this.ask();
    }

    async receive(answer) {
      if (!this.piece || answer.piece !== this.piece.id || answer.number !== this.sent) return;
      const { original, result } = answer.sound;
      const decoded = [original, result].map((sound) => sound && F.Player.decode(sound));
      this.showAnswer(answer);
      performance.mark("fadernets:drawn");
      const [first, second] = await Promise.all(decoded);
      if (answer.number !== this.sent) return; // overtaken while it was decoded
      if (answer.sound.later) {
        this.player.clear();
        this.trigger(this.events.hear);
        return;
      }
      this.settle();
      this.element.dataset.heard = answer.number;
      if (!answer.sound.made) return this.player.clear();
      if (first) this.original = `${answer.first}-${answer.last}`;
      this.player.load({
        original: first,
        result: second,
        volume: answer.sound.volume,
        length: answer.length,
      });
      performance.mark("fadernets:heard");
    }
  }

  F.workbench = function (parts) {
    F.bench = new Workbench(parts);
  };
  F.Workbench = Workbench;
})((window.FaderNets = window.FaderNets || {}));
