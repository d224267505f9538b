// Two sounds of one length played together; only one of them is heard, and switching is instant.
// Each lies in chunks on the selection's time line. Not all of them need be here: what is missing
// where the playhead comes next is `nextChunk`, and the player waits for it where it is needed.
// A result may have a pace of its own (`pace.js`): positions are the original's all the same, and only
// the sound that is heard is played; on a switch the other one begins where the music is.
(function (F) {
  "use strict";

  const FADE_SECONDS = 0.015; // no click when a sound starts, stops or gives way
  const SCHEDULE_SECONDS = 1.3; // what comes next is scheduled this early, also in a tab behind
  const SOON_SECONDS = 10; // before the playhead comes to a chunk that it is asked for
  const KEPT_SECONDS = 480; // of each sound that are kept
  const BEHIND_SECONDS = 60; // of these, that the playhead has passed
  const START_MS = 5000; // that a browser may take to begin; without a device some never do

  F.NO_SOUND = "The browser reaches no loudspeaker: connect one, or headphones, and press Play again.";

  function bytes(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  }

  // The chunks of one sound that are here, as AudioBuffers by their index. `of` says what it is the
  // sound of, and `peak` how loud it is, for as long as its chunks are here: nothing else remembers
  // that they are.
  F.Sound = class {
    // pace: how it lies beside the original; starts: seconds of its own at which its chunks begin, null
    // where they are the original's.
    constructor(of = null, pace = new F.Pace(), starts = null) {
      Object.assign(this, { of, pace, starts });
      this.peak = null;
      this.chunks = new Map();
      this.levels = new Map(); // by which chunks are louder than they came
      this.stale = new Map(); // chunks of what was asked before, heard until those of now are here
    }

    has(index) {
      return this.chunks.has(index);
    }
  };

  F.Player = class {
    // changed() is called whenever something to be shown has changed, and moved() every tenth of a
    // second while playing; refused() where the browser has no sound to play with.
    constructor(changed, moved = () => {}, refused = () => {}) {
      Object.assign(this, { changed, moved, refused });
      this.starting = false; // whether the browser's sound is still to come
      this.context = null; // made by the first press of Play: browsers allow it no earlier
      this.sounds = { original: new F.Sound(), result: new F.Sound() };
      this.volumes = { original: 1, result: 1 };
      this.side = "result";
      this.looping = true;
      this.region = null; // [from, to] in seconds, which is played alone
      this.muted = false;
      this.starts = []; // seconds at which the original's chunks begin; none if there is nothing to play
      this.length = 0; // seconds of music; the sounds ring on a little longer
      this.playing = false; // whether the visitor wants to hear it
      this.rest = 0; // position while nothing sounds
      this.rounds = [];
    }

    // sound: {data: base64, rate, channels} -> AudioBuffer
    static decode(sound) {
      const data = bytes(sound.data).buffer;
      return new OfflineAudioContext(sound.channels, 1, sound.rate).decodeAudioData(data);
    }

    get ready() {
      return this.starts.length > 0;
    }

    // Playing, but what should be heard now is not here yet.
    get waits() {
      return this.playing && !this.rounds.length;
    }

    // Where playing begins and ends.
    get from() {
      return this.region?.[0] ?? 0;
    }

    get to() {
      return this.region?.[1] ?? this.length;
    }

    get heard() {
      return this.sounds[this.side];
    }

    // Which sounds are played, heard or not.
    get sides() {
      return this.sounds.result.pace.isOwn ? [this.side] : ["original", "result"];
    }

    // Seconds of its own at which the chunks begin of what is heard.
    get ownStarts() {
      return this.heard.starts ?? this.starts;
    }

    // How many chunks begin before the end.
    get count() {
      return this.at(this.to - 1e-3) + 1;
    }

    // The chunk at a position, which may be a rounding error before its beginning.
    at(position) {
      const own = this.heard.pace.own(position);
      return Math.max(0, this.ownStarts.findLastIndex((start) => start <= own + 1e-6));
    }

    // Whether a chunk of both sounds is here.
    has(index) {
      return this.sounds.original.has(index) && this.sounds.result.has(index);
    }

    // Whether something can be heard in its place, be it of what was asked before.
    plays(index) {
      const sounds = this.sides.map((side) => this.sounds[side]);
      return sounds.every((sound) => sound.has(index) || sound.stale.has(index));
    }

    // Whether the chunk under the playhead is missing.
    get lacks() {
      return this.ready && !this.has(this.at(this.position));
    }

    // The chunk to be asked for next, or null: the one under the playhead, and while playing what
    // comes soon. Nothing is wanted that nobody is about to hear.
    get nextChunk() {
      if (!this.ready) return null;
      const { position, ownStarts } = this;
      const { pace } = this.heard;
      const now = this.at(position);
      if (!this.has(now)) return now;
      if (!this.playing) return null;
      const soon = pace.own(position) + SOON_SECONDS;
      for (let i = now + 1; i < this.count && ownStarts[i] < soon; i++) {
        if (!this.has(i)) return i;
      }
      const first = this.at(this.from);
      const again = this.looping && pace.own(this.to) < soon && !this.has(first);
      return again ? first : null;
    }

    // Something else to play, chunks or none of it here; what is playing goes on at the same
    // position, as soon as it can. `of` names the selection: the chunks of its original stay here.
    // `sounds` are those of an earlier load that is wanted again. With a `level` the chunks of the
    // result that are here belong to it, and are to be so much louder. Where the rest is `soon` to
    // come, the chunks of before are heard meanwhile, if their pace is the same. `clock` and
    // `result_starts` are rows of the result's pace and seconds of its own, where it has such.
    load({ of, starts, length, volume, same, peak = null, original = null, result = null, sounds, level = null, soon = false, ...own }) {
      const position = Math.min(this.position, length);
      if (of !== this.of || this.to > length) this.region = null;
      this.of = of;
      if (sounds) this.sounds = { ...sounds };
      else {
        if (this.sounds.original.of !== of) this.sounds.original = new F.Sound(of);
        this.sounds.original.peak = peak;
        const before = this.sounds.result;
        if (same) this.sounds.result = this.sounds.original;
        else if (level === null) this.sounds.result = new F.Sound(of, new F.Pace(own.clock), own.result_starts);
        else for (const index of before.chunks.keys()) before.levels.set(index, level);
        const { result: now } = this.sounds;
        if (soon && now.pace.isLike(before.pace)) now.stale = new Map([...before.stale, ...before.chunks]);
      }
      this.volumes.original = volume;
      this.starts = starts;
      this.length = length;
      this.rest = position >= length ? this.from : position;
      this.keep(0, original, result);
      if (this.playing) this.begin(position);
      this.changed();
    }

    // A chunk has come, of either sound or of both; the result's is to be so much louder.
    put(index, original, result, level = 1) {
      this.keep(index, original, result, level);
      if (this.waits && this.plays(this.at(this.rest))) this.begin(this.rest);
      else if (result && this.rounds.some(({ stale }) => stale.has(index))) this.begin(this.position);
      else if (this.rounds.length) this.tend();
      this.changed();
    }

    keep(index, original, result, level = 1) {
      if (original) this.sounds.original.chunks.set(index, original);
      if (result) {
        this.sounds.result.chunks.set(index, result);
        this.sounds.result.levels.set(index, level);
        this.sounds.result.stale.delete(index);
      }
      this.trim();
    }

    // Drop what will be heard last, going round from a little behind the playhead.
    trim() {
      const from = this.position - BEHIND_SECONDS;
      const after = (index) => {
        const ahead = (this.starts[index] - from) % this.length;
        return ahead < 0 ? ahead + this.length : ahead;
      };
      for (const { chunks } of Object.values(this.sounds)) {
        const last = [...chunks.keys()].sort((a, b) => after(b) - after(a));
        let seconds = 0;
        for (const buffer of chunks.values()) seconds += buffer.duration;
        for (const index of last) {
          if (seconds <= KEPT_SECONDS) break;
          seconds -= chunks.get(index).duration;
          chunks.delete(index);
        }
      }
    }

    // No sound to play until the next `load`.
    clear() {
      this.pause();
      this.sounds = { original: new F.Sound(), result: new F.Sound() };
      this.starts = [];
      this.region = null;
      this.rest = 0;
      this.changed();
    }

    get position() {
      if (!this.rounds.length) return this.rest;
      const now = this.context.currentTime;
      const round = this.rounds.findLast((r) => r.start <= now) || this.rounds[0];
      return round.pace.position(Math.max(now, round.start) - round.zero);
    }

    async play() {
      if (!this.ready || this.starting) return;
      this.context = this.context || new AudioContext();
      this.starting = true;
      const late = new Promise((resolve) => setTimeout(resolve, START_MS));
      await Promise.race([this.context.resume(), late]);
      this.starting = false;
      if (this.context.state !== "running") return this.refused();
      this.begin(this.rest >= this.to || this.rest < this.from ? this.from : this.rest);
      this.changed();
    }

    pause() {
      if (!this.playing) return;
      this.halt(Math.min(this.position, this.length));
      this.playing = false;
      clearInterval(this.timer);
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
      const { position } = this;
      this.side = side;
      if (this.playing && this.sides.length === 1) this.begin(position);
      else for (const round of this.rounds) this.mix(round);
      this.changed();
    }

    // Whether neither sound is heard, while the playhead goes on.
    mute(on) {
      this.muted = on;
      for (const round of this.rounds) this.mix(round);
    }

    loop(on) {
      this.looping = on;
      if (this.rounds.length) {
        const now = this.context.currentTime;
        this.silence((round) => round.start > now);
        this.tend();
      }
      this.changed();
    }

    // Play a part alone, or all of it again.
    between(region) {
      const isSame = String(region) === String(this.region);
      this.region = region;
      if (isSame) return;
      if (region && !this.looping) this.looping = true;
      const isOutside = this.position < this.from || this.position >= this.to;
      if (this.playing) this.begin(isOutside ? this.from : this.position);
      else if (isOutside) this.rest = this.from;
      this.changed();
    }

    // Play from a position, or wait there for its chunk.
    begin(position) {
      this.halt(position);
      this.playing = true;
      if (this.plays(this.at(position))) this.round(this.context.currentTime + 0.005, position);
      clearInterval(this.timer);
      this.timer = setInterval(() => this.tend(), 100);
    }

    // Nothing sounds any more; the playhead stands at a position.
    halt(position) {
      this.silence();
      this.rest = position;
    }

    // One playing of both sounds, or of the one that is heard, from `position`, at the context's time
    // `start`. `zero` is when the beginning came, or would have come.
    round(start, position) {
      const next = this.at(position);
      const { sides, ownStarts: starts } = this;
      const { pace } = this.heard;
      const round = { start, zero: start - pace.own(position), pace, starts, next, gains: {}, sources: new Set() };
      Object.assign(round, { stale: new Set(), nodes: {} });
      for (const side of sides) {
        const gain = new GainNode(this.context, { gain: 0 });
        gain.connect(this.context.destination);
        round.nodes[side] = gain;
        round.gains[side] = gain.gain;
      }
      this.rounds.push(round);
      this.mix(round);
      if (next && this.plays(next - 1)) this.schedule(round, next - 1); // it may last a little longer
      this.schedule(round, round.next++);
    }

    // A chunk of a round, or what is left of it when the round begins. Chunks overlap a little, the
    // one fading as the next rises, so both are simply played where they belong.
    schedule(round, index) {
      const due = round.zero + round.starts[index];
      const start = Math.max(due, round.start, this.context.currentTime);
      for (const [side, node] of Object.entries(round.nodes)) {
        const sound = this.sounds[side];
        const isStale = !sound.chunks.has(index);
        const buffer = isStale ? sound.stale.get(index) : sound.chunks.get(index);
        if (isStale) round.stale.add(index);
        if (start - due >= buffer.duration) continue;
        const source = new AudioBufferSourceNode(this.context, { buffer });
        const level = isStale ? 1 : sound.levels.get(index);
        source.connect(this.levelled(node, level));
        source.start(start, start - due);
        source.onended = () => round.sources.delete(source); // its chunk may go
        round.sources.add(source);
      }
    }

    // A node before another, through which a chunk goes that has a level.
    levelled(node, level = 1) {
      if (level === 1) return node;
      const gain = new GainNode(this.context, { gain: level });
      gain.connect(node);
      return gain;
    }

    mix(round) {
      const from = Math.max(this.context.currentTime, round.start);
      for (const [side, gain] of Object.entries(round.gains)) {
        const volume = side === this.side && !this.muted ? this.volumes[side] : 0;
        gain.setTargetAtTime(volume, from, FADE_SECONDS / 3);
      }
    }

    silence(which = () => true) {
      if (!this.context) return;
      const now = this.context.currentTime;
      for (const round of this.rounds.filter(which)) {
        this.fade(round, now);
      }
      this.rounds = this.rounds.filter((round) => !which(round));
    }

    // Schedule the next chunk or round, wait for what is missing, forget rounds that have ended,
    // stop after the last.
    tend() {
      if (this.rounds.length) this.continue();
      this.moved();
    }

    continue() {
      const now = this.context.currentTime;
      const last = this.rounds[this.rounds.length - 1];
      while (last.next < this.count && this.plays(last.next)) {
        if (last.zero + last.starts[last.next] - now >= SCHEDULE_SECONDS) break;
        this.schedule(last, last.next++);
      }
      if (last.next < this.count) {
        const due = last.starts[last.next];
        if (now >= last.zero + due) this.stall(last.pace.position(due));
      } else this.goRound(last, now);
      const sounds = (round) => now < round.start || round.sources.size || round === last;
      if (this.rounds.length > 1) this.rounds = this.rounds.filter(sounds);
    }

    // After a round's last chunk.
    goRound(last, now) {
      const end = last.zero + last.pace.own(this.to);
      const next = Math.max(end, now);
      if (this.looping && next - now < SCHEDULE_SECONDS && this.to > this.from) {
        const { from } = this;
        if (this.plays(this.at(from))) {
          if (this.region) this.fade(last, next);
          this.round(next, from);
        } else if (now >= end) this.stall(from);
      } else if (!this.looping && now > end && (this.region || !last.sources.size)) {
        this.pause();
        this.rest = this.from;
        this.changed();
      }
    }

    // What goes on behind a region is not heard.
    fade(round, time) {
      for (const gain of Object.values(round.gains)) gain.setTargetAtTime(0, time, FADE_SECONDS / 3);
      for (const source of round.sources) source.stop(time + 4 * FADE_SECONDS);
    }

    stall(position) {
      this.halt(position);
      this.changed();
    }
  };
})((window.FaderNets = window.FaderNets || {}));
