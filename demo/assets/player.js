// Two sounds of one length played together; only one of them is heard, and switching is instant.
(function (F) {
  "use strict";

  const FADE = 0.015; // seconds: no click when a sound starts, stops or gives way
  const AHEAD = 1.3; // seconds: the next round is scheduled this early, also in a tab behind

  function bytes(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  }

  F.Player = class {
    // changed() is called whenever something to be shown has changed.
    constructor(changed) {
      this.changed = changed;
      this.context = null; // made by the first press of Play: browsers allow it no earlier
      this.sounds = { original: null, result: null };
      this.volumes = { original: 1, result: 1 };
      this.side = "result";
      this.looping = true;
      this.length = 0; // seconds of music; the sounds ring on a little longer
      this.playing = false;
      this.rest = 0; // position while not playing
      this.rounds = [];
    }

    // sound: {data: base64, rate, channels} -> AudioBuffer
    static decode(sound) {
      const data = bytes(sound.data).buffer;
      return new OfflineAudioContext(sound.channels, 1, sound.rate).decodeAudioData(data);
    }

    get ready() {
      return Boolean(this.sounds.original && this.sounds.result);
    }

    // Exchange sounds; what is playing goes on at the same position. Without an original the one
    // that is here stays, without a result the result is the original.
    load({ original, result, volume, length }) {
      const position = Math.min(this.position, length);
      if (original) this.sounds.original = original;
      this.sounds.result = result || this.sounds.original;
      this.volumes.original = volume;
      this.length = length;
      if (this.playing) this.begin(position);
      else this.rest = position >= length ? 0 : position;
      this.changed();
    }

    // No sound to play until the next `load`.
    clear() {
      this.pause();
      this.sounds = { original: null, result: null };
      this.rest = 0;
      this.changed();
    }

    get position() {
      if (!this.playing) return this.rest;
      const now = this.context.currentTime;
      const round = this.rounds.findLast((r) => r.start <= now) || this.rounds[0];
      return Math.max(0, now - round.zero);
    }

    async play() {
      if (!this.ready) return;
      this.context = this.context || new AudioContext();
      await this.context.resume();
      this.begin(this.rest >= this.length ? 0 : this.rest);
      this.changed();
    }

    pause() {
      if (!this.playing) return;
      this.rest = Math.min(this.position, this.length);
      this.playing = false;
      clearInterval(this.timer);
      this.silence();
      this.changed();
    }

    toggle() {
      return this.playing ? this.pause() : this.play();
    }

    seek(seconds) {
      if (this.playing) this.begin(seconds);
      else this.rest = seconds;
      this.changed();
    }

    listen(side) {
      this.side = side;
      for (const round of this.rounds) this.mix(round);
      this.changed();
    }

    loop(on) {
      this.looping = on;
      if (this.playing) {
        const now = this.context.currentTime;
        this.silence((round) => round.start > now);
        this.tend();
      }
      this.changed();
    }

    begin(position) {
      this.silence();
      this.playing = true;
      this.round(this.context.currentTime + 0.005, position);
      clearInterval(this.timer);
      this.timer = setInterval(() => this.tend(), 100);
    }

    // One playing of both sounds, from `position`, at the context's time `start`.
    round(start, position) {
      const round = { start, zero: start - position, gains: {}, sources: [] };
      for (const side of ["original", "result"]) {
        const source = new AudioBufferSourceNode(this.context, { buffer: this.sounds[side] });
        const gain = new GainNode(this.context, { gain: 0 });
        source.connect(gain).connect(this.context.destination);
        source.start(start, Math.min(position, source.buffer.duration));
        round.sources.push(source);
        round.gains[side] = gain.gain;
      }
      this.rounds.push(round);
      this.mix(round);
    }

    mix(round) {
      const from = Math.max(this.context.currentTime, round.start);
      for (const [side, gain] of Object.entries(round.gains)) {
        gain.setTargetAtTime(side === this.side ? this.volumes[side] : 0, from, FADE / 3);
      }
    }

    silence(which = () => true) {
      if (!this.context) return;
      const now = this.context.currentTime;
      for (const round of this.rounds.filter(which)) {
        for (const gain of Object.values(round.gains)) gain.setTargetAtTime(0, now, FADE / 3);
        for (const source of round.sources) source.stop(now + 4 * FADE);
      }
      this.rounds = this.rounds.filter((round) => !which(round));
    }

    // Schedule the next round, forget those that have ended, stop after the last.
    tend() {
      const now = this.context.currentTime;
      const last = this.rounds[this.rounds.length - 1];
      const rings = Math.max(this.sounds.original.duration, this.sounds.result.duration);
      const next = Math.max(last.zero + this.length, now);
      if (this.looping && next - now < AHEAD && this.length > 0) this.round(next, 0);
      else if (!this.looping && now > last.zero + rings) {
        this.pause();
        this.rest = 0;
        this.changed();
      }
      if (this.rounds.length > 1) {
        this.rounds = this.rounds.filter((round) => now < round.zero + rings);
      }
    }
  };
})((window.FaderNets = window.FaderNets || {}));
