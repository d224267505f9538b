/* The page before a study: agree, and begin. Who has begun on this device is led back; that
   somebody else begins here is then a choice of its own. */

import { attempt } from "./attempt.js";
import { ask, base, key, pause, Refusal } from "./server.js";
import { begun, Store } from "./store.js";
import { say } from "./words.js";

const { study, invitation, text } = document.body.dataset;
const panel = JSON.parse(document.body.dataset.panel); // its numbers, where one sent somebody
const AGAIN = 5_000; // ms
const form = document.getElementById("consent");
const agree = document.getElementById("agree");
const status = document.getElementById("status");
let another = false; // whether somebody else begins on this device

/** Show what fits who comes, or comes back: the browser may have kept the page as it was left. */
function arrive() {
  const token = begun(study).get("token");
  for (const part of document.querySelectorAll("[data-begun]")) {
    part.hidden = (part.dataset.begun === "yes") !== Boolean(token);
  }
  for (const link of document.querySelectorAll("a[data-resume]")) {
    link.href = `${base}/p/${token}`;
  }
  another = false;
  if (!form || !token) return;
  agree.checked = false;
  status.textContent = "";
}

function tell(text, alert) {
  status.classList.toggle("alert", alert);
  status.textContent = text;
}

/** What only this device knows: by it the server finds whom a panel's number was first used by. */
function device() {
  const store = new Store("device");
  if (!store.get("secret")) store.set("secret", key());
  return store.get("secret");
}

/** To the place of a panel's number that is in use, if it was begun here; else the page says so. */
async function comeAgain() {
  for (;;) {
    try {
      const { token, url } = await ask("join", null, { study, panel, device: device() });
      begun(study).set("token", token);
      return window.location.replace(url);
    } catch (error) {
      if (error instanceof Refusal) return;
      await pause(error.wait ?? AGAIN);
    }
  }
}

async function join() {
  if (begun(study).get("token") && !another) return arrive(); // there while this one waited
  const body = { study, consent: true, text, ...(invitation && { invitation }) };
  if (Object.keys(panel).length) Object.assign(body, { panel, device: device() });
  const { token, url } = await ask("join", null, body);
  begun(study).set("token", token);
  another = false;
  window.location.assign(url);
}

arrive();
window.addEventListener("pageshow", arrive);
if (document.querySelector("[data-elsewhere]")) comeAgain();

document.getElementById("another")?.addEventListener("click", () => {
  another = true;
  document.getElementById("choice").hidden = true;
  document.getElementById("begin").hidden = false;
  tell(say("consent.second"), false);
  agree.focus();
});

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (begun(study).get("token") && !another) return arrive(); // in another window, meanwhile
  tell(say(agree.checked ? "consent.starting" : "consent.unticked"), !agree.checked);
  if (!agree.checked) return agree.focus();
  const complain = (error) =>
    tell(error instanceof Refusal ? error.message : say("page.unreached"), true);
  const wait = () => tell(say("page.crowded"), false);
  attempt(form.querySelector("[type=submit]"), join, complain, wait);
});
