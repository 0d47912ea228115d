// SPDX-License-Identifier: Apache-2.0
// What records of one call and of one agent's day must fulfil whatever happened in it.
import * as assert from "node:assert/strict";
import { Kafka } from "../../lib/kafka";
import { until } from "../../lib/wait";

export const us = (value: unknown): number => Number(value);
export function near(what: string, seenMs: number, expectedMs: number, withinMs: number): void {
  assert.ok(Math.abs(seenMs - expectedMs) <= withinMs, `${what}: ${seenMs} ms, expected ${Math.round(expectedMs)} within ${withinMs}`);
}

/** The segments of a contact in their order, complete. */
export async function segmentsOf(kafka: Kafka, contactId: string): Promise<any[]> {
  const rows = (await kafka.read("farseat.segments.v1")).filter((row) => row.value.contactId === contactId);
  for (const row of rows) assert.equal(row.key, row.value.segmentId, "the key is the segment's id");
  return rows.map((row) => row.value).sort((a, b) => a.index - b.index);
}

/** An agent's stretches from a time on, until he is logged out. */
export function activitiesOf(kafka: Kafka, agentId: string, fromUs: number): Promise<any[]> {
  return until(`${agentId}'s activities until the log-out`, 15000, async () => {
    const rows = (await kafka.read("farseat.agent-activity.v1")).filter((row) => row.key === agentId && us(row.value.startedAtUs) >= fromUs);
    const values = rows.map((row) => row.value).sort((a, b) => us(a.startedAtUs) - us(b.startedAtUs) || Number(a.origin.number) - Number(b.origin.number));
    return values.length > 0 && values[values.length - 1].nextState === "AGENT_LOGGED_OUT" && values;
  }, 300);
}

/** Each stretch begins when the one before ended, in the state that it named. */
export function contiguous(activities: any[]): void {
  for (let i = 1; i < activities.length; i++) {
    const before = activities[i - 1], now = activities[i];
    assert.equal(now.state, before.nextState, `stretch ${i}`);
    near(`the gap before stretch ${i} (${now.state})`, us(now.startedAtUs) / 1000, us(before.startedAtUs) / 1000 + us(before.durationMs), 2);
  }
}
