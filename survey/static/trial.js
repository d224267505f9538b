/* A trial: hear its clips, answer, go on. What is answered so far outlives a reload. */

import { fetchClip, keepOnly } from "./clips.js";
import { comments } from "./comment.js";
import { Listening } from "./listening.js";
import { Ratings } from "./ratings.js";
import { show, tell } from "./screen.js";
import { key } from "./server.js";
import { say } from "./words.js";

const ROUND = 10; // parts of a second that a time is rounded to
const LONGEST_SECONDS = Number(document.body.dataset.longest); // that the server accepts

/** A form has as many clips as the largest trial: those that this one lacks go, and its text comes. */
function fit(form, { clips, text }) {
  for (const voice of form.querySelectorAll("[data-place]")) {
    if (!(voice.dataset.place in clips)) voice.remove();
  }
  const passage = form.querySelector("[data-show=text]");
  if (!passage) return;
  passage.textContent = text;
  passage.hidden = text === "";
  form.querySelector(".clips").dataset.count = Object.keys(clips).length;
}

export class Trial {
  #trial;
  #services;
  #form;
  #listening;
  #ratings;
  #comment;
  #shown = performance.now();
  #last; // whether it is the last trial
  #before; // seconds spent on this pair before a reload
  #prepared = false; // whether the next pair's clips are here, or cannot be had
  #sent = false;

