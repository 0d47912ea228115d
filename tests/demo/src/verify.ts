// SPDX-License-Identifier: Apache-2.0
// Each figure of the house against what the callers did and heard, by their own clocks.
import { join } from "node:path";
import { Api, ContactHistory, ContactRecord, KpiReply, Part, QueueKpi, Ratio, RecordingPart, Ticket } from "./api";
import { Caller } from "./caller";
import { Checks } from "./checks";
import { AgentDesk } from "./desk";
import { historyRead, kafkaAwait, recordingsRead, RecordedSound, soundRead, ticketsRead } from "./readback";
import { Settings } from "./settings";
import { AGENT_HZ, CALLER_HZ } from "./stories";
import { toneMs } from "./stretch";

export const OWN_TOLERANCE_MS = 500; // a caller's clock against the house's
export const RECORDED_TOLERANCE_MS = 200; // talked against recorded
export const SERVICE_LEVEL_MS = 20000;
export const SHORT_ABANDON_MS = 5000;
const TONE_PART_MIN = 0.8; // of the talk, a tone must be there
const TONE_MS_MAX = 250; // and may be where it does not belong
const SOUND_PART_MIN = 0.6; // pauses between words and notes are silence too
const MOMENT_MS = 300;
const GAP_MS_MAX = 250; // in what a waiting caller hears

export interface Recorded {
  part: RecordingPart;
  sound: RecordedSound;
  agent: Part;
}
/** A caller's contact, from everywhere. */
export interface Seen {
  caller: Caller;
  contactId: string;
  record: ContactRecord;
  revisions: number[];
  history: ContactHistory;
  tickets: Ticket[];
  recorded: Recorded[];
  answered: boolean;
  ownWaitMs: number;
  ownTalkMs: number;
}

const ms = (text: string | number | undefined): number => Number(text ?? 0);
const queueOf = (caller: Caller): string =>
  caller.story.digit === "1" ? "chinese" : caller.story.digit === "2" ? "english" : "";

/** The agents whose tones a caller heard, in the order in which he heard them. */
export function agentsHeard(caller: Caller): { agent: string; from: number; to: number }[] {
  return Object.entries(AGENT_HZ)
    .map(([agent, hz]) => ({ agent, heard: caller.agentHeard(hz) }))
    .flatMap(({ agent, heard }) => (heard ? [{ agent, ...heard }] : []))
    .sort((a, b) => a.from - b.from);
}

async function soundOf(api: Api, settings: Settings, caller: Caller, record: ContactRecord): Promise<Recorded[]> {
  const wanted = record.parts.filter((part) => part.recordingId);
  if (wanted.length === 0) return [];
  const parts = await recordingsRead(api, record.contactId, wanted.length);
  const callers = Array.from({ length: settings.calls }, (_, i) => CALLER_HZ(i)),
    tones = [...callers, ...Object.values(AGENT_HZ)];
  const recorded: Recorded[] = [];
  for (const agent of wanted)
    for (const part of parts.filter((p) => p.recordingId === agent.recordingId)) {
      const file = join(
        settings.folder,
        `recordings/caller-${caller.index + 1}-${agent.agentId}${part.part > 1 ? `-part-${part.part}` : ""}.wav`
      );
      recorded.push({ part, agent, sound: await soundRead(api, part, tones, file) });
    }
  return recorded;
}

/** Reads everything about this run's contacts. What cannot be read is a failed check. */
export async function gather(
  api: Api,
  settings: Settings,
  checks: Checks,
  callers: Caller[],
  contactIds: Map<string, string>,
  sinceMs: number
): Promise<Seen[]> {
  const ids = new Set(contactIds.values());
  const kafka = await kafkaAwait(settings.kafka, sinceMs, ids);
  const read = async (caller: Caller): Promise<Seen[]> => {
    const contactId = contactIds.get(caller.story.from);
    const entry = contactId ? kafka.get(contactId) : undefined;
    try {
      if (!contactId || !entry) throw new Error("it was never seen");
      const [history, tickets, recorded] = await Promise.all([
        historyRead(api, contactId),
        ticketsRead(api, contactId),
        soundOf(api, settings, caller, entry.last),
      ]);
      const heard = agentsHeard(caller),
        first = heard[0];
      return [
        {
          caller,
          contactId,
          record: entry.last,
          revisions: entry.records.map((record) => record.revision),
          history,
          tickets,
          recorded,
          answered: first !== undefined,
          ownWaitMs: caller.clock.pressedAt ? (first?.from ?? caller.clock.byeAt) - caller.clock.pressedAt : 0,
          ownTalkMs: heard.reduce((sum, h) => sum + h.to - h.from, 0),
        },
      ];
    } catch (error) {
      checks.failed(`${caller.name}: his contact can be read everywhere`, error);
      return [];
    }
  };
  return (await Promise.all(callers.map(read))).flat();
}

