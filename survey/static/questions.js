/* The optional questions before the test. */

import { attempt } from "./attempt.js";
import { crowded, show } from "./screen.js";
import { ask } from "./server.js";

/** Ask the optional questions; `arrive` is given the state after them. */
export function questions(token, arrive, complain) {
  const form = show("questions");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const replies = Object.fromEntries(
      [...new FormData(form)].map(([name, value]) => [name, value || null]),
    );
    const send = async () => arrive(await ask("questions", token, replies));
    attempt(form.querySelector("[type=submit]"), send, complain, crowded);
  });
}
