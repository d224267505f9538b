// To the server and back: what is asked goes out in one "ask" event, what came of it comes back in the
// property `answer`; a new piece comes in `piece`, also one of other tracks of the same file, which a
// "choose" event asks for. The sound of a long selection is asked for chunk by chunk, in "hear"
// events, as the player wants it. What came to nothing comes back in `trouble`, or never (`calls.js`).
// What was answered before is not asked again.
(function (F) {
  "use strict";

  const RETRY_MS = 2000; // before something that failed is asked for again
  const RETRIES = 5; // of a piece of which nothing is here, each after twice the time: a minute
  const SOON_SECONDS = 0.5; // what is over by then is not worth to be asked for
  const LOST_MS = 60000; // after which a chunk will not come any more

  const vorbis = new Audio().canPlayType('audio/ogg; codecs="vorbis"') === "probably";

  F.extend(F.Workbench.prototype, {
    ask() {
      if (!this.piece) return;
      this.requestNumber += 1;
      this.hideVariations();
      performance.mark("fadernets:asked");
      this.hearing = this.early = this.late = null; // what may come of it belongs to what was asked before
      this.remember();
      const entry = this.cache.get(this.answerKey);
      if (entry) return this.recall(entry);
      this.asking = true;
      this.showBusy();
      this.request({});
      this.trigger(this.events.ask);
      this.watchProgress();
      this.hearEarly();
    },

    // The notes of a long selection take a while. What is under the playhead is asked for beside them,
    // as loud as before: how loud the whole will be is not known yet.
    hearEarly() {
      const { player, gain } = this;
      const isLong = player.starts.length > 1 && player.of === this.selection;
      if (!isLong || gain === null) return;
      this.early = { number: this.requestNumber, gain, isHere: false };
      this.hearing = performance.now();
      const position = Math.min(player.position + (player.playing ? SOON_SECONDS : 0), player.length);
      this.request({ chunk: player.at(position), gain, original: false });
      this.trigger(this.events.hear);
    },

    // What is wanted goes into the component's value: an event that has to wait for an earlier one
    // is sent with the value of then, but without data of its own. So every value is complete, and
    // makes sense to "ask" as to "hear" and to "choose".
    request(more) {
      const { first, last } = this.overview;
      const { original } = this.player.sounds;
      const known = original.of === this.selection ? original : new F.Sound();
      const { id: piece, example = null } = this.piece;
      const tracks = this.tracks.value;
      const which = { number: this.requestNumber, piece, example, tracks, first, last, vorbis, everywhere: true };
      const sound = { original: !known.has(0), peak: known.peak, chunk: null, gain: null };
      this.props.value = JSON.stringify({ ...which, ...sound, ...this.now, ...more });
    },

    // Names the piece and the segments chosen.
    get selection() {
      return `${this.piece.id}/${this.overview.first}-${this.overview.last}`;
    },

    // Names all that an answer depends on.
    get answerKey() {
      return JSON.stringify([this.selection, this.now]);
    },

    // Show and play again what was answered before.
    recall({ answer, sounds }) {
      const again = { ...answer, number: this.requestNumber };
      this.showAnswer(again);
      this.note(again);
      performance.mark("fadernets:drawn");
      this.load(again, null, null, sounds);
    },

    // What is shown now, and what it was asked with.
    note({ number, first, last, rolls }) {
      const { notes } = rolls.result;
      this.shownRequest = { number, first, last, notes, now: this.now, history: new F.History(this.history) };
    },

    // Ask for the sound that is heard next and is not here, one chunk at a time.
    fetch() {
      const { nextChunk } = this.player;
      const now = performance.now();
      const isEarly = this.early?.isHere;
      if (nextChunk === null || (this.asking && !isEarly) || now < this.quiet) return;
      if (this.answered !== this.requestNumber && !isEarly) return this.ask(); // the answer never came
      if (this.hearing !== null && now - this.hearing < LOST_MS) return;
      this.hearing = now;
      this.late = null; // it never came
      this.showBusy();
      const original = !this.player.sounds.original.has(nextChunk);
      this.request({ chunk: nextChunk, gain: isEarly ? this.early.gain : this.gain, original });
      this.trigger(this.events.hear);
    },

    // Other tracks are to be the piece.
    choose() {
      this.choosing = true;
      this.showBusy();
      this.request({});
      this.trigger(this.events.choose);
    },

    save(kind) {
      if (!this.piece) return;
      this.saving = true;
      this.showBusy();
      const [scope, curves] = [this.find("[data-show=scope]").value, this.find("[data-show=curves]").checked];
      this.request({ kind, scope, curves });
      this.trigger(this.events.save);
    },

    // A file has come, or there will be none.
    saved() {
      this.saving = false;
      this.showBusy();
    },

    // Something came to nothing. What is on the page stays, and a visitor who waits to hear more
    // has to press Play again.
    fail({ event, number, gone }) {
      if (gone && this.bringAgain()) return;
      if (event === "save") {
        this.wanting?.resolve(null);
        this.saving = Boolean((this.arming = this.wanting = null));
      }
      if (event === "choose") {
        this.choosing = false;
        this.tracks.show(this.piece.tracks);
        if (this.resuming) this.giveUp(this.piece);
      }
      if (event === "vary") this.hideVariations();
      if (event === "open" || event === "upload") {
        if (this.resuming) this.leaveIt();
      }
      const current = number === this.requestNumber; // nothing else was asked meanwhile
      if (current && (event === "ask" || event === "hear")) {
        if (event === "ask") this.restore();
        this.hearing = this.late = null;
        this.quiet = performance.now() + RETRY_MS;
        if (this.player.waits) this.player.pause();
        if (!this.shownRequest) this.askLater();
      }
      this.showBusy();
    },

    // Nothing of the piece is on the page, so there is nothing to go back to: a server that had no room
    // for its first question is asked again.
    askLater() {
      const { piece, requestNumber } = this;
      if (this.refused?.piece !== piece) this.refused = { piece, times: 0 };
      if (this.refused.times === RETRIES) return;
      const wait = RETRY_MS * 2 ** this.refused.times++;
      setTimeout(() => this.piece === piece && this.requestNumber === requestNumber && this.ask(), wait);
    },

    // The controls go back to what is shown, as if nothing else had been asked.
    restore() {
      this.asking = false;
      const { shownRequest, answered } = this;
      if (!shownRequest) return; // nothing of this piece yet: the next move asks for all of it
      this.history = new F.History(shownRequest.history);
      this.overview.select(shownRequest.first, shownRequest.last);
      this.place(shownRequest.now);
      this.requestNumber += 1; // should the answer come after all, it comes too late
      this.element.dataset.answered = this.answered = this.requestNumber;
      if (answered !== shownRequest.number || this.early?.isHere) this.player.clear(); // its sound was overtaken
      this.early = null;
      shownRequest.number = this.requestNumber;
      this.arrive();
    },

    // Whether the visitor waits for something that is under way.
    get waits() {
      return this.asking || this.saving || this.choosing || this.mixing || (this.hearing !== null && this.player.lacks);
    },

    // A new piece, or one that a visitor has come back to: then with a record of what was set. Other
    // tracks of the file that is open: what was set and selected stays.
    open(piece, record = null) {
      const isSameFile = !record && this.piece?.file === piece.file;
      const { first, last } = this.overview;
      this.piece = piece;
      for (const part of this.element.querySelectorAll("[inert]")) part.inert = false;
      this.shownRequest = null;
      this.choosing = false;
      this.player.clear();
      const title = (name) => this.faders.find((fader) => fader.name === name).title;
      const along = Object.entries(piece.along ?? {}).map(([name, values]) => ({ title: title(name), values }));
      this.overview.show(piece, along);
      if (!isSameFile) this.zoom.reset();
      this.locks.offer(piece);
      this.cache.clear();
      if (isSameFile) {
        const end = this.overview.count - 1;
        this.overview.select(Math.min(first, end), Math.min(last, end));
        this.forgetNotes();
      } else {
        this.history = new F.History(record?.history);
        this.flipped = null;
        this.absolute = false;
        this.tracks.show(piece.tracks);
        if (record) this.overview.select(record.first, record.last);
        this.place({ ...this.score.neutral, ...record?.settings });
        this.tell("");
        this.rememberFile();
      }
      this.show("name", piece.name);
      this.offerCarried();
      this.offerDonors();
      this.ask();
      this.arrived();
      // Of two choices in quick succession the older may be answered last, or alone.
      if (isSameFile && !this.tracks.shows(piece.tracks)) this.choose();
    },

    // Notes of other tracks have other numbers.
    forgetNotes() {
      const without = ({ lock, ...rest }) => ({ ...rest, lock: F.Locks.withoutNotes(lock) });
      this.history = this.history.map(without);
      this.place(without(this.now));
    },

    async receive(answer) {
      if (!this.piece || answer.piece !== this.piece.id || answer.number !== this.requestNumber) return;
      const { original, result } = answer.sound;
      const decoded = [original, result].map((sound) => sound && F.Player.decode(sound));
      const isChunk = "chunk" in answer;
      if (!isChunk) {
        this.showAnswer(answer);
        this.note(answer);
        performance.mark("fadernets:drawn");
      }
      const sounds = await Promise.all(decoded);
      if (answer.number !== this.requestNumber) return; // overtaken while it was decoded
      if (isChunk) this.hear(answer, ...sounds);
      else {
        this.load(answer, ...sounds);
        this.keep(answer);
      }
    },

    // An answer: something else to play. Of a long selection the sound is still to come.
    load({ number, first, last, length, sound }, original, result, sounds = null) {
      const { early } = this;
      const level = early?.isHere && sound.later ? sound.gain / early.gain : null;
      this.late = early && !early.isHere && sound.later ? early : null; // its chunk is still to come
      if (!this.late) this.hearing = null;
      this.asking = false;
      this.early = null;
      this.answered = number;
      this.gain = sound.gain ?? null;
      if (!sound.made && !sound.later) this.player.clear();
      else {
        const { starts, volume, same, peak, clock, result_starts } = sound;
        const of = `${this.piece.id}/${first}-${last}`;
        this.quiet = 0;
        const own = { clock, result_starts };
        this.player.load({ of, starts, length, volume, same, peak, original, result, sounds, level, ...own });
      }
      this.arrive();
    },

    // An answer may be wanted again; without the sound files, which have been decoded.
    keep(answer) {
      const { sound } = answer;
      if (!sound.made && !sound.later) return;
      const light = { ...answer, sound: { ...sound, original: null, result: null } };
      this.cache.put(this.answerKey, { answer: light, sounds: { ...this.player.sounds } });
    },

    // A chunk of the sound of what is shown.
    hear({ number, chunk, sound, trouble }, original, result) {
      if (number !== this.answered) return this.heardEarly({ number, chunk, sound }, original, result);
      this.hearing = null;
      const level = this.late ? this.gain / this.late.gain : 1;
      this.late = null;
      if (sound.made) this.player.put(chunk, original, result, level);
      else {
        this.player.clear();
        this.show("summary", trouble);
      }
      this.arrive();
    },

    // A chunk whose answer is still to come.
    heardEarly({ number, chunk, sound }, original, result) {
      const { early, player } = this;
      if (early?.number !== number) return;
      this.hearing = null;
      if (!result) return void (this.early = null); // the result is the original, or there is no sound
      const { of, starts, length, volumes } = player;
      const { clock, result_starts } = sound;
      const own = { volume: volumes.original, same: false, clock, result_starts, soon: true };
      if (!early.isHere) player.load({ of, starts, length, ...own });
      early.isHere = true;
      player.put(chunk, original, result);
      performance.mark("fadernets:early");
    },

    // What is shown can be heard, if the sound under the playhead is here.
    arrive() {
      const { heard } = this.element.dataset;
      if (heard !== String(this.answered) && !this.player.lacks) {
        this.element.dataset.heard = this.answered;
        if (this.player.ready) performance.mark("fadernets:heard");
      }
      this.showBusy();
    },
  });
})((window.FaderNets = window.FaderNets || {}));
