// The result drawn out of the page, into a DAW or a folder, as a MIDI file. A browser asks for the
// file the moment the drag begins, so it is made when the pointer comes to the handle.
(function (F) {
  "use strict";

  F.extend(F.Workbench.prototype, {
    listenDrag() {
      const handle = this.find("[data-do=drag]");
      this.ready = null; // {fileKey, url, name}: the file that can be dragged
      this.arming = null; // what a file is being made for
      for (const near of ["pointerenter", "focus"]) handle.addEventListener(near, () => this.arm());
      handle.addEventListener("click", (event) => event.preventDefault());
      handle.addEventListener("dragstart", (event) => {
        const { ready } = this;
        if (ready?.fileKey !== this.fileKey) return event.preventDefault();
        event.dataTransfer.setData("DownloadURL", `audio/midi:${ready.name}:${ready.url}`);
        event.dataTransfer.setData("text/uri-list", ready.url);
        event.dataTransfer.effectAllowed = "copy";
      });
    },

    // Names all that the file depends on.
    get fileKey() {
      const scope = this.find("[data-show=scope]").value;
      return this.piece && JSON.stringify([this.answerKey, scope, this.find("[data-show=curves]").checked]);
    },

    arm() {
      if (!this.piece || this.saving || this.ready?.fileKey === this.fileKey) return;
      this.arming = this.fileKey;
      this.save("midi");
    },

    // A file is there, {url, orig_name}, or none: it goes down, or waits at the handle.
    take(file) {
      const { arming, wanting } = this;
      this.arming = this.wanting = null;
      if (wanting) return wanting.resolve(file);
      if (!arming) return document.querySelector("#fn-file").click();
      if (!file) return;
      const name = file.orig_name ?? file.path.split("/").pop();
      this.ready = { fileKey: arming, url: new URL(file.url, location.href).href, name };
    },
  });
})((window.FaderNets = window.FaderNets || {}));
