// Two pieces mixed: the rhythm of the one on the page with the notes of another, an example or a file.
// What comes of it is a piece of its own, under the faders like any other; the piece of before is kept
// in this browser and can be gone back to.
(function (F) {
  "use strict";

  const OWN = "file"; // value of the choice that asks for a file
  const FILE = "#fn-donor-file input[type=file]";

  F.extend(F.Workbench.prototype, {
    listenMixing() {
      const choice = this.find("#fn-donor");
      choice.addEventListener("change", () => {
        const { value } = choice;
        choice.value = "";
        if (!this.piece || !value) return;
        this.request({ donor: value === OWN ? null : value });
        if (value !== OWN) {
          this.mixing = true;
          this.showBusy();
          return this.trigger(this.events.mix);
        }
        document.querySelector(FILE).click();
      });
    },

    // file: {url, orig_name}, or none where nothing came of it.
    async mixed(file) {
      this.mixing = false;
      this.showBusy();
      if (!file?.url) return;
      const bytes = await fetch(file.url).then((answer) => answer.blob());
      const name = file.orig_name ?? file.path.split("/").pop();
      this.bringMade(new File([bytes], name, { type: "audio/midi" }));
    },

    // A file that was made here becomes the piece.
    async bringMade(file) {
      this.leaving = await this.memory.leave();
      this.bringFile(file);
    },

    // It was refused: the piece of before is on the page still.
    stay() {
      if (this.leaving) this.memory.forget(this.leaving.tab);
      this.leaving = null;
    },

    // The examples, once they are on the page, and a file.
    offerDonors() {
      const choice = this.find("#fn-donor");
      if (choice.options.length > 1) return;
      for (const input of document.querySelectorAll("#fn-examples input")) {
        choice.append(new Option(input.closest("label").innerText.trim(), input.value));
      }
      choice.append(new Option("a MIDI file\u2026", OWN));
    },

    // The piece of before can be gone back to, for as long as what was made is on the page.
    offerBefore() {
      this.isBefore = Boolean(this.leaving);
      if (this.leaving) this.offer(this.leaving);
      this.leaving = null;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
