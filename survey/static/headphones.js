/* The headphone check: which of three tones is the quietest, for each of some sounds. */

import { attempt } from "./attempt.js";
import { Player } from "./player.js";
import { crowded, show, tell } from "./screen.js";
import { ask } from "./server.js";
import { CHECK_WORDS } from "./soundcheck.js";
import { say } from "./words.js";

/** `sounds` are addresses; `arrive` is given the state after the check. */
export function headphones(token, sounds, arrive, complain) {
  const answers = [];
  const form = show("headphones");
  const part = (name) => form.querySelector(`[data-show=${name}]`);
  const [button, sides] = [".clip", ".sides"].map((selector) => form.querySelector(selector));
  const player = new Player(button, form.querySelector("audio"), CHECK_WORDS);

  function step() {
    part("step").textContent = say("headphones.step", {
      number: answers.length + 1,
      total: sounds.length,
    });
    sides.disabled = true;
    player.load(sounds[answers.length]);
  }

  function answer(place) {
    player.pause();
    answers.push(place);
    if (answers.length < sounds.length) {
      step();
      button.focus();
      tell(part("step").textContent);
      return;
    }
    part("check").hidden = true;
    part("result").hidden = false;
    part("verdict").focus();
    tell("");
  }

  player.addEventListener("end", () => {
    sides.disabled = false; // to be answered when all three were heard
    tell("");
  });
  player.addEventListener("fail", ({ detail }) => tell(say(`note.${detail.note}`), true));
  for (const side of sides.querySelectorAll("button")) {
    side.addEventListener("click", () => answer(Number(side.value)));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const send = async () => arrive(await ask("headphones", token, { answers }));
    attempt(form.querySelector("[type=submit]"), send, complain, crowded);
  });
  step();
}
