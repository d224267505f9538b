/* Something that a press of a button does, and that takes a while. */

import { pause, Unreachable } from "./server.js";

/** Do it once at a time; `complain` is given what kept it from being done. While the server says
 * when to come back, having stored nothing, it is done again then, and `wait` is called before. */
export async function attempt(button, work, complain, wait) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await patiently(work, wait);
  } catch (error) {
    complain(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function patiently(work, wait) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unreachable) || error.wait === null) throw error;
      wait();
      await pause(error.wait);
    }
  }
}
