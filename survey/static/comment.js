/* The optional comment on a pair, in a dialog, so that the pair fits the screen. */

import { say } from "./words.js";

/** Let a pair's comment be written; `changed` is called when it was. */
export function comments(form, text, changed) {
  const dialog = document.getElementById("comment");
  const field = dialog.querySelector("textarea");
  const button = form.querySelector("[data-opens=comment]");
  field.value = text;
  const label = () => {
    const full = field.value.trim() !== "";
    button.dataset.full = full;
    button.textContent = say(full ? "trial.commented" : "trial.comment");
  };
  const open = () => {
    dialog.showModal();
    field.focus();
  };
  field.oninput = changed;
  dialog.onclose = label;
  button.addEventListener("click", open);
  label();
  return {
    open,
    set enabled(enabled) {
      button.disabled = !enabled;
    },
    get text() {
      return field.value.trim();
    },
  };
}
