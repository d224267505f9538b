/* The questions of a trial, in their order, on one page or several. */

/* Sets without a kind are those of a pair: a direction, and scales; all of them are needed. */
const isNeeded = (set) => !("kind" in set.dataset) || "needed" in set.dataset;

const pageOf = (set) => Number(set.dataset.page ?? 1);

function valueOf(set) {
  const kind = set.dataset.kind ?? (set.dataset.question === "direction" ? "choice" : "scale");
  if (kind === "text") return set.querySelector("textarea").value.trim() || null;
  const selector = kind === "slider" ? "input[data-touched]" : "input:checked";
  const input = set.querySelector(selector);
  if (!input) return null;
  return kind === "choice" ? input.value : Number(input.value);
}

export class Ratings extends EventTarget {
  #form;
  #sets;
  #pages; // numbers of those that there are
  #page = 0; // place among them

  /** Events: "change" when something is answered. */
  constructor(form) {
    super();
    this.#form = form;
    this.#sets = [...form.querySelectorAll("fieldset[data-question]")];
    this.#pages = [...new Set(this.#sets.map(pageOf))].sort((one, other) => one - other);
    form.addEventListener("change", () => this.dispatchEvent(new Event("change")));
    for (const input of form.querySelectorAll("input[type=range]")) {
      // A slider that was pressed where it stands has been answered, too.
      for (const event of ["input", "click", "change"]) {
        input.addEventListener(event, () => this.#touch(input, event === "click"), true);
      }
    }
  }

  /** How many pages there are. */
  get pages() {
    return this.#pages.length;
  }

  /** The one that is shown, from 0. */
  get page() {
    return this.#page;
  }

  set page(place) {
    this.#page = Math.max(0, Math.min(place, this.pages - 1));
    for (const part of this.#form.querySelectorAll("[data-page]")) {
      part.hidden = !this.#shows(part);
    }
  }

  #shows(part) {
    return pageOf(part) === this.#pages[this.#page];
  }

  /** What is answered so far, by question: numbers of scales and sliders, else words. */
  get values() {
    const values = {};
    for (const set of this.#sets) {
      const value = valueOf(set);
      if (value !== null) values[set.dataset.question] = value;
    }
    return values;
  }

  set values(values) {
    for (const set of this.#sets) {
      const value = values[set.dataset.question];
      for (const input of set.querySelectorAll("input[type=radio]")) {
        input.checked = input.value === String(value);
      }
      const field = set.querySelector("input[type=range], textarea");
      if (!field || value === undefined) continue;
      field.value = value;
      if (field.type === "range") this.#touch(field);
    }
  }

  /** The same as the server has it: what was asked of each clip as a list, in the clips' order. */
  get replies() {
    const replies = {};
    for (const [key, value] of Object.entries(this.values)) {
      const [name, place] = key.split("@");
      if (place === undefined) replies[name] = value;
      else replies[name] = [...(replies[name] ?? []), value];
    }
    return replies;
  }

  #touch(input, tell = false) {
    const fresh = !("touched" in input.dataset);
    input.dataset.touched = "";
    input.parentElement.querySelector("output").textContent = input.value;
    if (fresh && tell) this.dispatchEvent(new Event("change"));
  }

  set enabled(enabled) {
    for (const set of this.#sets) set.disabled = !enabled;
  }

  get enabled() {
    return !this.#sets[0].disabled;
  }

  /** The names of the questions without an answer, up to the page that is shown. */
  get missing() {
    return this.#unanswered.map((set) => set.dataset.question);
  }

  /** What people read of a question. */
  legend(name) {
    const set = this.#sets.find((other) => other.dataset.question === name);
    return set.querySelector("legend").textContent.trim();
  }

  get #unanswered() {
    const last = this.#pages[this.#page];
    return this.#sets.filter(
      (set) => isNeeded(set) && valueOf(set) === null && pageOf(set) <= last,
    );
  }

  /** Put the focus on the first question without an answer, on its page; false if there is none. */
  focusMissing() {
    const [set] = this.#unanswered;
    if (set) this.page = this.#pages.indexOf(pageOf(set));
    set?.querySelector("input").focus();
    return this.#unanswered.length > 0;
  }

  /** Answer the question that has the focus, or else the first open one, by its place, from 1. */
  pick(place) {
    const focused = this.#sets.find((set) => set.contains(document.activeElement));
    const set = focused ?? this.#unanswered[0];
    const input = set?.querySelectorAll("input[type=radio]")[place - 1];
    if (!input || set.disabled) return;
    input.checked = true;
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
    const next = this.#sets.slice(this.#sets.indexOf(set) + 1);
    const open = (other) => this.#shows(other) && isNeeded(other) && valueOf(other) === null;
    const target = next.find(open) ?? this.#unanswered[0];
    target?.querySelector("input").focus();
  }
}
