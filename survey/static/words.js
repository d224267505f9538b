/* The words of a page: the server writes them into it, in the study's language. */

const words = JSON.parse(document.body.dataset.words);

/** The words of a key, with the names in braces replaced. */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
