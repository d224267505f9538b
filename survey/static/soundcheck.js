/* Which ear hears what; whatever comes out, the test goes on. */

import { attempt } from "./attempt.js";
import { Player } from "./player.js";
import { crowded, show, tell } from "./screen.js";
import { ask, base } from "./server.js";
import { say } from "./words.js";

export const CHECK_WORDS = {
  loading: "clip.loading",
  play: "sound.play",
  playing: "sound.playing",
  paused: "clip.paused",
  again: "sound.again",
  failed: "clip.failed",
};

/** `arrive` is given the state after the check. */
export class SoundCheck {
  #form;
  #player;
  #order;
  #heard;

  constructor(token, arrive, complain) {
    this.#form = show("sound");
    const [button, audio] = [this.#find(".clip"), this.#find("audio")];
    this.#player = new Player(button, audio, CHECK_WORDS);
    this.#player.addEventListener("start", () => this.#unlock());
    this.#player.addEventListener("fail", ({ detail }) => tell(say(`note.${detail.note}`), true));
    for (const side of this.#form.querySelectorAll(".sides button")) {
      side.addEventListener("click", () => this.#answer(side.value));
    }
    this.#find("[data-do=repeat]").addEventListener("click", () => this.#begin(true));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const send = async () =>
        arrive(await ask("sound", token, { ...this.#heard, ok: this.#right }));
      attempt(this.#find("[type=submit]"), send, complain, crowded);
    });
    this.#begin();
  }

  get #right() {
    return this.#heard.left === "left" && this.#heard.right === "right";
  }

  #find(selector) {
    return this.#form.querySelector(selector);
  }

  #part(name) {
    return this.#find(`[data-show=${name}]`);
  }

  #begin(repeated = false) {
    this.#order = Math.random() < 0.5 ? ["left", "right"] : ["right", "left"];
    this.#heard = {};
    this.#part("check").hidden = false;
    this.#part("result").hidden = true;
    this.#step();
    if (repeated) this.#find(".clip").focus();
  }

  #step() {
    const number = Object.keys(this.#heard).length;
    this.#part("step").textContent = say("sound.step", { number: number + 1 });
    this.#find(".sides").disabled = true;
    this.#player.load(`${base}/static/check-${this.#order[number]}.mp3`);
  }

  #unlock() {
    this.#find(".sides").disabled = false;
    tell("");
  }

  #answer(side) {
    this.#player.pause();
    this.#heard[this.#order[Object.keys(this.#heard).length]] = side;
    if (Object.keys(this.#heard).length < 2) {
      this.#step();
      this.#find(".clip").focus();
      tell(this.#part("step").textContent);
    } else {
      this.#conclude();
    }
  }

  #conclude() {
    this.#part("check").hidden = true;
    this.#part("result").hidden = false;
    const verdict = this.#part("verdict");
    verdict.textContent = say(this.#right ? "sound.good" : "sound.poor");
    verdict.focus();
    tell("");
  }
}