function expectedResult(seen: Seen): string[] {
  const { story } = seen.caller;
  if (!story.digit) return ["RESULT_IVR_ABANDONED"];
  if (story.patienceMs) return ["RESULT_ABANDONED"];
  // The one who leaves while he is being answered: one of both, and the house agrees with itself.
  return story.race ? ["RESULT_ANSWERED", "RESULT_ABANDONED"] : ["RESULT_ANSWERED"];
}

function verifyTimes(checks: Checks, seen: Seen): void {
  const { caller, record } = seen,
    { name, clock } = caller;
  checks.near(
    `${name}: the whole call, own clock against Kafka`,
    clock.byeAt - clock.calledAt,
    ms(record.durationMs),
    OWN_TOLERANCE_MS
  );
  if (caller.story.digit)
    checks.near(`${name}: waited, own clock against Kafka`, seen.ownWaitMs, ms(record.waitMs), OWN_TOLERANCE_MS);
  if (seen.answered)
    checks.near(
      `${name}: talked, own clock against Kafka`,
      seen.ownTalkMs,
      ms(record.talkMs) + ms(record.holdMs),
      OWN_TOLERANCE_MS
    );
  for (const field of ["waitMs", "talkMs", "holdMs", "durationMs", "result", "recordId"] as const)
    checks.same(`${name}: ${field}, Kafka against the report`, record[field], seen.history.contact?.[field]);
}

/** How many waited before him, by all callers' own clocks; who came or left in the same moment may count or not. */
function verifyPosition(checks: Checks, seen: Seen, all: Seen[]): void {
  const { clock, story, name } = seen.caller,
    entry = clock.pressedAt;
  if (!story.digit) return;
  const others = all.filter((other) => other !== seen && other.caller.story.digit === story.digit);
  const before = (slackMs: number) =>
    others.filter(
      ({ caller, ownWaitMs }) => caller.clock.pressedAt < entry + slackMs && caller.clock.pressedAt + ownWaitMs > entry - slackMs
    ).length + 1;
  checks.oneOf(
    `${name}: place at entry`,
    [...new Set([before(-MOMENT_MS), before(MOMENT_MS)])].map(String),
    String(seen.record.positionAtEntry)
  );
}

/** He heard the menu, and while he waited prompts and music, nearly all the time. */
function verifyHeard(checks: Checks, seen: Seen): void {
  const { clock, name, ear } = seen.caller;
  const heard = (what: string, from: number, to: number): void => {
    if (to - from < 1500) return;
    const sum = ear.heard
      .filter((h) => h.hz !== 0)
      .reduce((ms, h) => ms + Math.max(0, Math.min(h.to, to) - Math.max(h.from, from)), 0);
    checks.note(
      `${name}: heard ${what}`,
      `at least ${Math.round((to - from) * SOUND_PART_MIN)} ms`,
      `${Math.round(sum)} ms`,
      sum >= (to - from) * SOUND_PART_MIN
    );
  };
  heard("the menu", clock.answeredAt, clock.pressedAt || clock.byeAt);
  if (clock.pressedAt) heard("prompts and music while waiting", clock.pressedAt, clock.pressedAt + seen.ownWaitMs);
}

