/* The five questions of a pair, in their order. */

export class Ratings extends EventTarget {
  #form;
  #sets;

  /** Events: "change" when something is answered. */
  constructor(form) {
    super();
    this.#form = form;
    this.#sets = [...form.querySelectorAll("fieldset[data-question]")];
    form.addEventListener("change", () => this.dispatchEvent(new Event("change")));
  }

  /** What is answered so far: the direction a word, the scales numbers. */
  get values() {
    const values = {};
    for (const [name, value] of new FormData(this.#form)) {
      values[name] = name === "direction" ? value : Number(value);
    }
    return values;
  }

  set values(values) {
    for (const set of this.#sets) {
      const value = values[set.dataset.question];
      for (const input of set.querySelectorAll("input")) {
        input.checked = input.value === String(value);
      }
    }
  }

  set enabled(enabled) {
    for (const set of this.#sets) set.disabled = !enabled;
  }

  get enabled() {
    return !this.#sets[0].disabled;
  }

  /** The names of the questions without an answer. */
  get missing() {
    return this.#unanswered.map((set) => set.dataset.question);
  }

  get #unanswered() {
    return this.#sets.filter((set) => !set.querySelector(":checked"));
  }

  /** Put the focus on the first question without an answer; false if there is none. */
  focusMissing() {
    this.#unanswered[0]?.querySelector("input").focus();
    return this.#unanswered.length > 0;
  }

  /** Answer the question that has the focus, or else the first open one, by its place, from 1. */
  pick(place) {
    const focused = this.#sets.find((set) => set.contains(document.activeElement));
    const set = focused ?? this.#unanswered[0];
    const input = set?.querySelectorAll("input")[place - 1];
    if (!input || set.disabled) return;
    input.checked = true;
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
    const next = this.#sets.slice(this.#sets.indexOf(set) + 1);
    const target = next.find((other) => !other.querySelector(":checked")) ?? this.#unanswered[0];
    target?.querySelector("input").focus();
  }
}
