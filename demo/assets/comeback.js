// A visitor who comes back goes on: the piece is opened anew as it was opened first, by its example or
// from the file that the browser has kept, and then gets settings, history and selection.
(function (F) {
  "use strict";

  const FILE = "#fn-pieces input[type=file]";
  const AGAIN_MS = 30000; // a server that lets go of a piece at once is not brought it for ever
  const NOT_KEPT =
    "This browser has no room to keep your file: after a reload you will have to open it again.";

  F.extend(F.Workbench.prototype, {
    // Whatever comes first, piece or memory.
    startMemory() {
      this.memory = new F.Memory();
      this.resuming = null; // the record that is being opened
      this.spare = null; // the piece that came in its stead
      this.file = null; // of the visitor's, that was uploaded last
      document.addEventListener("change", (event) => this.notice(event), true);
      const brought = this.fromAddress();
      this.brought = null;
      this.remembered = this.memory.start().then((own) => {
        if (!brought) this.resuming = own;
        this.linked = brought;
        this.showOffers();
      });
    },

    // A file goes to the server.
    notice({ target }) {
      if (target.matches?.(FILE) && target.files.length) this.file = target.files[0];
    },

    // A piece has come from the server, perhaps not the one that is waited for.
    async come(piece) {
      await this.remembered;
      const { resuming } = this;
      if (!resuming) {
        this.replace(piece);
        const { linked } = this;
        this.linked = null;
        return linked ? this.bring(linked) : undefined;
      }
      const isIt = resuming.example ? piece.example === resuming.example : piece.file === this.reopened;
      if (isIt || (!resuming.example && this.spare && !piece.example)) return this.resume(piece);
      if (this.spare) return this.giveUp(piece); // the visitor has opened another
      this.spare = piece;
      this.openAgain(resuming);
    },

    // Ask the server for the piece of a record.
    openAgain({ example, file, name }) {
      if (example) {
        document.querySelector(`#fn-examples input[value="${example}"]`)?.click();
      } else if (file) {
        this.bringFile(file);
      } else {
        this.giveUp();
        this.tell(`${name} is not kept in this browser: please open it again.`);
      }
    },

    // A file goes the way of the upload button.
    bringFile(file) {
      const input = document.querySelector(FILE);
      const files = new DataTransfer();
      files.items.add(file);
      input.files = files.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },

    // The server has let go of the visitor's file, or another server has taken over: it is brought
    // again, with all that is set now. Whether it was.
    bringAgain() {
      const { piece, file } = this;
      const isSoon = performance.now() - (this.broughtAgain ?? -Infinity) < AGAIN_MS;
      const isLost = isSoon || !this.shownRequest; // since it was brought, nothing has been answered
      if (!piece || piece.example || !file || this.resuming || isLost) return false;
      this.broughtAgain = performance.now();
      const { past, future } = this.history;
      const { first, last } = this.overview;
      const place = { name: piece.name, tracks: this.tracks.value, first, last };
      this.resuming = { ...place, file, settings: this.now, history: { past, future }, isAgain: true };
      this.spare = piece;
      this.hearing = this.late = null;
      this.openAgain(this.resuming);
      return true;
    },

    // Its piece is here; with other tracks, if these were chosen.
    resume(piece) {
      const { resuming } = this;
      const { tracks } = resuming;
      if (!resuming.isAgain && !resuming.hasLeft) this.leave();
      resuming.hasLeft = true;
      const chosen = piece.tracks.filter((track) => track.chosen).map(({ number }) => number);
      if (tracks && piece.tracks.length && chosen.join() !== tracks.join()) {
        this.reopened = piece.file;
        if (this.piece?.file === piece.file) return this.giveUp(); // they cannot be chosen
        this.open(piece);
        this.tracks.choose(tracks);
        return this.choose();
      }
      this.resuming = this.spare = null;
      if (resuming.isLeft) this.memory.forget(resuming.tab);
      this.open(piece, resuming);
      this.showOffers();
    },

    // The server took no file, or cannot open it: what is asked next, or opened, is asked as before.
    leaveIt() {
      const { isAgain } = this.resuming;
      this.giveUp();
      if (isAgain) this.restore();
    },

    // It cannot be opened again: what came in its stead is the piece.
    giveUp(piece = this.spare) {
      this.resuming = this.spare = null;
      if (piece && piece !== this.piece) this.replace(piece);
      else if (piece) this.remember();
      this.showOffers();
    },

    // Another piece comes in the stead of the one that is here, or other tracks of its file.
    replace(piece) {
      const isOther = this.piece && this.piece.file !== piece.file;
      if (isOther) this.leave();
      this.open(piece);
      if (isOther) this.showOffers();
    },

    // Whether there is something that the examples do not bring back.
    get isMade() {
      if (!this.piece) return false;
      return !this.piece.example || this.score.isMoved(this.now) || this.now.lock.length > 0;
    },

    // Keep what there is now; not before all of what is coming back is there.
    remember() {
      if (this.resuming) return;
      const { first, last } = this.overview;
      const { name, example = null } = this.piece;
      const { past, future } = this.history;
      const tracks = this.tracks.value;
      const { isMade } = this;
      this.memory.save({ name, example, tracks, settings: this.now, history: { past, future }, first, last, isMade });
    },

    // A new piece: its file is kept, or none.
    async rememberFile() {
      const file = this.piece.example ? null : this.file;
      const isKept = await this.memory.saveFile(file);
      if (!isKept) this.tell(NOT_KEPT);
    },

    tell(sentence) {
      this.show("memory", sentence);
    },
  });
})((window.FaderNets = window.FaderNets || {}));
