// SPDX-License-Identifier: Apache-2.0
// One clock for everything that ticks: a single timer while something listens, in the server's time.
import { useSyncExternalStore } from 'react';

let offset = 0; // server's clock minus this machine's, ms
let offsetKnown = false;
let now = Date.now();
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** What a frame said of the server's time. Frames arrive late, never early: the greatest difference is the truest. */
export function setClockOffset(ms: number): void {
  if (offsetKnown && ms <= offset && ms > offset - 5000) return;
  offset = ms;
  offsetKnown = true;
}
/** The server's time in ms, as well as it is known. */
export function serverNow(): number {
  return Date.now() + offset;
}
function tick(): void {
  now = serverNow();
  for (const listener of listeners) listener();
  // to the next full second of the server, so that all figures change together
  timer = listeners.size > 0 ? setTimeout(tick, 1000 - (serverNow() % 1000) + 5) : undefined;
}
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = serverNow();
    timer = setTimeout(tick, 1000 - (now % 1000) + 5);
  }
  return () => listeners.delete(listener);
}
/** The server's time in ms, new each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
