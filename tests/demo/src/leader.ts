// SPDX-License-Identifier: Apache-2.0
// The ACD's leader is killed while callers wait: where they stood before and after.
import * as fs from "node:fs";
import { join } from "node:path";
import { Api, ContactView } from "./api";
import { Checks } from "./checks";
import { Settings } from "./settings";
import { until } from "../../lib/wait";
import { World } from "./world";

const WAITING_MIN = 4;
const SETTLED_MS = 5000; // each hears music by then, not the greeting
const BACK_MS = 10000;
const ASK_MS = 500; // a question that the dying one took is asked again
const PROMISE_MS = 3500; // commands flow again within 3 s (DESIGN); and half a second to ask

export interface Place {
  contactId: string;
  raw: string;
  before: number;
  after: number;
  gone: boolean;
}
export interface KillReport {
  killed: string;
  leader: string;
  backMs: number;
  places: Place[];
  killedAt: number;
}
interface Status {
  leader: string;
  leaderPosition: string;
}

const QUEUE = "chinese";

async function waitingNow(api: Api): Promise<ContactView[]> {
  const reply = await api.get<{ contacts: ContactView[] }>("/contacts/live", ASK_MS * 2);
  return reply.contacts.filter((c) => c.queueId === QUEUE && c.position > 0).sort((a, b) => a.position - b.position);
}

function killNow(settings: Settings, name: string): void {
  const file = join(settings.varFolder, "run", `${name}.pid`);
  const pid = Number(fs.readFileSync(file, "utf8").trim());
  const line = pid > 1 && fs.existsSync(`/proc/${pid}/cmdline`) ? fs.readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
  if (!line.includes("farseat-acd")) throw new Error(`${file} names process ${pid}, which is no farseat-acd`);
  process.kill(pid, "SIGKILL");
}

export async function leaderKill(settings: Settings, api: Api, world: World, say: (text: string) => void): Promise<KillReport> {
  await until(`${WAITING_MIN} callers wait and hear music`, 40000, () => {
    const waiting = world.waiting(QUEUE);
    return waiting.length >= WAITING_MIN && waiting.every((contact) => Number(contact.waitMs) >= SETTLED_MS);
  });
  const old = await api.get<Status>("/status");
  const before = await waitingNow(api);
  killNow(settings, old.leader);
  const killedAt = Date.now();
  say(`kill -9: ${old.leader}, the ACD's leader, is dead; ${before.length} callers wait`);
  const status = await until(
    "another ACD process leads",
    BACK_MS,
    async () => {
      const reply = await api.get<Status>("/status", ASK_MS);
      return reply.leader && reply.leader !== old.leader && Number(reply.leaderPosition) > Number(old.leaderPosition)
        ? reply
        : undefined;
    },
    100
  );
  const after = await waitingNow(api);
  const backMs = Date.now() - killedAt;
  say(`${status.leader} leads after ${(backMs / 1000).toFixed(1)} s`);
  const places = before.map((contact) => {
    const now = after.find((other) => other.contactId === contact.contactId);
    return {
      contactId: contact.contactId,
      raw: contact.caller.raw,
      before: contact.position,
      after: now?.position ?? 0,
      gone: !now,
    };
  });
  for (const place of places) say(`  place of ${place.raw}: ${place.before} before, ${place.gone ? "gone" : place.after} after`);
  return { killed: old.leader, leader: status.leader, backMs, places, killedAt };
}

/** gaveUp: callers whose story was to leave meanwhile. Those who stay keep their order and move up by who left. */
export function leaderCheck(checks: Checks, report: KillReport, leftMeanwhile: Set<string>): void {
  checks.atMost("another ACD process leads after the kill", PROMISE_MS, report.backMs, "ms");
  let left = 0;
  for (const place of report.places) {
    if (place.gone) {
      checks.note(
        `place of ${place.raw} after the kill`,
        leftMeanwhile.has(place.raw) ? "gone, as he gave up" : place.before - left,
        "gone",
        leftMeanwhile.has(place.raw)
      );
      left++;
    } else {
      checks.same(`place of ${place.raw} after the kill`, place.before - left, place.after);
    }
  }
}
