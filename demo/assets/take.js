// What a keyboard plays: its notes and its pedal, in seconds from the first key. Keys of several
// channels are one piano's.
(function (F) {
  "use strict";

  const [OFF, ON, CONTROL] = [0x80, 0x90, 0xb0];
  const PEDAL = 64; // number of its controller

  F.Take = class {
    constructor() {
      this.notes = []; // [onset, offset, pitch, velocity]; offset null while the key is down
      this.pedal = []; // [time, 0 to 127]
      this.down = new Map(); // notes whose keys are down, by port, channel and pitch
      this.foot = 0; // where the pedal is
      this.begun = null; // ms of the page's clock
    }

    // Seconds that it has lasted.
    seconds(time) {
      return this.begun === null ? 0 : (time - this.begun) / 1000;
    }

    // A message of a port, at a time in ms.
    hear([status, first, second], time, port) {
      const kind = status & 0xf0;
      const key = `${port}/${status & 0x0f}/${first}`;
      if (kind === ON && second) this.strike(key, [first, second], time);
      else if (kind === ON || kind === OFF) this.release(key, time);
      else if (kind === CONTROL && first === PEDAL) this.tread(second, time);
    }

    strike(key, [pitch, velocity], time) {
      this.release(key, time);
      if (this.begun === null) {
        this.begun = time;
        if (this.foot) this.pedal.push([0, this.foot]);
      }
      const note = [this.seconds(time), null, pitch, velocity];
      this.notes.push(note);
      this.down.set(key, note);
    }

    release(key, time) {
      const note = this.down.get(key);
      if (note) note[1] = this.seconds(time);
      this.down.delete(key);
    }

    tread(value, time) {
      this.foot = value;
      if (this.begun !== null) this.pedal.push([this.seconds(time), value]);
    }

    // A port is gone: nothing will tell when its keys go up, nor the pedal.
    lose(port, time) {
      for (const key of [...this.down.keys()]) if (key.startsWith(`${port}/`)) this.release(key, time);
      if (this.foot) this.tread(0, time);
    }

    // It is over: what is still down goes up. What `F.midiFile` writes.
    end(time) {
      for (const key of [...this.down.keys()]) this.release(key, time);
      if (this.foot) this.tread(0, time);
      return { notes: this.notes, pedal: this.pedal, length: this.seconds(time) };
    }
  };
})((window.FaderNets = window.FaderNets || {}));
