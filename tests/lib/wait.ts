// SPDX-License-Identifier: Apache-2.0
// Waiting for events, never for time: each wait has a bound, and says what it waited for.

export const nowMs = (): number => performance.timeOrigin + performance.now();
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks again and again until look gives something (an exception: not yet). @return it. */
export async function until<T>(what: string, ms: number, look: () => Promise<T | undefined | false | null> | T | undefined | false | null, everyMs = 50): Promise<T> {
  const end = nowMs() + ms;
  let last = "";
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false && seen !== null) return seen;
      last = "";
    } catch (error) {
      last = `: ${(error as Error).message}`;
    }
    if (nowMs() >= end) throw new Error(`${what} did not come about within ${ms} ms${last}`);
    await pause(everyMs);
  }
}

/** The promise's value, or an error that says what did not come in time. */
export function within<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<T>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come about within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
