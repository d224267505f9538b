/* Single keys for a pair; the help says which, and they can be switched off there. */

const PLACES = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

function writing(element) {
  return element.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
}

/** Let keys act on what `trial()` gives, a pair or null, and `help()` be called. */
export function keys(store, trial, help) {
  const toggle = document.getElementById("shortcuts");
  toggle.checked = store.get("shortcuts", true);
  toggle.addEventListener("change", () => store.set("shortcuts", toggle.checked));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (writing(event.target) || document.querySelector("dialog[open]") || !toggle.checked) return;
    const key = event.key.toLowerCase();
    const pair = trial();
    // On a control Enter does what it does there; a radio button's would be the form's.
    const free = !event.target.closest("button, a, input");
    if (key === "?") help();
    else if (!pair) return;
    else if (key === "enter" && free) pair.next();
    else if (PLACES.includes(key)) pair.pick(Number(key));
    else if (key === "c") pair.comment();
    else if (!pair.pressKey(key)) return;
    event.preventDefault();
  });
}
