// How far work on a long selection is, and its end before it is done: what is shown stays then.
(function (F) {
  "use strict";

  const LOOK_MS = 500; // between two looks

  F.extend(F.Workbench.prototype, {
    listenProgress() {
      this.find("[data-do=cancel]").addEventListener("click", () => this.cancel());
    },

    // Look from time to time, as long as the notes are still to come.
    watchProgress() {
      clearTimeout(this.looking);
      this.showProgress(null);
      const look = () => {
        if (!this.asking) return;
        this.trigger(this.events.look);
        this.looking = setTimeout(look, LOOK_MS);
      };
      this.looking = setTimeout(look, LOOK_MS);
    },

    // progress: {number, count, total} segments, or null where nothing is known yet.
    showProgress(progress) {
      const isOwn = this.asking && progress?.number === this.requestNumber && progress.total > 0;
      const share = isOwn ? progress.count / progress.total : 0;
      this.find("[data-show=progress]").textContent = isOwn ? `${Math.round(100 * share)} %` : "";
      this.find(".fn-busy progress").hidden = !isOwn;
      this.find(".fn-busy progress").value = share;
      this.find("[data-do=cancel]").hidden = !(isOwn && this.shownRequest);
    },

    cancel() {
      if (!this.asking || !this.shownRequest) return;
      this.trigger(this.events.cancel);
      this.restore();
      this.showBusy();
    },
  });
})((window.FaderNets = window.FaderNets || {}));
