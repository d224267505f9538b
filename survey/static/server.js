/* Asking the server. */

export const base = document.documentElement.dataset.base;
const PATIENCE = 15_000; // ms

/** The server could not be asked, or could not answer just now: to be tried again. */
export class Unreachable extends Error {}

/** The server said no, and will say so again. */
export class Refusal extends Error {
  constructor(status, said) {
    super(said.message);
    this.status = status;
    this.code = said.error;
    this.state = said.state ?? null;
  }
}

/** What the API answers; null if there is nothing in it. A body is sent, without one is asked. */
export async function ask(path, token, body) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const options = { headers, method: body ? "POST" : "GET", cache: "no-store", ...limit() };
  if (body) options.body = JSON.stringify(body);
  let response, said;
  try {
    response = await fetch(`${base}/api/${path}`, options);
    if (response.status === 204) return null;
    said = await response.json(); // a hotel's log-in page is no JSON: not our server
  } catch (error) {
    throw new Unreachable(error.message);
  }
  if (response.ok) return said;
  if (response.status >= 500 || !said.error) throw new Unreachable(said.message);
  throw new Refusal(response.status, said);
}

/** Ends a request that hangs, in browsers that can. */
export function limit(time = PATIENCE) {
  return AbortSignal.timeout ? { signal: AbortSignal.timeout(time) } : {};
}

/** A random name for a submission; `crypto.randomUUID` is not there without HTTPS. */
export function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