function verifyStory(checks: Checks, seen: Seen, all: Seen[]): void {
  const { caller, record } = seen,
    { name, story, clock } = caller;
  checks.oneOf(`${name}: result`, expectedResult(seen), record.result);
  checks.same(`${name}: the number as it came`, story.from, record.caller.raw);
  checks.same(`${name}: the canonical number`, story.canonical, record.caller.canonical);
  checks.same(
    `${name}: dialled, published, trunk, site`,
    "1000 4000000000 pstn hq",
    `${record.dialled} ${record.published} ${record.trunkId} ${record.siteId}`
  );
  checks.same(`${name}: menu path`, story.digit, record.menuPath.map((step) => step.digits).join(""));
  verifyPosition(checks, seen, all);
  checks.same(`${name}: first queue`, queueOf(caller), record.firstQueueId);
  checks.same(`${name}: ended by`, clock.byeByCaller ? "ENDED_BY_CALLER" : "ENDED_BY_FLOW", record.endedBy);
  const heard = agentsHeard(caller).map((h) => h.agent);
  if (!story.race) checks.same(`${name}: agents, as heard`, heard.join(" "), record.agentIds.join(" "));
  checks.same(
    `${name}: missed offers`,
    story.ignoreFirst ? 1 : 0,
    record.missedOffers.filter((offer) => offer.cause === "no-answer").length
  );
  checks.same(`${name}: holds`, story.hold ? 1 : 0, record.holds);
  checks.same(`${name}: transfers`, story.transfer ? 1 : 0, record.transfers);
  checks.same(
    `${name}: survey`,
    story.survey ? `answered ${story.survey}` : "not answered",
    record.surveyAnswered ? `answered ${record.surveyScore}` : "not answered"
  );
  if (record.result === "RESULT_ABANDONED")
    checks.same(`${name}: short abandon`, seen.ownWaitMs <= SHORT_ABANDON_MS, record.shortAbandon);
  if (story.hold) checks.near(`${name}: held`, story.hold.forMs, ms(record.holdMs), OWN_TOLERANCE_MS);
  if (story.digit === "2" || story.transfer)
    checks.same(
      `${name}: the branch answered`,
      "branch edge-branch",
      `${record.parts.at(-1)?.siteId} ${record.parts.at(-1)?.edge}`
    );
  if (story.endBy !== "caller") checks.same(`${name}: the agent hung up`, "ENDED_BY_AGENT", record.parts.at(-1)?.endedBy);
  checks.same(`${name}: tickets`, 1, seen.tickets.length);
  if (caller.clock.pressedAt)
    checks.atMost(`${name}: longest gap in what he heard, by the edge`, GAP_MS_MAX, ms(record.soundGapMsMax), "ms");
}

function verifySound(checks: Checks, seen: Seen): void {
  const { caller, record, recorded } = seen;
  if (record.result !== "RESULT_ANSWERED") return;
  for (const part of record.parts) {
    const name = `${caller.name} with ${part.agentId}`,
      talked = ms(part.talkMs),
      whole = talked + ms(part.holdMs);
    const pieces = recorded.filter((piece) => piece.agent === part);
    const length = pieces.reduce((sum, piece) => sum + piece.sound.seconds * 1000, 0);
    checks.near(`${name}: talked against recorded`, whole, length, RECORDED_TOLERANCE_MS);
    checks.near(
      `${name}: the recording's own length`,
      length,
      pieces.reduce((sum, piece) => sum + ms(piece.part.recordedMs), 0),
      50
    );
    if (caller.story.race || talked < 1000) continue; // too short to prove by its sound
    const sum = (side: "left" | "right", hz: number) => pieces.reduce((total, piece) => total + toneMs(piece.sound[side], hz), 0);
    const own = caller.hz,
      agent = AGENT_HZ[part.agentId] as number;
    checks.note(
      `${name}: the caller (${own} Hz) is on the left`,
      `at least ${Math.round(whole * TONE_PART_MIN)} ms`,
      `${Math.round(sum("left", own))} ms`,
      sum("left", own) >= whole * TONE_PART_MIN
    );
    checks.note(
      `${name}: the agent (${agent} Hz) is on the right`,
      `at least ${Math.round(talked * TONE_PART_MIN)} ms`,
      `${Math.round(sum("right", agent))} ms`,
      sum("right", agent) >= talked * TONE_PART_MIN
    );
    checks.atMost(`${name}: each is on one side only`, TONE_MS_MAX, sum("left", agent) + sum("right", own), "ms");
    if (ms(part.holdMs))
      checks.atMost(`${name}: the agent's side is silent while held`, talked + OWN_TOLERANCE_MS, sum("right", agent), "ms");
  }
}

