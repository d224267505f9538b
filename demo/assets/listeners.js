// What is heard here becomes a pair of the listening test, and what its listeners have heard in it is
// shown beside the faders. Both are its admin's: nothing is asked of the test before somebody who uses
// this page has sent it a pair.
(function (F) {
  "use strict";

  const MOST_LETTERS = 90000; // of a form of the listening test
  const FLAG = "fadernets-asks-listeners"; // in this tab
  const FRESH_MS = 20000; // ratings are read again after that

  const base64 = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");

  F.extend(F.Workbench.prototype, {
    listenListeners() {
      this.wanting = null; // who waits for a file: {resolve}
      this.tab = null; // where the last pair went
      const button = this.find("[data-do=listeners]");
      button.addEventListener("click", () => this.askListeners());
      this.find(".fn-more").addEventListener("toggle", () => (button.hidden = !this.test));
    },

    // Where the admin's pages of the listening test are; null where there is none beside this page.
    get test() {
      const link = document.querySelector("#fn-foot a[href$='survey/']");
      return link && new URL("admin/", link.href).href;
    },

    // The tab opens while the click counts as the visitor's wish; the form goes there later.
    async askListeners() {
      if (!this.piece || this.saving) return;
      const moved = this.movedWords();
      if (!moved) return this.sayOfListeners("Nothing is changed in these bars: there is nothing to compare.");
      const target = `fn-${Math.random()}`;
      const tab = window.open("about:blank", target);
      if (!tab) return this.sayOfListeners("The browser let no tab open for the listening test: allow it for this page.");
      const pair = {
        piece: this.piece.name,
        bars: this.overview.barsText(this.overview.first, this.overview.last),
        moved,
        settings: this.pairSettings,
        direction: this.meantDirection(),
        before: await this.midiOf(this.score.neutral),
        after: await this.midiOf({}),
      };
      const isThere = pair.before && pair.after;
      if (!isThere || new URLSearchParams(pair).toString().length > MOST_LETTERS) {
        tab.close();
        if (isThere) this.sayOfListeners("These bars are too long for listeners: choose fewer, 8 to 20 seconds.");
        return;
      }
      this.send(pair, target);
      this.tab = tab;
    },

    // Whether somebody who may has sent a pair from here: one who did not sign in is not asked again.
    get asksListeners() {
      try {
        if (this.tab?.document.querySelector("input[name=form]")) sessionStorage.setItem(FLAG, "yes");
      } catch {
        // the tab shows another site by now
      }
      return Boolean(sessionStorage.getItem(FLAG));
    },

    send(pair, target) {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action: `${this.test}pairs/new`, target, hidden: true });
      for (const [name, value] of Object.entries(pair)) {
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name, value });
        form.append(input);
      }
      document.body.append(form);
      form.submit();
      form.remove();
    },

    // The selection as a MIDI file, base64; null if there is none. settings: instead of those of now.
    async midiOf(settings) {
      const file = await new Promise((resolve) => {
        this.wanting = { resolve };
        this.saving = true;
        this.showBusy();
        this.request({ kind: "midi", scope: "selection", curves: false, ...settings });
        this.trigger(this.events.save);
      });
      if (!file) return null;
      const answer = await fetch(file.url).catch(() => null);
      return answer?.ok ? base64(new Uint8Array(await answer.arrayBuffer())) : null;
    },

    // The mood says it, or else where the densities went; "" where they say nothing.
    meantDirection() {
      const mood = this.faders.find(({ name, moved }) => name === "arousal" && moved);
      const went = ({ places: { piece, result } }) => (result.position ?? 0) - (piece.position ?? 0);
      const densities = this.faders.filter(({ isDensity }) => isDensity);
      const sum = mood ? Number(mood.input.value) : densities.reduce((all, fader) => all + went(fader), 0);
      return sum ? (sum < 0 ? "lower" : "higher") : "";
    },

    // Names what a pair is of.
    get pairSettings() {
      const { first, last } = this.overview;
      return JSON.stringify({ piece: this.piece.name, first, last, settings: this.now });
    },

    // What settings of a pair say of the bars that are chosen: what was set elsewhere since is not heard
    // there. null if they say nothing.
    inTheseBars(pairSettings) {
      try {
        const { piece, first, last, settings } = JSON.parse(pairSettings);
        const { span } = this.area;
        const [begin, end] = span;
        const part = ({ name, isDensity }) =>
          [false, ...(isDensity ? [true] : [])].map((isPosition) => this.score.part(settings, name, span, isPosition));
        const redrawn = settings.redrawn.filter(([from, to]) => from < end && to > begin);
        const { seed, lock } = settings;
        return JSON.stringify({ piece, first, last, parts: this.faders.map(part), redrawn, seed, lock });
      } catch {
        return null; // of another version of the page
      }
    },

    // Ratings of what is shown, once there are some.
    async showHeard() {
      this.sayOfListeners("");
      if (!this.test || !this.asksListeners) return;
      const { requestNumber } = this;
      if (!this.pairs || performance.now() - this.pairsRead > FRESH_MS) {
        const answer = await fetch(`${this.test}pairs.json`).catch(() => null);
        if (!answer?.ok) return;
        this.pairs = await answer.json();
        this.pairsRead = performance.now();
      }
      if (requestNumber !== this.requestNumber) return; // something else is shown by now
      const key = this.inTheseBars(this.pairSettings);
      const pair = this.pairs.find(({ settings }) => this.inTheseBars(settings) === key);
      if (!pair) return;
      const rated = pair.ratings.filter(({ rated }) => rated);
      const ended = rated.filter(({ as_meant }) => as_meant !== null);
      const words = ended.map(({ study, as_meant, rated }) => `${as_meant} of ${rated} in ${study}`);
      const heard = words.length ? [`Heard as ${pair.direction} arousal by ${words.join(", ")}.`] : [];
      const waiting = rated
        .filter(({ as_meant }) => as_meant === null)
        .map(({ study, rated }) => `Rated by ${rated} in ${study}; how, is shown once it is closed.`);
      this.sayOfListeners(
        [...heard, ...waiting].join(" ") || "This is a pair of the listening test; nobody has rated it yet."
      );
    },

    sayOfListeners(sentence) {
      const line = this.find("[data-show=listeners]");
      line.textContent = sentence;
      line.hidden = !sentence;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
