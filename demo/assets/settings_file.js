// Settings as JSON, out and in: a file that the page, `fadernets edit` and programs read alike. What
// comes in is checked here as far as the page draws it; the rest the server refuses in a sentence.
(function (F) {
  "use strict";

  const MOST_POINTS = 1000;
  const MOST_BYTES = 2000000;
  const HIGHEST_SEED = 999999;
  const NO_PIECE = "Settings are set to a piece: open one first.";
  const FILE = /\.json$/i;

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  // Breakpoints over beats, of a number, a list of them or {beats: [...]}; null for none.
  function points(value, name, [begin, end], [low, rest]) {
    if (value === null || value === undefined) return null;
    if (isNumber(value)) value = [[begin, value], [end, value]];
    if (value.bars) throw new Error(`${name} is drawn over bars: only the command line opens that.`);
    const list = value.beats ?? value;
    const fits = ([time, height], i) =>
      isNumber(time) && time >= 0 && (!i || time >= list[i - 1][0]) &&
      (isNumber(height) ? height >= low && height <= 1 : height === null && rest === null);
    const isCurve = Array.isArray(list) && list.length && list.length <= MOST_POINTS &&
      list.every((point) => Array.isArray(point) && point.length === 2) && list.every(fits);
    if (!isCurve) throw new Error(`${name} in these settings is no curve from ${low} to 1.`);
    return list.every(([, height]) => height === rest) ? null : list;
  }

  F.SettingsFile = {
    // Settings as the page has them, of plain data; throws an Error with a sentence. whole: the beats
    // at which the piece begins and ends. Densities are positions where `absolute` says so.
    read(data, score, whole) {
      if (!data || typeof data !== "object") throw new Error("These are no settings of faders.");
      const { neutral } = score;
      const names = [...score.densities, ...score.others];
      const isPosition = (name) => data.absolute === true && score.densities.includes(name);
      const offset = (name) => (isPosition(name) ? null : points(data[name], name, whole, [-1, 0]));
      const moved = names.map((name) => [name, offset(name)]);
      const positions = (data.absolute === true ? data : data.positions) ?? {};
      const placed = score.densities.map((name) => [name, points(positions[name], name, whole, [0, null])]);
      const seed = data.seed ?? null;
      if (seed !== null && !(Number.isInteger(seed) && seed >= 0 && seed <= HIGHEST_SEED)) {
        throw new Error(`The seed in these settings is no whole number from 0 to ${HIGHEST_SEED}.`);
      }
      const lock = typeof data.lock === "string" ? data.lock.split(",") : data.lock ?? [];
      if (!Array.isArray(lock) || !lock.every((word) => typeof word === "string")) {
        throw new Error("What these settings lock is no list of words such as melody.");
      }
      const redrawn = data.redrawn ?? [];
      const isRow = (row) => Array.isArray(row) && row.length === 3 && row.every(isNumber);
      if (!Array.isArray(redrawn) || !redrawn.every(isRow)) {
        throw new Error("Bars drawn once more are no list of [begin, end, seed] in these settings.");
      }
      return {
        ...neutral,
        ...Object.fromEntries(moved),
        positions: Object.fromEntries(placed),
        seed,
        lock,
        redrawn,
      };
    },

    // What of data the page cannot set, in a sentence; "" for nothing.
    unknown(data, score) {
      const known = ["absolute", ...Object.keys(score.neutral)];
      const isSet = ([name, value]) => !known.includes(name) && value !== null && value !== false;
      const names = Object.entries(data).filter(isSet).map(([name]) => name);
      return names.length ? `This page knows no ${names.join(", ")}: all else is set.` : "";
    },

    matches: (file) => FILE.test(file.name) || file.type === "application/json",
  };

  F.extend(F.Workbench.prototype, {
    listenSettings() {
      const input = this.find("[data-show=settings-file]");
      this.find("[data-do=save-settings]").addEventListener("click", () => this.saveSettings());
      this.find("[data-do=open-settings]").addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        if (input.files.length) this.openSettings(input.files[0]);
        input.value = "";
      });
      this.find("[data-do=carried]").addEventListener("click", () => this.useCarried());
    },

    saveSettings() {
      if (!this.piece) return;
      const { name, example = null } = this.piece;
      const document_ = { fadernets: "settings", name, example, settings: this.now };
      const text = JSON.stringify(document_, null, 1);
      this.takeAway(new Blob([text], { type: "application/json" }), "settings.json");
    },

    // A file made by the page itself, under the piece's name as files have it.
    takeAway(blob, ending) {
      const title = this.piece.name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
      this.takeFile(blob, `${title || "piece"}_${ending}`);
    },

    takeFile(blob, download) {
      const url = URL.createObjectURL(blob);
      Object.assign(document.createElement("a"), { href: url, download }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    },

    async openSettings(file) {
      this.tell("");
      try {
        if (file.size > MOST_BYTES) throw new Error(`${file.name} is too large for settings.`);
        const data = await file.text().then(JSON.parse).catch(() => null);
        if (!data?.settings) throw new Error(`${file.name} holds no settings of faders.`);
        this.useSettings(data.settings);
      } catch ({ message }) {
        this.tell(message);
      }
    },

    // Plain data becomes what is set: one step back takes it off again.
    useSettings(data) {
      if (!this.piece) throw new Error(NO_PIECE);
      this.change(F.SettingsFile.read(data, this.score, this.area.whole));
      this.tell(F.SettingsFile.unknown(data, this.score));
    },

    // The file says by which curves its notes were made. They are set when the visitor says so: else
    // they would move what has been moved.
    offerCarried() {
      this.find("[data-show=carried]").hidden = !this.piece.settings;
    },

    useCarried() {
      this.find("[data-show=carried]").hidden = true;
      try {
        this.useSettings(this.piece.settings);
      } catch ({ message }) {
        this.tell(message);
      }
    },
  });
})((window.FaderNets = window.FaderNets || {}));