/** What agents did and heard themselves. */
export function verifyAgents(checks: Checks, all: Seen[], desks: AgentDesk[]): void {
  const rings = desks.reduce((sum, desk) => sum + desk.phone.calls.length, 0);
  const segments = all.reduce(
    (sum, seen) => sum + seen.history.segments.filter((segment) => segment.kind === "SEGMENT_RING").length,
    0
  );
  checks.same("phones that rang, by the phones and by the records", rings, segments);
  for (const desk of desks) {
    const parts = all.flatMap((seen) =>
      seen.record.parts.filter((part) => part.agentId === desk.agent).map((part) => ({ seen, part }))
    );
    for (const { seen, part } of parts) {
      const set = desk.dispositions.get(seen.contactId);
      if (seen.caller.story.race) continue;
      checks.same(`${desk.agent}: disposition of ${seen.caller.name}, as set`, set ?? "(none was set)", part.disposition);
      const heard = desk.phone.calls.reduce((sum, call) => sum + toneMs(call.heard, seen.caller.hz), 0);
      const talked = ms(part.talkMs);
      checks.note(
        `${desk.agent} heard ${seen.caller.name}`,
        `at least ${Math.round(talked * TONE_PART_MIN)} ms`,
        `${Math.round(heard)} ms`,
        heard >= talked * TONE_PART_MIN
      );
    }
  }
  for (const seen of all) {
    const last = seen.record.parts.at(-1);
    if (!last || seen.caller.story.race) continue;
    const status = last.disposition === "solved" ? "resolved" : "pending"; // as the disposition says (centre.yaml)
    checks.same(
      `${seen.caller.name}: disposition and status on the ticket`,
      `${last.disposition} ${status}`,
      `${seen.tickets[0]?.disposition} ${seen.tickets[0]?.status}`
    );
  }
}

// --- KPIs ---------------------------------------------------------------------------------------------------

type Sums = Record<string, number>;
const COUNTS = [
  "offered",
  "answered",
  "abandoned",
  "shortAbandoned",
  "overflowed",
  "answeredWithin",
  "abandonedWithin",
  "surveysPushed",
  "surveysAnswered",
  "transfers",
];

function expectedQueue(all: Seen[]): Sums {
  const queued = all.filter((seen) => seen.caller.story.digit);
  const answered = queued.filter((seen) => seen.record.result === "RESULT_ANSWERED"),
    abandoned = queued.filter((seen) => seen.record.result === "RESULT_ABANDONED");
  const within = (list: Seen[], limit: number) => list.filter((seen) => seen.ownWaitMs <= limit).length;
  return {
    offered: queued.length,
    answered: answered.length,
    abandoned: abandoned.length,
    shortAbandoned: within(abandoned, SHORT_ABANDON_MS),
    overflowed: 0,
    answeredWithin: within(answered, SERVICE_LEVEL_MS),
    abandonedWithin: within(abandoned, SERVICE_LEVEL_MS),
    surveysPushed: all.filter((seen) => seen.caller.story.survey !== undefined).length,
    surveysAnswered: all.filter((seen) => seen.caller.story.survey).length,
    transfers: all.filter((seen) => seen.caller.story.transfer).length,
  };
}

const difference = (after: unknown, before: unknown): number => ms(after as string) - ms(before as string);

function verifyQueue(
  checks: Checks,
  name: string,
  expected: Sums,
  all: Seen[],
  after: QueueKpi | undefined,
  before: QueueKpi | undefined
): void {
  for (const field of COUNTS)
    checks.same(`report, ${name}: ${field}`, expected[field] as number, difference(after?.[field], before?.[field]));
  const waited = (result: string) =>
    all.filter((seen) => seen.record.result === result).reduce((sum, seen) => sum + seen.ownWaitMs, 0);
  checks.near(
    `report, ${name}: waited by the answered`,
    waited("RESULT_ANSWERED"),
    difference(after?.waitMsAnswered, before?.waitMsAnswered),
    OWN_TOLERANCE_MS * Math.max(1, expected["answered"] as number)
  );
  checks.near(
    `report, ${name}: waited by those who gave up`,
    waited("RESULT_ABANDONED"),
    difference(after?.waitMsAbandoned, before?.waitMsAbandoned),
    OWN_TOLERANCE_MS * Math.max(1, expected["abandoned"] as number)
  );
}

