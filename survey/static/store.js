/* What a page keeps on the device; where the browser refuses, for as long as the page is open. */

const PREFIX = `fadernets.survey${document.documentElement.dataset.base}.`;

function device() {
  try {
    const storage = window.localStorage;
    storage.setItem(`${PREFIX}try`, "1");
    storage.removeItem(`${PREFIX}try`);
    return storage;
  } catch {
    return null; // switched off, full, or forbidden inside a frame
  }
}

export class Store {
  #name;
  #storage = device();
  #memory = new Map();

  constructor(name) {
    this.#name = `${PREFIX}${name}.`;
  }

  /** Whether what was set last is still there after a reload. */
  get lasting() {
    return this.#storage !== null;
  }

  get(key, otherwise = null) {
    const text = this.#storage ? this.#storage.getItem(this.#name + key) : this.#memory.get(key);
    try {
      return text == null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  }

  set(key, value) {
    const text = JSON.stringify(value);
    try {
      if (this.#storage) return this.#storage.setItem(this.#name + key, text);
    } catch {
      this.#leaveDevice();
    }
    this.#memory.set(key, text);
  }

  remove(key) {
    this.#memory.delete(key);
    this.#storage?.removeItem(this.#name + key);
  }

  /** Remove all of this name. */
  clear() {
    this.#memory.clear();
    for (const key of this.#keys()) this.#storage.removeItem(key);
  }

  #keys() {
    const all = this.#storage ? Object.keys(this.#storage) : [];
    return all.filter((key) => key.startsWith(this.#name));
  }

  /** From now on memory is the one place, or an old value on the device would come back. */
  #leaveDevice() {
    for (const key of this.#keys()) {
      this.#memory.set(key.slice(this.#name.length), this.#storage.getItem(key));
    }
    this.#storage = null;
  }
}

/** Where the token of a study that was begun on this device is kept. */
export function begun(study) {
  return new Store(`begun.${study}`);
}

/** Forget a participant's token, whichever study it was begun in, and what is kept of it. */
export function forget(token) {
  new Store(token).clear();
  const storage = device();
  for (const key of storage ? Object.keys(storage) : []) {
    const isToken = key.startsWith(`${PREFIX}begun.`) && key.endsWith(".token");
    if (isToken && storage.getItem(key) === JSON.stringify(token)) storage.removeItem(key);
  }
}
