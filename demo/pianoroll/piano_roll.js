// The component: a roll and its player in an element of Gradio's, with the notes of its value. What a
// value holds is drawn on a canvas or put in as text, never as HTML.
(function (F) {
  "use strict";

  const CHUNK_SECONDS = 4; // of sound that are made at once
  const RING_SECONDS = 1; // that the last of it may go on
  const RATE = 32000; // of tones, per second
  const FILE_RATE = 44100; // to which a file is decoded
  const EMPTY = { notes: [], length: 0, beats: [], bars: [], pedal: [], audio: null };
  const RANGE = [60, 72]; // pitches shown where there is no note
  const NO_FILE = "The recording could not be loaded.";

  // The chunks of a recording: fetched and decoded once, when the first is asked for.
  class Recording {
    constructor(url) {
      this.url = url;
    }

    async load() {
      const answer = await fetch(this.url);
      if (!answer.ok) throw new Error(answer.statusText);
      return new OfflineAudioContext(2, 1, FILE_RATE).decodeAudioData(await answer.arrayBuffer());
    }

    async chunk(from, seconds) {
      this.loaded ??= this.load();
      const whole = await this.loaded;
      const [first, count] = [from, seconds].map((time) => Math.round(time * FILE_RATE));
      const length = Math.max(1, Math.min(count, whole.length - first));
      const part = new AudioBuffer({ length, numberOfChannels: whole.numberOfChannels, sampleRate: FILE_RATE });
      for (let i = 0; i < whole.numberOfChannels; i++) {
        part.copyToChannel(whole.getChannelData(i).subarray(first, first + length), i);
      }
      return part;
    }
  }

  // Likewise of notes that have none.
  class Tones {
    constructor(notes) {
      this.notes = notes;
    }

    async chunk(from, seconds) {
      return F.tones(this.notes, from, seconds, RATE);
    }
  }

  F.PianoRoll = class {
    // What Gradio hands to a component's script; `trigger` tells of play and pause.
    constructor({ element, props, watch, trigger }) {
      Object.assign(this, { element, props, trigger, loads: 0, asking: null, isPlaying: false });
      this.roll = new F.Roll(this.find("canvas"), { side: "result", ruler: true });
      this.player = new F.Player(
        () => this.changed(),
        () => this.fetch(),
        () => this.say(F.NO_SOUND)
      );
      this.player.looping = this.find("[data-do=loop]").checked;
      this.stage = new F.Stage(element, {
        rolls: [this.roll],
        player: this.player,
        takes: (event) => this.takes(event),
        hasBeats: () => this.roll.data.beats.length > 0,
      });
      this.find("section").pianoRoll = this; // for a page's own scripts
      watch("value", () => this.put(props.value));
      watch(["label", "roll_height"], () => this.dress());
      this.dress();
      this.put(props.value);
      new ResizeObserver(() => this.stage.draw()).observe(element);
      // Light or dark is a class of the page; that this element has gone is noticed by the player.
      const looks = new MutationObserver(() => (element.isConnected ? this.stage.draw() : looks.disconnect()));
      looks.observe(document.body, { attributeFilter: ["class"] });
    }

    find(selector) {
      return this.element.querySelector(selector);
    }

    say(text) {
      this.find("[role=status]").textContent = text;
    }

    // The space bar plays, as Play does.
    takes(event) {
      if (event.type !== "keydown" || event.code !== "Space") return false;
      if (!event.repeat) this.player.toggle();
      return true;
    }

    dress() {
      this.find("section").setAttribute("aria-label", this.props.label || "Piano roll");
      const height = Number(this.props.roll_height);
      if (height > 0) this.find("figure").style.height = `${height}px`;
    }

    // Other notes; what plays goes on with them.
    put(value) {
      const { length, beats, bars, pedal, audio, ...roll } = { ...EMPTY, ...value };
      const notes = roll.notes.map(([onset, duration, ...key]) => [onset, onset + duration, ...key]);
      const pitches = notes.length ? notes.map(([, , pitch]) => pitch) : RANGE;
      const range = pitches.reduce(([low, high], pitch) => [Math.min(low, pitch), Math.max(high, pitch)], [127, 0]);
      const shared = { marks: [], locked: [], start: 0, hasPedal: pedal.length > 0 };
      this.roll.show({ notes, length, beats, bars, pedal, pitches: range, ...shared });
      this.stage.view.reset();
      this.say("");
      const box = this.find(".fn-rolls");
      box.setAttribute("aria-valuemax", length.toFixed(1));
      const names = range.map(F.pitchName).join(" to ");
      const plural = notes.length === 1 ? "" : "s";
      const described = notes.length ? `${notes.length} note${plural}, ${names}, ${F.clock(length)}` : "No notes";
      box.setAttribute("aria-description", described);
      this.source = audio?.url ? new Recording(audio.url) : new Tones(notes);
      if (!length) return this.player.clear();
      const starts = Array.from({ length: Math.ceil(length / CHUNK_SECONDS) }, (_, i) => i * CHUNK_SECONDS);
      this.player.load({ of: ++this.loads, starts, length, volume: 1, same: true });
    }

    changed() {
      const { player } = this;
      this.stage.show();
      if (player.playing !== this.isPlaying) this.trigger(player.playing ? "play" : "pause");
      this.isPlaying = player.playing;
      this.fetch();
    }

    // The chunk that will be heard next, if it is not here. One at a time.
    async fetch() {
      const { player, source } = this;
      if (!this.element.isConnected) return player.pause();
      const index = player.playing ? player.nextChunk : null;
      if (index === null || this.asking === source) return;
      this.asking = source;
      try {
        const begin = player.starts[index];
        const end = player.starts[index + 1] ?? player.length + RING_SECONDS;
        const buffer = await source.chunk(begin, end - begin);
        if (this.source !== source) return;
        this.asking = null;
        player.put(index, buffer, buffer);
      } catch {
        if (this.source !== source) return;
        this.asking = null;
        player.pause();
        this.say(NO_FILE);
      }
    }
  };
})((window.FaderNets = window.FaderNets || {}));
