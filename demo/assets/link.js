// A link that brings back an example with its settings; of a visitor's own file the settings alone,
// for the file stays in this browser. They are in the part of the address that no server sees.
(function (F) {
  "use strict";

  const LONGEST = 30000; // letters: longer addresses are cut by programs that send them on
  const TOO_LONG = "These settings are too long for a link: save them as a file.";
  const OF_A_FILE =
    "This link has the settings of somebody's own file, which it does not bring: open the file to set them.";
  const BROKEN = "This link holds no settings that can be read.";

  const encoded = (data) => {
    const bytes = new TextEncoder().encode(JSON.stringify(data));
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const decoded = (text) => {
    const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))));
  };

  F.extend(F.Workbench.prototype, {
    listenLink() {
      const field = this.find("[data-show=link]");
      this.find("[data-do=link]").addEventListener("click", () => {
        const link = this.piece && this.makeLink();
        field.parentElement.hidden = !link;
        if (!link) return this.tell(TOO_LONG);
        field.value = link;
        field.select();
        navigator.clipboard?.writeText(link).catch(() => {}); // else it is there to be copied
      });
      addEventListener("hashchange", () => this.follow());
    },

    // The address, or null if it would be too long.
    makeLink() {
      const { example = null } = this.piece;
      const { first, last } = this.overview;
      const notes = example ? this.now.lock : F.Locks.withoutNotes(this.now.lock);
      const data = { example, settings: { ...this.now, lock: notes }, ...(example && { first, last }) };
      const text = encoded(data);
      return text.length > LONGEST ? null : `${location.href.split("#")[0]}#settings=${text}`;
    },

    // What the address brings, once: afterwards it is the visitor's to change. {example, settings,
    // first, last} or null.
    fromAddress() {
      const [, text] = location.hash.match(/^#settings=([\w-]+)$/) ?? [];
      if (!text) return null;
      history.replaceState(null, "", location.pathname + location.search);
      try {
        const data = decoded(text);
        if (!data?.settings) throw new Error();
        return data;
      } catch {
        this.tell(BROKEN);
        return null;
      }
    },

    // A link that is opened in a tab that has a piece already.
    follow() {
      const brought = this.fromAddress();
      if (brought && this.piece) this.bring(brought);
    },

    bring(brought) {
      this.brought = brought;
      const isHere = brought.example === (this.piece.example ?? null);
      if (!brought.example) return this.tell(OF_A_FILE);
      if (isHere) return this.arrived();
      const input = document.querySelector(`#fn-examples input[value="${CSS.escape(brought.example)}"]`);
      if (input) input.click();
      else this.tell(BROKEN);
    },

    // A piece has come: if it is the one of the link, or a file that its settings are for.
    arrived() {
      const { brought, piece } = this;
      if (!brought || brought.example !== (piece.example ?? null)) return;
      this.brought = null;
      this.tell("");
      try {
        const settings = F.SettingsFile.read(brought.settings, this.score, this.area.whole);
        const end = this.overview.count - 1;
        const at = (place, otherwise) => (Number.isInteger(place) ? Math.min(Math.max(place, 0), end) : otherwise);
        const first = at(brought.first, this.overview.first);
        this.overview.select(first, Math.max(first, at(brought.last, this.overview.last)));
        this.change(settings);
        this.tell(F.SettingsFile.unknown(brought.settings, this.score));
      } catch ({ message }) {
        this.tell(message);
      }
    },
  });
})((window.FaderNets = window.FaderNets || {}));
