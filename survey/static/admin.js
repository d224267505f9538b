// Makes the admin's pages live; without it they work, only not by themselves.
"use strict";

// A part of the page that is fetched again and again. The part says in data-state which state of
// the study it shows: an old one is replaced once the new figures can be drawn, so that nothing
// jumps, and scrolling stays where it is.
class Live {
  constructor(element) {
    this.element = element;
    this.every = 1000 * (element.dataset.every || 10);
    this.status = document.querySelector("[data-live-status]");
    this.say("Kept up to date.");
    this.wait();
  }

  wait() {
    setTimeout(() => this.refresh(), this.every);
  }

  async refresh() {
    if (!document.hidden) {
      try {
        const answer = await fetch(this.element.dataset.live, { cache: "no-store" });
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        await this.show(await answer.text());
        this.say("Kept up to date.");
      } catch (error) {
        this.say(`Not up to date: ${error.message}. Trying again.`);
      }
    }
    this.wait();
  }

  async show(text) {
    const parsed = new DOMParser().parseFromString(text, "text/html").body;
    const next = parsed.querySelector("[data-state]");
    const old = this.element.querySelector("[data-state]");
    if (!next || (old && old.dataset.state === next.dataset.state)) return;
    const drawn = [...next.querySelectorAll("img")].map((image) => {
      const ahead = new Image();
      ahead.src = image.getAttribute("src");
      return ahead.decode().catch(() => undefined);
    });
    await Promise.all(drawn);
    const focused = this.element.contains(document.activeElement);
    this.element.replaceChildren(document.adoptNode(next));
    if (focused) {
      this.element.tabIndex = -1;
      this.element.focus({ preventScroll: true });
    }
  }

  say(words) {
    if (!this.status) return;
    this.status.hidden = false;
    if (this.status.textContent !== words) this.status.textContent = words;
  }
}

function copier(button) {
  const source = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    source.select();
    try {
      await navigator.clipboard.writeText(source.value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Press Ctrl+C"; // it is selected; no permission to copy, or no https
    }
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}

// A second click while the first is under way must not make things twice.
function once(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => { delete form.dataset.sent; });
}

for (const element of document.querySelectorAll("[data-live]")) new Live(element);
for (const button of document.querySelectorAll("[data-copy]")) copier(button);
for (const form of document.querySelectorAll("form[data-once]")) once(form);
