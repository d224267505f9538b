// What a visitor has made, kept in this browser and sent nowhere: of each tab its piece, settings,
// history and selection, and a file of the visitor's own. A tab that comes back, by a reload or by
// Back, finds them by its name; what closed tabs have left, and a tab before another piece, is offered.
(function (F) {
  "use strict";

  const TAB = "fadernets.tab"; // in the tab's own storage
  const DATABASE = "fadernets";
  const VERSION = 1; // of records; others are not read
  const MOST = 8; // of what was left that are kept
  const KEPT_MS = 60 * 24 * 3600 * 1000; // since their last change

  function outcome(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  function database() {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      for (const name of ["pages", "files"]) request.result.createObjectStore(name, { keyPath: "tab" });
    };
    return outcome(request);
  }

  // Whether a name is this tab's now, and no other's: a copied tab brings the name along.
  function held(tab) {
    if (!navigator.locks) return Promise.resolve(true);
    const name = `${DATABASE}.${tab}`;
    return new Promise((resolve) => {
      navigator.locks.request(name, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock && new Promise(() => {}); // until the page goes
      });
    });
  }

  async function openTabs() {
    const { held: locks } = navigator.locks ? await navigator.locks.query() : { held: [] };
    return new Set(locks.map(({ name }) => name.slice(DATABASE.length + 1)));
  }

  F.Memory = class {
    constructor() {
      this.database = null; // none where the browser keeps nothing
      this.tab = null;
    }

    // What this tab had: a record with its file, or null.
    async start() {
      try {
        this.database = await database();
        const before = sessionStorage.getItem(TAB);
        const isOwn = before && (await held(before));
        this.tab = isOwn ? before : crypto.getRandomValues(new Uint32Array(4)).join("-");
        if (!isOwn) await held(this.tab);
        sessionStorage.setItem(TAB, this.tab);
        const records = await this.records();
        const own = records.find(({ tab }) => tab === before);
        return own ? await this.whole(own) : null;
      } catch {
        this.database = null;
        return null;
      }
    }

    // What tabs that are closed have left, and tabs before another piece: records, the newest first.
    async left() {
      if (!this.database) return [];
      try {
        const [records, open] = [await this.records(), await openTabs()];
        return records.filter(({ tab, isMade }) => isMade && tab !== this.tab && !open.has(tab));
      } catch {
        return []; // the visitor has deleted it
      }
    }

    // The newest first; older ones are deleted, but for those of tabs that are open.
    async records() {
      const open = await openTabs();
      const all = await outcome(this.store("pages").getAll());
      all.sort((one, other) => other.time - one.time);
      const isOpen = ({ tab }) => tab === this.tab || open.has(tab);
      const closed = all.filter((record) => !isOpen(record));
      const isRecent = ({ time, version }, i) => version === VERSION && i < MOST && Date.now() - time < KEPT_MS;
      const old = new Set(closed.filter((record, i) => !isRecent(record, i)));
      for (const { tab } of old) this.forget(tab);
      return all.filter((record) => !old.has(record) && record.version === VERSION);
    }

    // A record with its file.
    async whole(record) {
      const { file = null } = (await outcome(this.store("files").get(record.tab))) ?? {};
      return { ...record, file };
    }

    store(name, mode = "readonly") {
      return this.database.transaction(name, mode).objectStore(name);
    }

    // record: plain data, and `isMade`, whether it is worth to be offered.
    save(record) {
      if (!this.database) return;
      const { tab } = this;
      try {
        this.store("pages", "readwrite").put({ ...record, tab, version: VERSION, time: Date.now() });
      } catch {
        this.database = null; // the visitor has deleted it
      }
    }

    // The visitor's file, or null for none; false if the browser has no room for it.
    async saveFile(file) {
      if (!this.database) return !file;
      try {
        const store = this.store("files", "readwrite");
        await outcome(file ? store.put({ tab: this.tab, file }) : store.delete(this.tab));
        return true;
      } catch {
        return false;
      }
    }

    // This tab's record and file, as they are before what is saved next, are kept under another name,
    // as a closed tab's are; neither, if the browser has no room.
    leave() {
      if (!this.database) return Promise.resolve();
      const tab = `${this.tab}-${Date.now()}`;
      const transaction = this.database.transaction(["pages", "files"], "readwrite");
      for (const name of ["pages", "files"]) {
        const store = transaction.objectStore(name);
        store.get(this.tab).onsuccess = ({ target }) => target.result && store.put({ ...target.result, tab });
      }
      return new Promise((resolve) => {
        for (const end of ["complete", "abort"]) transaction.addEventListener(end, () => resolve());
      });
    }

    forget(tab) {
      for (const name of ["pages", "files"]) this.store(name, "readwrite").delete(tab);
    }
  };
})((window.FaderNets = window.FaderNets || {}));
