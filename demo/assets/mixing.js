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
      this.bringFile(new File([bytes], name, { type: "audio/midi" }));
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
  });
})((window.FaderNets = window.FaderNets || {}));
