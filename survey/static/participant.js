/* A participant's page: asks the server where the participant is, and shows that. */

import { fetchClip } from "./clips.js";
import { copying } from "./copying.js";
import { dialogs, open } from "./dialogs.js";
import { headphones } from "./headphones.js";
import { keys } from "./keys.js";
import { leaving, stay } from "./leaving.js";
import { isAnswer, Outbox } from "./outbox.js";
import { questions } from "./questions.js";
import { progress, show, tell } from "./screen.js";
import { ask, Refusal, Unreachable } from "./server.js";
import { SoundCheck } from "./soundcheck.js";
import { begun, Store } from "./store.js";
import { Trial } from "./trial.js";
import { say } from "./words.js";

const { token, study, declining, practised } = document.body.dataset;
const RETRY_WAIT = 3_000; // ms between tries to learn where the participant is

class Page {
  #store = new Store(token);
  #outbox = new Outbox(this.#store, token);
  #trial = null;
  #id = null; // of the pair that is shown
  #before = null; // the state before this one
  #over = false;

  start() {
    begun(study).set("token", token);
    const opening = () => {
      stay();
      this.#trial?.pause();
    };
    dialogs(token, opening, () => this.#leave("withdrawn"));
    keys(this.#store, () => this.#trial, () => open("help"));
    const outbox = this.#outbox;
    outbox.addEventListener("answered", ({ detail }) => this.arrive(detail.state));
    outbox.addEventListener("refused", ({ detail }) => this.#refused(detail));
    outbox.addEventListener("unreachable", () => this.#unsent());
    outbox.addEventListener("empty", () => this.#emptied());
    window.addEventListener("beforeunload", (event) => {
      if (!this.#store.lasting && this.#outbox.items.length) event.preventDefault();
    });
    tell(say("page.connecting"));
    outbox.send(); // what an earlier visit left goes first; then the state is true
  }

  /** Show where the participant is. */
  arrive(state, note = "") {
    if (this.#over) return;
    const before = this.#before;
    this.#before = state;
    progress(state.progress, state.stage === "trial" || state.stage === "finished");
    const id = state.trial?.id ?? null;
    const same = before?.stage === state.stage && this.#id === id;
    if (same && !note) return;
    this.#id = id;
    this.#trial = null;
    document.querySelector("dialog[open]")?.close(); // it was about what is no longer shown
    const complain = (error) => this.#complain(error);
    const arrive = (next) => this.arrive(next);
    tell(note);
    if (state.stage === "questions") questions(token, arrive, complain);
    else if (state.stage === "sound") new SoundCheck(token, arrive, complain);
    else if (state.stage === "headphones") headphones(token, state.tones, arrive, complain);
    else if (state.trial) this.#pair(state, note || this.#turn(before, state));
    else this.#end(state, before !== null);
  }

  #pair(state, note) {
    const { trial } = state;
    for (const url of Object.values(trial.clips)) fetchClip(url).catch(() => {}); // told later
    const begin = () => {
      const services = { store: this.#store, outbox: this.#outbox, seek: () => this.#seek() };
      this.#trial = new Trial(state, services, note);
    };
    const first = trial.number === 1 && (trial.practice || !practised);
    const fresh = first && !trial.heard.first;
    const untouched = this.#store.get("draft") === null && !this.#outbox.items.length;
    if (fresh && untouched && !note) this.#guide(begin);
    else begin();
  }

  #guide(begin) {
    show("guide").addEventListener("submit", (event) => {
      event.preventDefault();
      begin();
    });
  }

  /** What is worth saying at this pair. */
  #turn(before, { stage, progress: { done, total } }) {
    if (before === null || stage !== "trial") return "";
    if (before.stage === "practice") return say("note.counts");
    const half = Math.ceil(total / 2);
    return before.progress.done < half && done >= half && total > 3 ? say("note.half") : "";
  }

  #end({ stage, code, leave }, arrived) {
    this.#store.remove("draft");
    const element = show(stage);
    leaving(element, leave, arrived); // not of itself where somebody comes back to the page
    if (stage !== "finished") return;
    element.querySelector("#code").value = code;
    copying(element, tell);
  }

  async #refused({ error, path, trial }) {
    if (error.status === 404) return this.#leave("gone");
    if (error.code === "unknown") return this.#lost(trial);
    if (!isAnswer({ path })) return;
    const stale = error.code === "stale";
    const note = stale ? say("note.stale") : say("note.refused", { reason: error.message });
    if (error.state) return this.arrive(error.state, note);
    this.#trial?.reopen();
    await this.#ask(note);
  }

  /** The server's disk was wiped, and came back with other names for the pairs: what is of the
   * old ones can never be stored. */
  async #lost(trial) {
    this.#outbox.drop(trial);
    this.#trial?.reopen();
    await this.#ask(say("note.lost"));
  }

  /** A clip is not where it was: nor is the pair, if the disk was wiped. */
  async #seek() {
    try {
      const state = await ask("state", token);
      const moved = (state.trial?.id ?? null) !== this.#id;
      if (moved && !this.#trial?.waiting) this.arrive(state, say("note.lost"));
    } catch (error) {
      if (error instanceof Refusal) this.#complain(error); // else a press of the clip asks again
    }
  }

  /** All is sent: where an answer came through in another window, its state is still unknown. */
  #emptied() {
    if (this.#before === null || this.#trial?.waiting) this.#ask();
  }

  async #ask(note = "") {
    try {
      this.arrive(await ask("state", token), note);
    } catch (error) {
      if (!(error instanceof Unreachable)) return this.#complain(error);
      tell(say("page.offline"), true);
      if (!this.#over) setTimeout(() => this.#ask(note), error.wait ?? RETRY_WAIT);
    }
  }

  #unsent() {
    const answered = this.#outbox.items.some(isAnswer);
    const retry = () => this.#outbox.send();
    if (answered) tell(say(this.#store.lasting ? "note.kept" : "note.held"), true, retry);
    else if (this.#before === null) tell(say("page.offline"), true, retry);
  }

  #complain(error) {
    if (error instanceof Refusal && error.status === 404) this.#leave("gone");
    else if (error instanceof Refusal && error.code === "closed") this.#ask();
    else if (error instanceof Refusal) tell(say("note.refused", { reason: error.message }), true);
    else if (error instanceof Unreachable) tell(say("page.unreached"), true);
    else {
      tell(say("page.broken"), true);
      throw error;
    }
  }

  /** Nothing of the participant is left on the server; nor is it here. */
  #leave(name) {
    this.#over = true;
    this.#trial = null;
    this.#outbox.close();
    this.#store.clear();
    begun(study).clear();
    document.getElementById("tools").hidden = true;
    const element = show(name);
    if (name === "withdrawn") leaving(element, declining, true);
    tell("");
  }
}

new Page().start();
