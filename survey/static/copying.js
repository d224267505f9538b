/* Buttons that copy what stands in a field: ``<button data-copies="id of the field">``. */

import { say } from "./words.js";

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value); // only there with HTTPS
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

/** Let the buttons inside an element work; `tell` is given what happened. */
export function copying(element, tell) {
  for (const button of element.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", async () => {
      const isCopied = await copy(element.querySelector(`#${button.dataset.copies}`));
      button.focus();
      tell(say(isCopied ? "note.copied" : "note.uncopied"));
    });
  }
}
