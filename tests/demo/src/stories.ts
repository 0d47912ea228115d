// SPDX-License-Identifier: Apache-2.0
// What the callers are going to do, a row a caller. Times in milliseconds; waits count from the digit pressed.

export interface Story {
  startMs: number; // after the first one
  from: string; // what the carrier sends: user part, or "anonymous"
  canonical: string; // what it must become
  digit: "1" | "2" | ""; // 1: the Chinese line, 2: the English one (answered at the branch), "": leaves in the menu
  pressMs: number; // into the menu; leaves then, when there is no digit
  patienceMs?: number; // gives up in the queue
  ignoreFirst?: boolean; // the first agent lets it ring
  race?: boolean; // hangs up in the moment in which the agent answers
  talkMs: number;
  hold?: { afterMs: number; forMs: number };
  transfer?: { afterMs: number; agent: string };
  endBy: "caller" | "agent-phone" | "agent-api";
  survey?: string; // the digit pressed; "": hangs up in it
  what: string;
}

const PRESS_MS = 2000;
const row = (
  startMs: number,
  from: string,
  canonical: string,
  digit: Story["digit"],
  what: string,
  more: Partial<Story>
): Story => ({
  startMs,
  from,
  canonical,
  digit,
  pressMs: PRESS_MS,
  talkMs: 6000,
  endBy: "caller",
  what,
  ...more,
});

export const TWELVE: Story[] = [
  row(0, "13800138000", "+8613800138000", "1", "talks; the agent hangs up; survey 5", {
    talkMs: 14000,
    endBy: "agent-phone",
    survey: "5",
  }),
  row(800, "013800138001", "+8613800138001", "1", "is held and resumed", { talkMs: 15000, hold: { afterMs: 4000, forMs: 4000 } }),
  row(1600, "+8613800138002", "+8613800138002", "2", "talks with the branch", { talkMs: 9000 }),
  row(2800, "02088888888", "+862088888888", "1", "waits; is transferred to the branch; survey 4", {
    talkMs: 5000,
    transfer: { afterMs: 5000, agent: "a3" },
    endBy: "agent-phone",
    survey: "4",
  }),
  row(3800, "88888888", "+862088888888", "1", "waits; an agent lets it ring; keeps the place", { ignoreFirst: true }),
  row(4600, "anonymous", "anonymous", "1", "gives up after 3 s", { patienceMs: 3000 }),
  row(5400, "13900139003", "+8613900139003", "1", "gives up after 9 s", { patienceMs: 9000 }),
  row(6200, "+862087654321", "+862087654321", "1", "gives up after 13 s", { patienceMs: 13000 }),
  row(8000, "01062345678", "+861062345678", "", "leaves in the menu", { pressMs: 4000 }),
  row(16000, "13700137004", "+8613700137004", "2", "the branch hangs up; no answer to the survey", {
    endBy: "agent-api",
    survey: "",
  }),
  row(31000, "008613600136005", "+8613600136005", "1", "hangs up while the agent answers", { race: true }),
  row(35000, "02083334444", "+862083334444", "2", "talks with the branch", {}),
];

export function stories(calls: number): Story[] {
  const more = Array.from({ length: calls - TWELVE.length }, (_, i) =>
    row(38000 + 2500 * i, `1350013${String(5000 + i)}`, `+861350013${String(5000 + i)}`, i % 2 ? "2" : "1", "talks", {
      talkMs: 5000,
    })
  );
  return [...TWELVE, ...more];
}

/** Each party has a tone of its own, by which recordings and ears know it again. Agents' lie between the notes of the
 *  music (equal temperament on A = 440 Hz), which callers hear too. */
export const CALLER_HZ = (index: number): number => 400 + 45 * index;
export const AGENT_HZ: Record<string, number> = { a1: 2034, a2: 2155, a3: 2283 };
export const CALLS_MAX = 24;
