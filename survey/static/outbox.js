/* What the server has not yet acknowledged, in order; kept on the device and sent until it is.

Every item has a submission's name, so that sending it twice does nothing twice; that also lets two
windows share one outbox. */

import { ask, Refusal, Unreachable } from "./server.js";

export const isAnswer = ({ path }) => path === "answers" || path === "replies";
const FIRST_WAIT = 1_000; // ms, doubled at each failure
const LONGEST_WAIT = 20_000;

export class Outbox extends EventTarget {
  #store;
  #token;
  #sending = false;
  #closed = false;
  #failures = 0;
  #timer;

  /** Events: "answered" {state}, "refused" {error, path, trial}, "unreachable", "empty". */
  constructor(store, token) {
    super();
    this.#store = store;
    this.#token = token;
    window.addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => document.hidden || this.send());
  }

  get items() {
    return this.#store.get("outbox", []);
  }

  /** The answer to a trial that waits here, if there is one. */
  answer(trial) {
    return this.items.find((item) => isAnswer(item) && item.body.trial === trial);
  }

  /** Whether a clip's end waits here. */
  heard(trial, side) {
    return this.items.some(
      ({ body }) => body.trial === trial && body.side === side && body.event === "ended",
    );
  }

  add(path, body) {
    this.#store.set("outbox", [...this.items, { path, body }]);
    this.send();
  }

  /** Send nothing of a trial that the server does not know. */
  drop(trial) {
    this.#keep(this.items.filter(({ body }) => body.trial !== trial));
  }

  /** Send what there is, one after the other; again later if that fails. */
  async send() {
    if (this.#sending || this.#closed) return;
    clearTimeout(this.#timer);
    this.#sending = true;
    try {
      for (let item; !this.#closed && (item = this.items[0]); ) {
        const outcome = await this.#deliver(item);
        this.#failures = 0;
        if (this.#closed) return;
        this.#remove(item);
        if (outcome) this.dispatchEvent(outcome);
      }
      if (!this.#closed) this.dispatchEvent(new Event("empty"));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#later(error.wait ?? 0);
    } finally {
      this.#sending = false;
    }
  }

  /** Send nothing any more, and forget what there is. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#store.remove("outbox");
  }

  async #deliver(item) {
    const { path, body } = item;
    try {
      const state = await ask(path, this.#token, body);
      return isAnswer(item) ? new CustomEvent("answered", { detail: { state } }) : null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // That a clip was played is worth nothing on its own; the answer's refusal will be told.
      if (path === "plays" && error.code !== "unknown") return null;
      return new CustomEvent("refused", { detail: { error, path, trial: body.trial } });
    }
  }

  #remove({ body }) {
    this.#keep(this.items.filter((item) => item.body.submission !== body.submission));
  }

  #keep(left) {
    if (left.length) this.#store.set("outbox", left);
    else this.#store.remove("outbox");
  }

  /** Again after a while, and not before the server wants it. */
  #later(least) {
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    const time = Math.max(least, wait * (0.75 + Math.random() / 2));
    this.#timer = setTimeout(() => this.send(), time);
    this.dispatchEvent(new Event("unreachable"));
  }
}
