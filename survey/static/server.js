/* Asking the server. */

export const base = document.documentElement.dataset.base;
const TIMEOUT = 15_000; // ms

const LATER = [408, 425, 429]; // statuses that refuse nothing, beside those of 500 and more
const USUAL_WAIT = 5, LONGEST_WAIT = 60; // s, where these do not say how long, and at most

/** The server could not be asked, or could not answer just now: to be tried again. */
export class Unreachable extends Error {
  /** wait: ms after which it said it can be; null if it said nothing. */
  constructor(message, wait = null) {
    super(message);
    this.wait = wait;
  }
}

/** The server said no, and will say so again. */
export class Refusal extends Error {
  constructor(status, answer) {
    super(answer.message);
    this.status = status;
    this.code = answer.error;
    this.state = answer.state ?? null;
  }
}

/** What the API answers; null if there is nothing in it. A body is sent, without one is asked. */
export async function ask(path, token, body) {
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const options = { headers, method: body ? "POST" : "GET", cache: "no-store", ...limit() };
  if (body) options.body = JSON.stringify(body);
  let response, answer;
  try {
    response = await fetch(`${base}/api/${path}`, options);
    if (response.status === 204) return null;
    if (isBusy(response)) throw new Unreachable(`${response.status}`, waitOf(response));
    answer = await response.json(); // a hotel's log-in page is no JSON: not our server
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable(error.message);
  }
  if (response.ok) return answer;
  if (!answer.error) throw new Unreachable(answer.message);
  throw new Refusal(response.status, answer);
}

/** Whether a server, or what stands before it, cannot answer now, and may another time. */
export function isBusy({ status }) {
  return status >= 500 || LATER.includes(status);
}

/** How long to wait after such a response, in ms, a little more so that not all come back at once;
 * null if it does not say, and may have done what was asked. */
export function waitOf({ status, headers }) {
  const header = headers.get("Retry-After");
  const seconds = Number(header ?? (LATER.includes(status) ? USUAL_WAIT : NaN));
  if (!(seconds >= 0)) return null;
  return 1000 * Math.min(seconds, LONGEST_WAIT) * (1 + Math.random() / 4);
}

export const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Ends a request that hangs, in browsers that can. */
export function limit(time = TIMEOUT) {
  return AbortSignal.timeout ? { signal: AbortSignal.timeout(time) } : {};
}

/** A random name for a submission; `crypto.randomUUID` is not there without HTTPS. */
export function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
