// Joins strip, lanes, rolls, player and faders: what a visitor does becomes settings of the piece
// (`score.js`), and these are asked for (`asking.js`). What is shown is in `view.js`.
(function (F) {
  "use strict";

  // Gives a class more members, getters among them.
  F.extend = (prototype, members) =>
    Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(members));

  class Workbench {
    constructor({ element, props, watch, trigger, events }) {
      Object.assign(this, { element, props, trigger, events });
      this.piece = null;
      this.requestNumber = 0; // number of what was asked last
      this.answered = 0; // number of the answer that is shown and played
      this.shownRequest = null; // what the answer that is shown was asked with
      this.asking = false; // whether an answer is still to come
      this.saving = false;
      this.choosing = false;
      this.mixing = false; // whether two pieces are being mixed
      this.hearing = null; // when the chunk under way was asked for, ms
      this.quiet = 0; // ms: nothing is asked for by itself until then
      this.gain = null; // of the result's chunks, as the answer gave it
      this.early = null; // {number, gain, isHere}: sound that is asked for beside its notes
      this.late = null; // likewise, where the notes have come before it
      this.history = new F.History();
      this.cache = new F.AnswerCache();
      this.player = new F.Player(
        () => {
          this.showPlayer();
          this.fetch();
          this.instrument.follow();
        },
        () => this.fetch(),
        () => this.show("summary", F.NO_SOUND)
      );
      this.overview = new F.Overview(this.find(".fn-strip"), () => this.select());
      this.locks = new F.Locks(
        this.find(".fn-keep"),
        (lock) => this.change({ ...this.now, lock }),
        () => this.startPicking()
      );
      this.tracks = new F.Tracks(this.find(".fn-tracks"), () => this.choose());
      this.faders = [...element.querySelectorAll("[data-fader]")].map(
        (part) => new F.Fader(part, (fader, isStep) => this.release(fader, isStep), (fader) => this.turn(fader))
      );
      this.lanes = this.faders.map(
        (fader) =>
          new F.Lane(fader, this.overview, (points, isStep) =>
            this.set({ [fader.name]: points }, isStep ? `curve of ${fader.name}` : null)
          )
      );
      this.find(".fn-lanes").append(...this.lanes.map((lane) => lane.element));
      this.zoom = new F.Zoom(this.find(".fn-long"), this.overview, () => {
        for (const picture of [this.overview, ...this.lanes]) picture.draw();
        this.showZoom();
      });
      const names = (isDensity) =>
        this.faders.filter((fader) => fader.isDensity === isDensity).map(({ name }) => name);
      this.score = new F.Score(names(true), names(false));
      this.absolute = false; // whether densities of the selection are positions, else offsets
      this.now = this.score.neutral;
      this.moods = [...element.querySelectorAll("[data-mood]")];
      this.rolls = ["original", "result"].map((side) => {
        const canvas = this.find(`[data-side=${side}] canvas`);
        return new F.Roll(canvas, { side, ruler: side === "result" });
      });
      this.stage = new F.Stage(this.find(".fn-stage"), {
        rolls: this.rolls,
        player: this.player,
        takes: (event) => this.picks(event),
        hasBeats: () => this.piece?.has_bars ?? false,
      });
      this.listen();
      this.startMemory();
      watch("piece", () => this.come(JSON.parse(props.piece)));
      watch("answer", () => this.receive(JSON.parse(props.answer)));
      watch("variations", () => props.variations && this.showVariations(JSON.parse(props.variations)));
      watch("progress", () => props.progress && this.showProgress(JSON.parse(props.progress)));
      watch("trouble", () => this.fail(JSON.parse(props.trouble)));
      if (props.piece) this.come(JSON.parse(props.piece));
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
      const actions = {
        back: () => this.overview.step(-1),
        on: () => this.overview.step(1),
        whole: () => this.overview.choose(0, this.overview.count - 1),
        closer: () => this.zoom.closer(),
        farther: () => this.zoom.farther(),
        dice: () => this.reseed(Math.floor(Math.random() * 1000000)),
        undo: () => this.undo(),
        redo: () => this.redo(),
        reset: () => this.change(this.score.neutral),
        midi: () => this.save("midi"),
        wav: () => this.save("wav"),
        ogg: () => this.save("ogg"),
        mp3: () => this.save("mp3"),
      };
      for (const [name, act] of Object.entries(actions)) {
        this.find(`[data-do=${name}]`).addEventListener("click", act);
      }
      for (const button of this.moods) {
        button.addEventListener("click", () => this.set(this.levels(F.moods(button))));
      }
      this.element.querySelectorAll("[name=fn-side]").forEach((radio) => {
        radio.addEventListener("change", () => this.player.listen(radio.value));
      });
      this.element.querySelectorAll("[name=fn-shape]").forEach((radio) => {
        radio.addEventListener("change", () => this.reshape(radio.value === "same"));
      });
      // What is no number is no change, and goes.
      this.find("#fn-seed").addEventListener("blur", ({ target }) => {
        if (target.validity.badInput) target.value = "";
      });
      let isStep = false; // whether a key steps through seeds
      this.find("#fn-seed").addEventListener("keydown", ({ key }) => (isStep = F.Gesture.isStep(key)));
      this.find("#fn-seed").addEventListener("change", (event) => {
        const seed = event.target.value === "" ? null : Math.round(Number(event.target.value));
        this.reseed(seed === null ? null : Math.min(999999, Math.max(0, seed)), isStep ? "seed" : null);
        isStep = false;
      });
      document.addEventListener("dragover", (event) => event.preventDefault());
      document.addEventListener("drop", (event) => this.drop(event));
      for (const choice of ["click", "keydown"]) {
        document.addEventListener(choice, (event) => this.reopen(event), true);
      }
      this.listenKeys();
      this.listenSettings();
      this.listenLink();
      this.listenDrag();
      this.listenVariations();
      this.listenHints();
      this.listenPictures();
      this.listenMixing();
      this.listenPoints();
      this.listenProgress();
      this.listenDevices();
      this.listenListeners();
      const pictures = [this.overview, this.stage, ...this.lanes];
      const redraw = () => pictures.forEach((picture) => picture.draw());
      new ResizeObserver(redraw).observe(this.element);
      new MutationObserver(redraw).observe(document.body, { attributeFilter: ["class"] });
    }

    // A file dropped anywhere goes the way of the upload button, settings to the faders.
    drop(event) {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file && F.SettingsFile.matches(file)) return void this.openSettings(file);
      const input = document.querySelector("#fn-pieces input[type=file]");
      if (!event.dataTransfer.files.length || !input) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    // The example that is chosen already, of which Gradio makes nothing, is opened again by a click
    // or by Enter.
    reopen(event) {
      if (event.type === "keydown" && (event.key !== "Enter" || event.repeat)) return;
      const isChosen = event.target.matches?.("#fn-examples label.selected input");
      if (isChosen) this.trigger(this.events.reopen);
    }

    // The beats of the selection, and those of the piece.
    get area() {
      const { first, last, piece, end } = this.overview;
      return { span: [piece.edges[first], piece.edges[last + 1]], whole: [piece.edges[0], end] };
    }

    isPosition(name) {
      return this.absolute && this.score.densities.includes(name);
    }

    // Breakpoints that are level over the selection, by name of the fader.
    levels(values) {
      const { span } = this.area;
      const level = ([name, value]) => [name, value === null ? null : span.map((beat) => [beat, value])];
      return Object.fromEntries(Object.entries(values).map(level));
    }

    // Set the selection's part of faders: breakpoints by their names, null as played. control: whose
    // keys step there, or null.
    set(points, control = null) {
      const put = (settings, [name, inner]) =>
        this.score.set(settings, name, inner, this.area, this.isPosition(name));
      this.change(Object.entries(points).reduce(put, this.now), control);
    }

    release(fader, isStep) {
      this.set(this.levels({ [fader.name]: fader.value }), isStep ? fader.name : null);
    }

    // Whether all segments chosen get the same densities, or each moves from what it has. What a
    // density's fader asks for on average stays, and so do offsets beside positions.
    reshape(absolute) {
      const { score } = this;
      const { span, whole } = this.area;
      const reshaped = (settings, fader) => {
        const part = (stretch) => score.part(settings, fader.name, stretch, !absolute);
        const put = (now, stretch) =>
          score.set(now, fader.name, fader.converted(part(stretch), absolute), { span: stretch, whole }, absolute);
        return (absolute ? [span] : F.curve.stretches(part(span))).reduce(put, settings);
      };
      this.absolute = absolute;
      this.change(this.faders.filter((fader) => fader.isDensity).reduce(reshaped, this.now));
    }

    // The lane of a fader comes, and into sight, or goes.
    turn(fader) {
      const lane = this.lanes.find((each) => each.fader === fader);
      lane.show(!lane.isShown);
      const { top, bottom } = lane.element.getBoundingClientRect();
      if (lane.isShown && (top < 0 || bottom > window.innerHeight)) lane.element.scrollIntoView({ block: "center" });
    }

    reseed(seed, control = null) {
      this.change({ ...this.now, seed }, control);
    }

    // New settings: remember the old ones, show and ask for the new. control: whose keys step there, or null.
    change(settings, control = null) {
      if (!this.piece) return;
      if (JSON.stringify(settings) === JSON.stringify(this.now)) return this.place(settings);
      const { first, last } = this.overview;
      const { place } = this.history;
      this.history.push({ settings: this.now, first, last }, settings, control);
      if (this.history.place !== place) this.flipped = this.history.place > place ? place : null;
      this.place(settings);
      this.ask();
    }

    undo() {
      this.goToPoint(this.history.place - 1);
    }

    redo() {
      this.goToPoint(this.history.place + 1);
    }

    // Settings as they were, and the selection at which they were changed.
    goTo(entry) {
      this.overview.select(entry.first, entry.last);
      this.zoom.follow();
      this.place(entry.settings);
      this.ask();
    }

    place(settings) {
      this.now = settings;
      this.locks.put(settings.lock);
      const title = (name) => this.faders.find((fader) => fader.name === name).title;
      const amounts = this.score.amounts(settings);
      this.overview.mark(amounts.map((amount) => ({ ...amount, title: title(amount.name) })));
      this.placeFaders();
      this.showSettings();
    }

    // Faders and lanes show what the selection has.
    placeFaders() {
      const { score, now } = this;
      const { first, last, piece } = this.overview;
      const { span } = this.area;
      this.absolute = score.scale(now, span) ?? this.absolute;
      const edges = piece.edges.slice(first, last + 2);
      const middles = edges.slice(1).map((edge, i) => (edge + edges[i]) / 2);
      for (const [i, fader] of this.faders.entries()) {
        const isPosition = this.isPosition(fader.name);
        const points = score.part(now, fader.name, span, isPosition);
        fader.scale(isPosition);
        const isMixed = score.isAsked(now, fader.name, span, !isPosition);
        fader.put({ level: isMixed ? undefined : F.curve.level(points), mean: F.curve.mean(points, middles) });
        this.lanes[i].put(points, (isPosition ? now.positions : now)[fader.name], isPosition ? now[fader.name] : null);
      }
      const { text } = this.overview; // is read out, and so put there only if it is another
      if (this.find("[data-show=span]").textContent !== text) this.show("span", text);
    }

    select() {
      this.zoom.follow();
      this.placeFaders();
      this.showSettings();
      this.ask();
    }
  }

  F.workbench = function (parts) {
    F.bench = new Workbench(parts);
  };
  F.Workbench = Workbench;
})((window.FaderNets = window.FaderNets || {}));
