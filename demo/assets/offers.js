// What closed tabs have left, and what this tab had before another piece came: the newest first, and
// each can be gone on with or forgotten. What is gone on with puts what is made here among them.
(function (F) {
  "use strict";

  const IN_SIGHT = 1; // the others are folded away
  const GONE = "This piece is open in another tab by now, or forgotten.";

  const when = (time) => new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

  F.extend(F.Workbench.prototype, {
    async showOffers() {
      const left = await this.memory.left();
      const box = this.find("[data-show=left]");
      const rows = left.map((record) => this.offerRow(record));
      const [newest, older] = box.querySelectorAll("ul");
      newest.replaceChildren(...rows.slice(0, IN_SIGHT));
      older.replaceChildren(...rows.slice(IN_SIGHT));
      box.querySelector("details").hidden = rows.length <= IN_SIGHT;
      box.querySelector("summary").textContent = `${rows.length - IN_SIGHT} more`;
      box.hidden = !rows.length;
    },

    offerRow(record) {
      const [row, text, go, forget] = ["li", "span", "button", "button"].map((tag) => document.createElement(tag));
      row.className = "fn-left";
      text.textContent = `You were at ${record.name} (${when(record.time)}).`;
      for (const [button, words, act] of [
        [go, "Go on", () => this.goOn(record)],
        [forget, "Forget it", () => this.forget(record)],
      ]) {
        Object.assign(button, { type: "button", textContent: words, ariaLabel: `${words}: ${record.name}` });
        button.addEventListener("click", act);
      }
      row.append(text, " ", go, " ", forget);
      return row;
    },

    // Its piece is opened anew, as it was first.
    async goOn(record) {
      this.find("[data-show=left]").hidden = true;
      const left = await this.memory.left();
      if (!left.some(({ tab }) => tab === record.tab)) {
        this.tell(GONE);
        return this.showOffers();
      }
      this.resuming = { ...(await this.memory.whole(record)), isLeft: true };
      this.spare = this.piece;
      if (record.example && record.example === this.piece?.example) this.resume(this.piece);
      else this.openAgain(this.resuming);
    },

    async forget({ tab }) {
      this.memory.forget(tab);
      await this.showOffers();
      const next = this.find("[data-show=left] [aria-label^=Forget]");
      (next ?? this.find(".fn-strip")).focus({ preventScroll: true }); // the button is gone
    },

    // Another piece is to come: what is made in the one that is here is kept beside it.
    async leave() {
      if (this.isMade) await this.memory.leave();
    },
  });
})((window.FaderNets = window.FaderNets || {}));