/** The formulas of docs/kpi.md over the sums that the report shows beside them. */
function verifyFormulas(checks: Checks, queue: QueueKpi): void {
  const n = (field: string) => ms(queue[field] as string);
  const [A, B, short, aIn, bIn, offered] = [
    n("answered"),
    n("abandoned"),
    n("shortAbandoned"),
    n("answeredWithin"),
    n("abandonedWithin"),
    n("offered"),
  ];
  const ratios: Record<string, [number, number]> = {
    slPositive: [aIn + bIn, A + B],
    slAnswered: [aIn, A],
    slNegative: [aIn, A + B],
    slIgnored: [aIn, A + B - bIn],
    slShortAsAnswered: [aIn + short, A + B],
    slShortLeftOut: [aIn, A + B - short],
    answerRate: [A, offered],
    abandonRate: [B, offered],
    netAbandonRate: [B - short, offered],
    lossRate: [offered - A, offered],
  };
  for (const [field, [numerator, denominator]] of Object.entries(ratios)) {
    const seen = queue[field] as Ratio | undefined;
    checks.same(
      `report: ${field}`,
      denominator ? `${numerator}/${denominator} ${(numerator / denominator).toFixed(6)}` : "absent",
      seen ? `${seen.numerator}/${seen.denominator} ${seen.value.toFixed(6)}` : "absent"
    );
  }
  checks.same("report: average speed of answer", A ? Math.floor(n("waitMsAnswered") / A) : 0, queue.asaMs);
  checks.same("report: average time to abandon", B ? Math.floor(n("waitMsAbandoned") / B) : 0, queue.aatMs);
}

export function expectedArrivals(all: Seen[]): Sums {
  const results = (result: string) => all.filter((seen) => seen.record.result === result).length;
  return {
    arrived: all.length,
    refused: 0,
    ivrServed: 0,
    ivrAbandoned: all.filter((seen) => !seen.caller.story.digit).length,
    queued: all.filter((seen) => seen.caller.story.digit).length,
    answered: results("RESULT_ANSWERED"),
    abandoned: results("RESULT_ABANDONED"),
    overflowed: 0,
  };
}

export function verifyReport(checks: Checks, all: Seen[], desks: AgentDesk[], before: KpiReply, after: KpiReply): void {
  const funnel = expectedArrivals(all);
  for (const [field, value] of Object.entries(funnel))
    checks.same(
      `report, funnel: ${field}`,
      value,
      difference(after.funnel?.[field as "arrived"], before.funnel?.[field as "arrived"])
    );
  for (const queue of ["chinese", "english"]) {
    const own = all.filter((seen) => queueOf(seen.caller) === queue);
    const find = (reply: KpiReply) => reply.queues.find((row) => row.queueId === queue);
    verifyQueue(checks, queue, expectedQueue(own), own, find(after), find(before));
  }
  verifyQueue(checks, "all", expectedQueue(all), all, after.all, before.all);
  if (after.all) verifyFormulas(checks, after.all);
  for (const desk of desks) {
    const find = (reply: KpiReply) => reply.agents.find((row) => row.agentId === desk.agent);
    const [now, then] = [find(after), find(before)];
    const parts = all.flatMap((seen) => seen.record.parts).filter((part) => part.agentId === desk.agent).length;
    checks.same(`report, ${desk.agent}: handled`, parts, difference(now?.handled, then?.handled));
    const missed = all
      .flatMap((seen) => seen.record.missedOffers)
      .filter((offer) => offer.agentId === desk.agent && offer.cause === "no-answer").length;
    checks.same(`report, ${desk.agent}: missed`, missed, difference(now?.missed, then?.missed));
  }
}

export function verifyContacts(checks: Checks, all: Seen[]): void {
  for (const seen of all) {
    verifyStory(checks, seen, all);
    verifyHeard(checks, seen);
    verifyTimes(checks, seen);
    verifySound(checks, seen);
  }
  for (const seen of all)
    checks.same(
      `${seen.caller.name}: each revision of his record is in Kafka once`,
      seen.revisions.map((_, i) => i + 1).join(" "),
      [...seen.revisions].sort((a, b) => a - b).join(" ")
    );
}
