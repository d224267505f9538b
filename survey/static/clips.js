/* The sound of clips, fetched whole and ahead of time, so that no first play waits. */

import { isBusy, limit, pause, waitOf } from "./server.js";

const TIMEOUT = 60_000; // ms: a slow phone line still brings a clip
const TRIES = 4; // for one clip, while the server says when to come back
/** The server has no clip of this address. */
export class Gone extends Error {}

const sounds = new Map(); // address -> promise of an object URL

/** The address of a clip's sound on this device; fails if it cannot be had now. */
export function fetchClip(url) {
  if (!sounds.has(url)) {
    const sound = load(url);
    sounds.set(url, sound);
    sound.catch(() => sounds.get(url) === sound && sounds.delete(url)); // the next asks anew
  }
  return sounds.get(url);
}

/** Forget all clips but these. */
export function keepOnly(urls) {
  for (const [url, sound] of sounds) {
    if (urls.includes(url)) continue;
    sounds.delete(url);
    sound.then(URL.revokeObjectURL, () => {});
  }
}

/** Fetch a sound anew that is here but cannot be played. */
export function forget(url) {
  sounds.get(url)?.then(URL.revokeObjectURL, () => {});
  sounds.delete(url);
}

async function load(url) {
  let response = await fetch(url, limit(TIMEOUT));
  for (let tries = 1; tries < TRIES && isBusy(response) && waitOf(response) !== null; tries++) {
    await pause(waitOf(response));
    response = await fetch(url, limit(TIMEOUT));
  }
  if (response.status === 404) throw new Gone(url);
  if (!response.ok) throw new Error(`${response.status} for a clip`);
  return URL.createObjectURL(await response.blob());
}
