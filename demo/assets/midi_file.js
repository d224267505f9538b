// A Standard MIDI File of what was played on a piano: one track, times in seconds. The tempo says
// nothing of the music: a take has no click.
(function (F) {
  "use strict";

  const TICKS = 960; // in a beat
  const BEAT_MICROSECONDS = 500000;
  const TICKS_A_SECOND = (TICKS * 1e6) / BEAT_MICROSECONDS;
  const [OFF, PEDAL, ON] = [0, 1, 2]; // in this order at one tick
  const TEMPO = [0xff, 0x51, 3, 0x07, 0xa1, 0x20];
  const METER = [0xff, 0x58, 4, 4, 2, 24, 8];
  const END = [0xff, 0x2f, 0];
  const RELEASE = 64; // velocity of every release

  const tick = (seconds) => Math.round(seconds * TICKS_A_SECOND);
  const letters = (text) => [...text].map((letter) => letter.charCodeAt(0));
  const number = (value, bytes) => Array.from({ length: bytes }, (_, i) => (value >> (8 * (bytes - 1 - i))) & 255);

  // Seven bits a byte, the highest bit of all but the last set.
  function quantity(value) {
    const bytes = [value & 127];
    while ((value >>= 7)) bytes.unshift((value & 127) | 128);
    return bytes;
  }

  // Notes in ticks, each a tick long at least and ended where its key is struck again; struck twice
  // at one tick is struck once.
  function struck(notes) {
    const last = new Map(); // by pitch
    const rows = [];
    for (const [onset, offset, pitch, velocity] of [...notes].sort(([one], [other]) => one - other)) {
      const row = { begin: tick(onset), end: Math.max(tick(offset), tick(onset) + 1), pitch, velocity };
      const before = last.get(pitch);
      if (before?.begin === row.begin) {
        before.end = Math.max(before.end, row.end);
        continue;
      }
      if (before) before.end = Math.min(before.end, row.begin);
      last.set(pitch, row);
      rows.push(row);
    }
    return rows;
  }

  // notes: [[onset, offset, MIDI pitch, MIDI velocity]]; pedal: [[time, 0 to 127]]; length: when the
  // track ends at the earliest. All times in seconds. The file's bytes.
  F.midiFile = function ({ notes, pedal, length }) {
    const events = pedal.map(([time, value]) => [tick(time), PEDAL, [0xb0, 64, value]]);
    for (const { begin, end, pitch, velocity } of struck(notes)) {
      events.push([begin, ON, [0x90, pitch, velocity]], [end, OFF, [0x80, pitch, RELEASE]]);
    }
    events.sort(([time, kind], [other, otherKind]) => time - other || kind - otherKind);
    events.push([Math.max(tick(length), events.at(-1)?.[0] ?? 0), END, END]);
    const track = [0, ...TEMPO, 0, ...METER];
    let now = 0;
    for (const [time, , bytes] of events) {
      track.push(...quantity(time - now), ...bytes);
      now = time;
    }
    const head = [...letters("MThd"), ...number(6, 4), ...number(0, 2), ...number(1, 2), ...number(TICKS, 2)];
    return Uint8Array.from([...head, ...letters("MTrk"), ...number(track.length, 4), ...track]);
  };
})((window.FaderNets = window.FaderNets || {}));
