/* Something that a press of a button does, and that takes a while. */

/** Do it once at a time; `complain` is given what kept it from being done. */
export async function attempt(button, work, complain) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    complain(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}
