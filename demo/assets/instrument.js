// What is heard, on a MIDI port: notes are sent a little before they are due, by the clock of the
// player's sound. Whatever stops the sound, or hides the page, ends all notes.
(function (F) {
  "use strict";

  const LOOK_MS = 40;
  const AHEAD_SECONDS = 0.12; // no more, for Chrome takes nothing back that was sent
  const LATE_SECONDS = 0.2; // that a note may be struck late, on a page that was busy
  const ASTRAY_MS = 500; // between two readings of the clock of which one cannot be right
  const [OFF, ON, CONTROL] = [0x80, 0x90, 0xb0];
  const ALL_OFF = [CONTROL, 123, 0];
  const RELEASE = 64; // velocity

  F.Instrument = class {
    // notes(): what is heard, [[onset, offset, pitch, velocity]] by onset, in seconds of the original.
    constructor(player, notes) {
      Object.assign(this, { player, notes, output: null, earliest: 0 });
      this.forget();
      document.addEventListener("visibilitychange", () => this.follow());
      addEventListener("pagehide", () => this.silence());
    }

    // Nothing sounds, and nothing is under way.
    forget() {
      this.until = -Infinity; // of the sound's clock, s: all before has been sent
      this.sounding = new Map(); // when a pitch goes up, s
      this.rounds = new Map(); // of the player that notes were sent of, and when they end
      this.latest = null; // of what was sent, ms; null if all is silent
    }

    // An output, or null for none.
    use(output) {
      this.silence();
      this.output = output;
      this.follow();
    }

    // Called when something about the player has changed.
    follow() {
      clearInterval(this.timer);
      if (!this.output) return;
      this.look();
      if (this.player.playing) this.timer = setInterval(() => this.look(), LOOK_MS);
    }

    look() {
      const { player } = this;
      const now = player.context?.currentTime ?? 0;
      const isCut = ([round, end]) => end > now && !player.rounds.includes(round);
      if (!player.playing || !player.rounds.length || document.hidden) return this.silence();
      if ([...this.rounds].some(isCut)) this.silence();
      const notes = this.notes();
      if (notes !== this.known) this.release(Infinity, Math.max(this.until, now));
      this.known = notes;
      const horizon = now + AHEAD_SECONDS;
      const from = Math.max(this.until, now - LATE_SECONDS);
      for (const round of player.rounds) this.strike(round, notes, from, horizon);
      this.release(horizon);
      this.until = Math.max(from, horizon);
      for (const [round, end] of this.rounds) if (end <= now) this.rounds.delete(round);
    }

    // The notes of a round that are due from one time to another.
    strike(round, notes, from, to) {
      const at = (position) => round.zero + round.pace.own(position);
      const end = at(this.player.to);
      const begin = Math.max(from, round.start);
      for (const [onset, offset, pitch, velocity] of notes) {
        const due = at(onset);
        if (due >= Math.min(to, end)) break;
        if (due < begin) continue;
        this.release(due);
        if (this.sounding.has(pitch)) this.send([OFF, pitch, RELEASE], due);
        this.send([ON, pitch, velocity], due);
        this.sounding.set(pitch, Math.min(at(offset), end));
        this.rounds.set(round, end);
      }
    }

    // What is to end before a time goes up when it ends, or at once: `latest`, a time.
    release(time, latest = Infinity) {
      const over = [...this.sounding].filter(([, end]) => end <= time);
      for (const [pitch, end] of over.sort(([, one], [, other]) => one - other)) {
        this.send([OFF, pitch, RELEASE], Math.min(end, latest));
        this.sounding.delete(pitch);
      }
    }

    // At a time of the sound's clock.
    send(bytes, time) {
      const at = Math.max(this.heard(time), this.earliest, performance.now());
      this.latest = Math.max(this.latest ?? 0, at);
      this.pass(bytes, at);
    }

    // When a time of the sound's clock is heard, in ms of the page's.
    heard(time) {
      const { context } = this.player;
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      const near = performance.now() + (time - context.currentTime) * 1000;
      const exact = performanceTime + (time - contextTime) * 1000;
      return Math.abs(exact - near) < ASTRAY_MS ? exact : near;
    }

    pass(bytes, at) {
      try {
        this.output.send(bytes, at);
      } catch {
        // The port has gone; whoever gave it takes it away.
      }
    }

    // All notes off now, and once more after what was sent ahead; whatever is sent next comes later.
    silence() {
      const { latest, sounding } = this;
      this.forget();
      if (latest === null) return;
      const now = performance.now();
      const ends = latest > now ? [now, latest + 1] : [now];
      for (const at of ends) {
        for (const pitch of sounding.keys()) this.pass([OFF, pitch, RELEASE], at);
        this.pass(ALL_OFF, at);
      }
      this.earliest = ends.at(-1) + 1;
    }
  };
})((window.FaderNets = window.FaderNets || {}));
