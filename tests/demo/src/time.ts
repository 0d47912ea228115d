// SPDX-License-Identifier: Apache-2.0
// Waiting, always with an end.

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the condition gives something. @throws what it waited for, when it did not come in time. */
export async function until<T>(what: string, ms: number, condition: () => T | undefined | false | null, everyMs = 50): Promise<T> {
  for (const end = Date.now() + ms; ; ) {
    const value = condition();
    if (value !== undefined && value !== false && value !== null) return value as T;
    if (Date.now() >= end) throw new Error(`${what}: not within ${(ms / 1000).toFixed(0)} s`);
    await sleep(everyMs);
  }
}

/** The same for conditions that ask somebody. Errors of the last attempt are told. */
export async function untilAsked<T>(what: string, ms: number, ask: () => Promise<T | undefined | false>, everyMs = 500): Promise<T> {
  let why = "";
  for (const end = Date.now() + ms; ; ) {
    try {
      const value = await ask();
      if (value !== undefined && value !== false) return value as T;
      why = "";
    } catch (error) {
      why = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    if (Date.now() >= end) throw new Error(`${what}: not within ${(ms / 1000).toFixed(0)} s${why}`);
    await sleep(everyMs);
  }
}

export const seconds = (ms: number | string): string => (Number(ms) / 1000).toFixed(1);