  /** Services: {store, outbox} of the participant, and `seek`, called when a clip is gone. */
  constructor(state, services, note) {
    this.#trial = state.trial;
    this.#services = services;
    const { practice, number } = state.trial;
    this.#last = !practice && number === state.progress.total;
    this.#form = show("trial", (form) => {
      form.querySelector("h1").textContent = practice
        ? say("trial.practice", { number })
        : say("trial.title", { number, total: state.progress.total });
      fit(form, state.trial);
    });
    const draft = this.#draft();
    this.#before = draft.seconds;
    this.#rate(draft);
    this.#listen();
    this.#form.querySelector("[data-do=back]")?.addEventListener("click", () => this.#turn(-1));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.next();
    });
    this.#refresh();
    tell(note || (this.#listening.complete ? "" : say("note.listen")));
    this.#prepare(state.next);
    if (services.outbox.answer(state.trial.id)) this.#wait();
  }

  get #next() {
    return this.#form.querySelector("[data-do=next]");
  }

  /** Whether an answer is on its way. */
  get waiting() {
    return this.#sent;
  }

  /** Play or pause a clip. */
  press(side) {
    this.#listening.press(side);
  }

  /** Play or pause the clip of a key; false if it has none. */
  pressKey(key) {
    const button = [...this.#form.querySelectorAll("button[data-key]")].find(
      (other) => other.dataset.key === key,
    );
    if (button) this.press(button.dataset.side);
    return Boolean(button);
  }

  /** Answer a question by the place of the answer. */
  pick(place) {
    if (this.#sent) return;
    if (this.#ratings.enabled) this.#ratings.pick(place);
    else tell(say("note.unheard"));
  }

  pause() {
    this.#listening.pause();
  }

  comment() {
    if (!this.#sent) this.#comment.open();
  }

  /** Send the answer or turn to further questions, or say what is missing. */
  next() {
    if (this.#sent) return;
    if (!this.#listening.complete) return tell(say("note.unheard"), true);
    const missing = this.#ratings.missing;
    if (missing.length) {
      const names = missing.map((name) => this.#word(name));
      this.#ratings.focusMissing();
      this.#refresh();
      return tell(say("note.missing", { what: names.join(", ") }), true);
    }
    if (this.#more) return this.#turn(1);
    if (!this.#prepared) return tell(say("note.preparing"));
    const isReplies = this.#form.dataset.path === "replies";
    this.#services.outbox.add(isReplies ? "replies" : "answers", {
      trial: this.#trial.id,
      submission: key(),
      ...(isReplies ? { replies: this.#ratings.replies } : this.#ratings.values),
      comment: this.#comment.text || null,
      seconds: this.#seconds(),
    });
    this.#wait();
  }

  /** Whether further pages of questions come. */
  get #more() {
    return this.#ratings.page + 1 < this.#ratings.pages;
  }

  #turn(by) {
    if (this.#sent) return;
    this.#ratings.page += by;
    this.#keep();
    this.#refresh();
    tell("");
    this.#form.querySelector("[data-show=page]").focus();
  }

  #word(name) {
    if (this.#form.dataset.path === "replies") return this.#ratings.legend(name);
    return say(name === "direction" ? "note.direction" : `scales.${name}`);
  }

  /** The answer was not stored: let it be given again. */
  reopen() {
    this.#sent = false;
    this.#ratings.enabled = this.#listening.complete;
    this.#refresh();
  }

  #wait() {
    this.#sent = true;
    this.pause();
    this.#ratings.enabled = false;
    this.#refresh();
    tell(say("note.saving"));
  }

  #rate(draft) {
    this.#ratings = new Ratings(this.#form);
    this.#ratings.values = draft.values;
    this.#ratings.page = draft.page;
    this.#ratings.addEventListener("change", () => {
      this.#keep();
      if (this.#refresh()) tell("");
    });
    this.#comment = comments(this.#form, draft.comment, () => this.#keep());
  }

  #listen() {
    const { id, clips, heard } = this.#trial;
    const outbox = this.#services.outbox;
    const known = Object.fromEntries(
      Object.keys(clips).map((side) => [side, heard[side] || outbox.heard(id, side)]),
    );
    this.#listening = new Listening(this.#form, clips, known);
    this.#ratings.enabled = this.#listening.complete;
    this.#listening.addEventListener("played", ({ detail }) => this.#played(detail));
    this.#listening.addEventListener("locked", () => tell(say("note.order")));
    this.#listening.addEventListener("fail", ({ detail }) => {
      tell(say(`note.${detail.note}`), true);
      if (detail.gone) this.#services.seek();
    });
  }

  #played({ side, event }) {
    this.#services.outbox.add("plays", { trial: this.#trial.id, side, event, submission: key() });
    if (event !== "ended" || this.#sent || this.#ratings.enabled) return;
    if (this.#listening.complete) {
      this.#ratings.enabled = true;
      tell(say("note.answer"));
    } else {
      tell(say("note.second"));
    }
  }

  /** Next is offered when the clips after it are here: a pair in mid-test must not lack sound.
   * An answer is worth more, though: if they cannot be had, the next pair lets one try again. */
  async #prepare(next) {
    const coming = next ? Object.values(next) : [];
    keepOnly([...Object.values(this.#trial.clips), ...coming]);
    await Promise.allSettled(coming.map(fetchClip));
    this.#prepared = true;
    this.#refresh();
  }

  #refresh() {
    const more = this.#more;
    const ready =
      (this.#prepared || more) &&
      !this.#sent &&
      this.#listening?.complete &&
      !this.#ratings.missing.length;
    const onward = this.#last ? say("trial.last") : say("trial.next");
    this.#next.textContent = more ? say("trial.more") : onward;
    this.#showPage();
    this.#next.setAttribute("aria-disabled", !ready);
    this.#next.setAttribute("aria-busy", this.#sent);
    this.#comment.enabled = !this.#sent;
    return ready;
  }

  #showPage() {
    const { page, pages } = this.#ratings;
    const line = this.#form.querySelector("[data-show=page]");
    if (!line) return; // all is asked at once
    line.hidden = pages < 2;
    line.textContent = say("trial.page", { number: page + 1, total: pages });
    const back = this.#form.querySelector("[data-do=back]");
    back.hidden = page === 0;
    back.disabled = this.#sent;
  }

  #seconds() {
    const spent = this.#before + (performance.now() - this.#shown) / 1000;
    return Math.min(Math.round(spent * ROUND) / ROUND, LONGEST_SECONDS); // a page may be left open
  }

  #draft() {
    const draft = this.#services.store.get("draft");
    const mine = draft?.trial === this.#trial.id ? draft : {};
    return { values: {}, page: 0, comment: "", seconds: 0, ...mine };
  }

  #keep() {
    this.#services.store.set("draft", {
      trial: this.#trial.id,
      values: this.#ratings.values,
      page: this.#ratings.page,
      comment: this.#comment.text,
      seconds: this.#seconds(),
    });
  }
}
