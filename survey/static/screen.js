/* What is on the page: one stage at a time, the progress, and what there is to say. */

import { say } from "./words.js";

const stage = document.getElementById("stage");
const status = document.getElementById("status");

/** Show the template of a stage, and give its element; its heading is read next. */
export function show(name, prepare = () => {}) {
  const content = document.getElementById(name).content.cloneNode(true);
  const element = content.firstElementChild;
  prepare(element);
  stage.replaceChildren(content);
  stage.dataset.stage = name;
  window.scrollTo(0, 0);
  element.querySelector("h1").focus({ preventScroll: true });
  return element;
}

/** Say something below the stage; an alert is in another colour, `retry` a button's work. */
export function tell(text, alert = false, retry = null) {
  status.textContent = text;
  status.classList.toggle("alert", alert);
  if (!retry) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = say("page.retry");
  button.addEventListener("click", retry);
  status.append(" ", button);
}

/** Say that the server has much to do, and that the page goes on by itself. */
export function crowded() {
  tell(say("page.crowded"));
}

/** How many of the pairs that count are done; said only where they are what goes on. */
export function progress({ done, total }, spoken) {
  const bar = document.getElementById("progress");
  bar.max = Math.max(total, 1);
  bar.value = done;
  document.getElementById("done").textContent = spoken ? say("tools.done", { done, total }) : "";
}
