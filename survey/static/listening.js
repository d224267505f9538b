/* The two clips of a pair: the second after the first, either again after that. */

import { Player } from "./player.js";

export const SIDES = ["first", "second"];
const WORDS = Object.fromEntries(
  ["loading", "play", "playing", "paused", "again", "later", "failed"].map((state) => [
    state,
    `clip.${state}`,
  ]),
);

export class Listening extends EventTarget {
  #players = {};

  /** Events: "played" {side, event}, "fail" {note, gone}, "locked"; heard: which side was heard to its
   * end already. */
  constructor(form, clips, heard) {
    super();
    this.heard = { ...heard };
    for (const side of SIDES) {
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
    this.#players.second.locked = !this.heard.first;
  }

  get complete() {
    return SIDES.every((side) => this.heard[side]);
  }

  press(side) {
    this.#players[side].press();
  }

  pause() {
    for (const player of Object.values(this.#players)) player.pause();
  }

  #start(side) {
    for (const other of SIDES) if (other !== side) this.#players[other].pause();
    this.#emit("played", { side, event: "started" });
  }

  #end(side) {
    this.heard[side] = true;
    if (side === "first") this.#players.second.locked = false;
    this.#emit("played", { side, event: "ended" });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
