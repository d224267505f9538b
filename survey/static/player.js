/* A clip with its button: play, pause, play again, and how far it is. */

import { fetchClip, forget, Gone } from "./clips.js";
import { say } from "./words.js";

export class Player extends EventTarget {
  #button;
  #audio;
  #url;
  #state = "loading";
  #locked = false;
  #ended = false;

  /** Events: "start" and "end" of the clip, "fail" {note, gone}, "locked" when pressed too early.
   * Words: what the button says in each state. */
  constructor(button, audio, words) {
    super();
    this.#button = button;
    this.#audio = audio;
    this.words = words;
    button.addEventListener("click", () => this.press());
    audio.addEventListener("ended", () => this.#finish());
    audio.addEventListener("pause", () => this.playing && !audio.ended && this.#show("paused"));
    audio.addEventListener("error", () => audio.hasAttribute("src") && this.#fail("unplayable"));
  }

  get playing() {
    return this.#state === "playing";
  }

  get locked() {
    return this.#locked;
  }

  /** A locked clip is here, but may not be played yet. */
  set locked(locked) {
    this.#locked = locked;
    this.#show(this.#state);
  }

  /** Get the clip of an address; `ended`: it has been heard to its end before. */
  async load(url, ended = false) {
    this.#url = url;
    this.#ended = ended;
    this.#audio.removeAttribute("src");
    this.#show("loading");
    try {
      const sound = await fetchClip(url);
      if (this.#url !== url) return;
      this.#audio.src = sound;
      this.#show("ready");
    } catch (error) {
      if (this.#url === url) this.#fail("failed", error instanceof Gone);
    }
  }

  press() {
    if (this.#state === "failed") {
      forget(this.#url);
      this.load(this.#url, this.#ended);
    } else if (this.#locked) {
      this.dispatchEvent(new Event("locked"));
    } else if (this.playing) {
      this.pause();
    } else if (this.#state !== "loading") {
      this.#play();
    }
  }

  pause() {
    if (this.playing) this.#audio.pause();
  }

  /** Inside the press: phones let a page make a sound only then. */
  #play() {
    const beginning = this.#state !== "paused";
    if (beginning) this.#audio.currentTime = 0;
    const started = this.#audio.play();
    this.#show("playing");
    if (beginning) this.dispatchEvent(new Event("start"));
    this.#follow();
    started.catch((error) => {
      if (error.name === "AbortError") return; // paused before it began
      if (this.playing) this.#fail("unplayable");
    });
  }

  #finish() {
    this.#ended = true;
    this.#show("ready");
    this.dispatchEvent(new Event("end"));
  }

  #fail(note, gone = false) {
    this.#show("failed");
    this.dispatchEvent(new CustomEvent("fail", { detail: { note, gone } }));
  }

  #follow() {
    const { currentTime, duration } = this.#audio;
    const going = this.playing || this.#state === "paused";
    const part = !going ? Number(this.#ended) : duration ? currentTime / duration : 0;
    this.#button.style.setProperty("--heard", part);
    if (this.playing) requestAnimationFrame(() => this.#follow());
  }

  #show(state) {
    this.#state = state;
    const waiting = this.#locked && state !== "failed" && state !== "loading";
    const word = waiting ? "later" : state !== "ready" ? state : this.#ended ? "again" : "play";
    this.#button.dataset.state = state;
    this.#button.dataset.heard = this.#ended;
    this.#button.setAttribute("aria-disabled", waiting || state === "loading");
    this.#button.querySelector(".hint").textContent = say(this.words[word]);
    if (!this.playing) this.#follow();
  }
}
