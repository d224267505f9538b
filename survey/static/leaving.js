/* Back to the panel that sent somebody, of itself after a while, or by a link. */

const WAIT = 5_000; // ms
let timer;

/** Offer the way back on a stage where all is done; `soon`: it is taken without a press. */
export function leaving(element, address, soon) {
  const part = element.querySelector("[data-leave]");
  if (!part || !address) return;
  part.hidden = false;
  part.querySelector("a").href = address;
  const addressPart = part.querySelector("[data-address]"); // in a dry run nobody is led away
  if (addressPart) addressPart.textContent = address;
  const goes = soon && !addressPart;
  part.querySelector("[data-soon]").hidden = !goes;
  if (goes) timer = setTimeout(() => window.location.assign(address), WAIT);
}

/** Somebody has still something to do here. */
export function stay() {
  clearTimeout(timer);
  for (const words of document.querySelectorAll("[data-soon]")) words.hidden = true;
}
