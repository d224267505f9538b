// Answers that have come, with their sounds: what was heard before is shown and heard again at once.
// The answers used longest ago go first.
(function (F) {
  "use strict";

  const MOST_NOTES = 60000; // in the rolls of all answers
  const MOST_SECONDS = 300; // of sound, a third of a megabyte each

  F.AnswerCache = class {
    constructor() {
      this.entries = new Map(); // {answer, sounds} by what was asked
    }

    get(key) {
      const entry = this.entries.get(key);
      if (entry) this.put(key, entry); // used last
      return entry;
    }

    // sounds: {original, result}, F.Sound objects, into which more chunks may still come.
    put(key, entry) {
      this.entries.delete(key);
      this.entries.set(key, entry);
      for (const oldest of this.entries.keys()) {
        if (oldest === key || this.fits) break;
        this.entries.delete(oldest);
      }
    }

    get fits() {
      const sounds = new Set();
      let notes = 0;
      for (const entry of this.entries.values()) {
        Object.values(entry.sounds).forEach((sound) => sounds.add(sound));
        notes += entry.answer.rolls.original.notes.length + entry.answer.rolls.result.notes.length;
      }
      let seconds = 0;
      for (const { chunks } of sounds) for (const { duration } of chunks.values()) seconds += duration;
      return notes <= MOST_NOTES && seconds <= MOST_SECONDS;
    }

    clear() {
      this.entries.clear();
    }
  };
})((window.FaderNets = window.FaderNets || {}));
