// MIDI devices: controllers move faders, a keyboard plays a take that becomes the piece, and an
// instrument plays what is heard. The browser asks its user once this part of the page is opened, not
// before; nothing but notes and controllers is asked for.
(function (F) {
  "use strict";

  const SETTLED_MS = 200; // without a message, after which a control has been let go
  const CLOCK_MS = 100; // between two looks at a take's length
  const NO_NOTES = [];
  const NO_MIDI = "This browser reaches no MIDI devices. Chrome, Edge and Firefox do, at an https address.";
  const ASKING = "Please tell the browser whether this page may use your MIDI devices.";
  const REFUSED = "The browser may not use MIDI devices here. Allow it at the address, then open this again.";
  const FAILED = "The MIDI devices of this machine cannot be reached.";
  const NONE = "No MIDI device is connected. Once one is, it can be chosen here.";
  const EMPTY = "No notes came. Is it the right keyboard?";
  const BEGIN = "Your first key begins it.";

  const isHere = ({ state }) => state === "connected";
  const listed = (ports) => [...ports.values()].filter(isHere);

  F.extend(F.Workbench.prototype, {
    listenDevices() {
      const part = this.find(".fn-midi");
      this.midi = null; // the browser's, once it may be used
      this.controllers = new F.Controllers();
      this.learning = null; // the name of the fader that is to learn a control
      this.turned = new Map(); // what controls ask for and is still to be set, by the fader's name
      this.recording = null; // the take that is under way
      this.takes = 0; // that are over
      this.instrument = new F.Instrument(this.player, () => this.heardNotes);
      part.addEventListener("toggle", () => part.open && this.connect());
      part.addEventListener("keydown", ({ key }) => key === "Escape" && this.learn(null));
      this.showLearnt();
      const record = () => (this.recording ? this.stopTake() : this.startTake());
      this.find("[data-do=record]").addEventListener("click", record);
      this.find("[data-do=save-take]").addEventListener("click", () => this.takeFile(this.takenFile, this.takenFile.name));
      this.find("#fn-port").addEventListener("change", ({ target }) => this.playTo(target.value));
      this.find("[data-do=aloud]").addEventListener("change", () => this.sound());
    },

    say(sentence) {
      this.show("midi", sentence);
    },

    // ---- devices -----------------------------------------------------------------------------

    async connect() {
      if (this.midi || this.connecting) return;
      this.connecting = true;
      try {
        if (!navigator.requestMIDIAccess) return this.say(NO_MIDI);
        this.say(ASKING);
        this.midi = await navigator.requestMIDIAccess({ sysex: false });
      } catch ({ name }) {
        return this.say(name === "NotAllowedError" || name === "SecurityError" ? REFUSED : FAILED);
      } finally {
        this.connecting = false;
      }
      this.midi.onstatechange = ({ port }) => this.noticePort(port);
      this.find(".fn-devices").hidden = false;
      this.showPorts();
    },

    // A device has come or gone.
    noticePort(port) {
      if (!isHere(port)) {
        if (port.type === "input") this.recording?.lose(port.id, performance.now());
        if (port === this.instrument.output) this.playTo("");
      }
      this.showPorts();
      if (!isHere(port)) this.say(`${port.name} is gone.`);
    },

    showPorts() {
      const { inputs, outputs } = this.midi;
      for (const input of listed(inputs)) input.onmidimessage = (event) => this.message(event, input);
      this.offerPorts("#fn-keyboard", listed(inputs));
      this.offerPorts("#fn-port", listed(outputs));
      const names = new Set([...listed(inputs), ...listed(outputs)].map(({ name }) => name));
      this.say(names.size ? `Connected: ${[...names].join(", ")}.` : NONE);
      this.showRecord();
    },

    // The first choice, none or any, stays; what is chosen does too, as long as it is there.
    offerPorts(selector, ports) {
      const choice = this.find(selector);
      const { value } = choice;
      choice.replaceChildren(choice.options[0], ...ports.map(({ id, name }) => new Option(name, id)));
      choice.value = ports.some(({ id }) => id === value) ? value : "";
    },

    message({ data, timeStamp }, { id, name }) {
      const { value } = this.find("#fn-keyboard");
      if (this.recording && (!value || value === id)) this.recording.hear(data, timeStamp, id);
      const control = F.Controllers.of(data, name);
      if (!control) return;
      if (this.learning) this.learnt(control);
      else this.turnControl(control, data[2]);
    },

    // ---- controllers -------------------------------------------------------------------------

    showLearnt() {
      const list = this.find(".fn-learn ul");
      if (!list.children.length) list.append(...this.faders.map((fader) => this.learnRow(fader)));
      for (const row of list.children) {
        const { name } = row.dataset;
        const isLearning = this.learning === name;
        const described = this.controllers.described(name);
        row.querySelector("output").textContent = isLearning ? "Move a control\u2026" : described || "no control";
        row.querySelector("[aria-pressed]").setAttribute("aria-pressed", isLearning);
        row.querySelector("[data-forget]").hidden = !described || isLearning;
      }
    },

    learnRow({ name, title }) {
      const tags = ["li", "p", "output", "button", "button"];
      const [row, text, learnt, learn, forget] = tags.map((tag) => document.createElement(tag));
      row.dataset.name = name;
      text.append(title, learnt);
      for (const [button, word] of [[learn, "Learn"], [forget, "Forget"]]) {
        Object.assign(button, { type: "button", textContent: word, ariaLabel: `${word} ${title}` });
      }
      learn.setAttribute("aria-pressed", false);
      learn.addEventListener("click", () => this.learn(this.learning === name ? null : name));
      forget.dataset.forget = "";
      forget.addEventListener("click", () => {
        this.controllers.forget(name);
        learn.focus(); // the button goes
        this.showLearnt();
      });
      row.append(text, learn, forget);
      return row;
    },

    // The control that is moved next becomes this fader's; null: none does.
    learn(name) {
      this.learning = name;
      this.showLearnt();
    },

    learnt(control) {
      this.controllers.learn(this.learning, control);
      this.learn(null);
    },

    // A control moves its fader at once; what it asks for is set, as by a hand that lets go, when it
    // has been still for a while, where it was turned.
    turnControl(control, value) {
      const fader = this.faders.find(({ name }) => name === this.controllers.faderOf(control));
      if (!fader || !this.piece || fader.input.disabled) return;
      fader.input.value = F.Controllers.place(value, fader.input);
      fader.slide();
      const { piece, area } = this;
      this.turned.set(fader.name, { piece, area, isPosition: this.isPosition(fader.name), value: fader.value });
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.settle(), SETTLED_MS);
    },

    settle() {
      const put = (settings, [name, { area, isPosition, value }]) => {
        const points = value === null ? null : area.span.map((beat) => [beat, value]);
        return this.score.set(settings, name, points, area, isPosition);
      };
      const turned = [...this.turned].filter(([, { piece }]) => piece === this.piece);
      this.turned.clear();
      if (turned.length) this.change(turned.reduce(put, this.now));
    },

    // ---- a take ------------------------------------------------------------------------------

    startTake() {
      this.player.pause();
      this.recording = new F.Take();
      this.ticking = setInterval(() => this.showTake(performance.now()), CLOCK_MS);
      this.find("[data-do=save-take]").hidden = true;
      this.showRecord();
      this.show("take", BEGIN);
    },

    // The take becomes the piece, as a file of the visitor's does, and can be saved as it was played.
    stopTake() {
      const now = performance.now();
      const take = this.recording;
      clearInterval(this.ticking);
      this.recording = null;
      this.showRecord();
      if (!take.notes.length) return this.showCount(EMPTY);
      const bytes = F.midiFile(take.end(now));
      this.showTake(now, take);
      this.takes += 1;
      this.takenFile = new File([bytes], `Take ${this.takes}.mid`, { type: "audio/midi" });
      this.find("[data-do=save-take]").hidden = false;
      this.bringFile(this.takenFile);
    },

    showRecord() {
      const button = this.find("[data-do=record]");
      button.disabled = !this.recording && !listed(this.midi.inputs).length;
      button.dataset.recording = Boolean(this.recording);
      button.textContent = this.recording ? "Stop" : "Record";
      this.find("#fn-keyboard").disabled = Boolean(this.recording);
    },

    showTake(now, take = this.recording) {
      const { length } = take.notes;
      const time = F.clock(take.seconds(now));
      if (length) this.showCount(`${length} note${length > 1 ? "s" : ""}, ${time}`);
    },

    // What runs on is not read out to those who listen to the page.
    showCount(text) {
      this.find("[data-show=take]").setAttribute("aria-live", this.recording ? "off" : "polite");
      this.show("take", text);
    },

    // ---- an instrument -----------------------------------------------------------------------

    // id: of an output, "" for none.
    playTo(id) {
      this.find("#fn-port").value = id;
      this.find("[data-do=aloud]").disabled = !id;
      this.instrument.use(this.midi.outputs.get(id) ?? null);
      this.sound();
    },

    // What an instrument plays. Beside sound whose notes are still to come it rests; without sound it
    // goes on with those of before.
    get heardNotes() {
      const { side, muted } = this.player;
      const isEarly = this.early?.isHere && side === "result" && !muted;
      return (!isEarly && this.rolls.find((roll) => roll.side === side).data?.notes) || NO_NOTES;
    },

    // The page sounds itself unless an instrument does so in its stead.
    sound() {
      this.player.mute(Boolean(this.instrument.output) && !this.find("[data-do=aloud]").checked);
    },
  });
})((window.FaderNets = window.FaderNets || {}));
