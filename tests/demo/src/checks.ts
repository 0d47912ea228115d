// SPDX-License-Identifier: Apache-2.0
// What was expected and what was seen. A difference is shown at once and makes the demo fail.

export interface Check {
  name: string;
  expected: string;
  seen: string;
  ok: boolean;
}

export class Checks {
  readonly all: Check[] = [];

  note(name: string, expected: unknown, seen: unknown, ok: boolean): boolean {
    const check = { name, expected: String(expected), seen: String(seen), ok };
    this.all.push(check);
    if (!ok) process.stdout.write(`    DIFFERS  ${name}: expected ${check.expected}, seen ${check.seen}\n`);
    return ok;
  }
  same(name: string, expected: string | number | boolean, seen: unknown): boolean {
    return this.note(name, expected, seen, String(expected) === String(seen));
  }
  oneOf(name: string, expected: string[], seen: string): boolean {
    return this.note(name, expected.join(" or "), seen, expected.includes(seen));
  }
  near(name: string, expectedMs: number, seenMs: number, toleranceMs: number): boolean {
    const text = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
    return this.note(
      name,
      `${text(expectedMs)} +- ${text(toleranceMs)}`,
      text(seenMs),
      Math.abs(expectedMs - seenMs) <= toleranceMs
    );
  }
  atMost(name: string, most: number, seen: number, unit: string): boolean {
    return this.note(name, `at most ${most} ${unit}`, `${Math.round(seen)} ${unit}`, seen <= most);
  }
  /** Something could not be looked at, or did not happen. */
  failed(name: string, error: unknown): void {
    this.note(name, "it happens", error instanceof Error ? error.message : String(error), false);
  }
  get differing(): Check[] {
    return this.all.filter((check) => !check.ok);
  }
}
