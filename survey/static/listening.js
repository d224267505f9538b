/* The clips of a trial: each after the one before, unless the form says that they are free, and any
   of them again after that. */

import { Player } from "./player.js";

const WORDS = Object.fromEntries(
  ["loading", "play", "playing", "paused", "again", "later", "failed"].map((state) => [
    state,
    `clip.${state}`,
  ]),
);

export class Listening extends EventTarget {
  #players = {};
  #sides;
  #free;

  /** Events: "played" {side, event}, "fail" {note, gone}, "locked"; heard: which side was heard to its
   * end already. */
  constructor(form, clips, heard) {
    super();
    this.heard = { ...heard };
    this.#sides = Object.keys(clips);
    this.#free = "free" in form.dataset;
    for (const side of this.#sides) {
      const [button, audio] = ["button", "audio"].map((tag) =>
        form.querySelector(`${tag}[data-side=${side}]`),
      );
      const player = new Player(button, audio, WORDS);
      player.addEventListener("start", () => this.#start(side));
      player.addEventListener("end", () => this.#end(side));
      player.addEventListener("fail", ({ detail }) => this.#emit("fail", detail));
      player.addEventListener("locked", () => this.#emit("locked"));
      this.#players[side] = player;
      player.load(clips[side], this.heard[side]);
    }
    this.#lock();
  }

  get complete() {
    return this.#sides.every((side) => this.heard[side]);
  }

  press(side) {
    this.#players[side].press();
  }

  pause() {
    for (const player of Object.values(this.#players)) player.pause();
  }

  /** A clip waits for all before it. */
  #lock() {
    const unheard = this.#sides.findIndex((side) => !this.heard[side]);
    for (const [at, side] of this.#sides.entries()) {
      const locked = !this.#free && unheard >= 0 && at > unheard;
      if (this.#players[side].locked !== locked) this.#players[side].locked = locked;
    }
  }

  #start(side) {
    for (const other of this.#sides) if (other !== side) this.#players[other].pause();
    this.#emit("played", { side, event: "started" });
  }

  #end(side) {
    this.heard[side] = true;
    this.#lock();
    this.#emit("played", { side, event: "ended" });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
