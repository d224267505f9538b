/* Help, pause and withdrawal: dialogs that can be opened at every stage. */

import { attempt } from "./attempt.js";
import { copying } from "./copying.js";
import { ask, Refusal } from "./server.js";
import { say } from "./words.js";

const find = (id) => document.getElementById(id);

/** Open a dialog, its heading read first. */
export function open(name) {
  const dialog = find(name);
  if (document.querySelector("dialog[open]")) return;
  const status = dialog.querySelector(".status");
  if (status) status.textContent = "";
  dialog.showModal();
  dialog.querySelector("h2").focus();
}

/** Let the bar's buttons work; `opening` is called before, `withdrawn` when all is deleted. */
export function dialogs(token, opening, withdrawn) {
  find("tools").hidden = false;
  for (const button of find("tools").querySelectorAll("[data-opens]")) {
    button.addEventListener("click", () => {
      opening();
      open(button.dataset.opens);
    });
  }
  const [pause, withdraw] = [find("pause"), find("withdraw")];
  find("link").value = window.location.href.split("#")[0];
  copying(pause, (text) => (pause.querySelector(".status").textContent = text));
  find("confirm").addEventListener("click", () => {
    const status = withdraw.querySelector(".status");
    const send = async () => {
      await erase(token);
      withdraw.close();
      withdrawn();
    };
    const tell = (word) => () => (status.textContent = say(word));
    status.textContent = "";
    attempt(find("confirm"), send, tell("withdraw.failed"), tell("page.crowded"));
  });
}

async function erase(token) {
  try {
    await ask("withdraw", token, { confirm: true });
  } catch (error) {
    // Gone already: a first try came through, and only its answer was lost.
    if (!(error instanceof Refusal && error.status === 404)) throw error;
  }
}
