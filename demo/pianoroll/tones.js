// Sound for notes that came without any: decaying harmonics, each sample by its time alone, so that a
// piece can be had in chunks that join.
(function (F) {
  "use strict";

  const HARMONICS = [1, 0.4, 0.2, 0.1]; // how loud each is
  const LOUDEST = 0.25; // of one note of velocity 127
  const ATTACK_SECONDS = 0.004;
  const RELEASE_SECONDS = 0.08; // after a key is let go
  const DECAY = 1.4; // per second, of A4; the higher the faster

  // samples from a time on, of one harmonic of a note; added to those that are there
  function add(samples, rate, from, { onset, offset, frequency, loudness, decay }) {
    const end = offset + RELEASE_SECONDS;
    const first = Math.max(0, Math.ceil((onset - from) * rate));
    const last = Math.min(samples.length, Math.ceil((end - from) * rate));
    for (let i = first; i < last; i++) {
      const now = from + i / rate;
      const age = now - onset;
      const attack = Math.min(1, age / ATTACK_SECONDS);
      const release = Math.min(1, (end - now) / RELEASE_SECONDS);
      samples[i] += loudness * attack * release * Math.exp(-decay * age) * Math.sin(2 * Math.PI * frequency * age);
    }
  }

  // notes: [[onset, offset, pitch, velocity]] in seconds -> AudioBuffer of some seconds of them
  F.tones = function (notes, from, seconds, rate) {
    const buffer = new AudioBuffer({ length: Math.max(1, Math.round(seconds * rate)), sampleRate: rate });
    const samples = buffer.getChannelData(0);
    for (const [onset, offset, pitch, velocity] of notes) {
      if (onset >= from + seconds || offset + RELEASE_SECONDS <= from) continue;
      const base = 440 * 2 ** ((pitch - 69) / 12);
      HARMONICS.forEach((share, i) => {
        const frequency = base * (i + 1);
        if (frequency >= rate / 2) return;
        const loudness = LOUDEST * share * (velocity / 127) ** 1.5;
        const decay = DECAY * Math.sqrt(base / 440) * (1 + i);
        add(samples, rate, from, { onset, offset, frequency, loudness, decay });
      });
    }
    for (let i = 0; i < samples.length; i++) samples[i] = Math.tanh(samples[i]);
    return buffer;
  };
})((window.FaderNets = window.FaderNets || {}));
