/* The page before a study: agree, and begin. */

import { attempt } from "./attempt.js";
import { ask, base, Refusal } from "./server.js";
import { begun } from "./store.js";
import { say } from "./words.js";

const { study, invitation } = document.body.dataset;
const form = document.getElementById("consent");
const token = begun(study).get("token");

if (token) {
  const again = document.getElementById("again");
  again.querySelector("a").href = `${base}/p/${token}`;
  again.hidden = false;
}

async function join() {
  const body = { study, consent: true, ...(invitation && { invitation }) };
  const { token, url } = await ask("join", null, body);
  begun(study).set("token", token);
  window.location.assign(url);
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const agree = document.getElementById("agree");
  const status = document.getElementById("status");
  status.classList.toggle("alert", !agree.checked);
  status.textContent = say(agree.checked ? "consent.starting" : "consent.unticked");
  if (!agree.checked) return agree.focus();
  attempt(form.querySelector("[type=submit]"), join, (error) => {
    status.classList.add("alert");
    status.textContent = error instanceof Refusal ? error.message : say("page.unreached");
  });
});
