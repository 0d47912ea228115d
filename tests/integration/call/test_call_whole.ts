// SPDX-License-Identifier: Apache-2.0
// One call through the whole house: menu, queue, an agent at the other site, hold, transfer to a second agent, hang-up;
// then everything that it left is held against what happened.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, AGENTS, caller, centreApply, contactOf, MENU } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Kafka } from "../../lib/kafka";
import { Phone, soundEnd } from "../../lib/phone";
import { nowMs, pause, until } from "../../lib/wait";
import { Wav } from "../../lib/wav";
import { activitiesOf, contiguous, near, segmentsOf, us } from "./records";

const deployment = new Deployment(), kafka = new Kafka(deployment.kafka);
const at: Record<string, number> = {}; // when what happened, by our clock [ms]
const mark = (what: string): number => (at[what] = nowMs());
const span = (from: string, to: string): number => (at[to] as number) - (at[from] as number);
let cai: Agent, ben: Agent, phone: Phone, contactId = "", record: any, segments: any[], kpiBefore: any;
let lived = false; // without the call the rest has nothing to look at
let watch: { facts: any[]; stop: () => void };
const today = (): string => new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10);
const kpi = async (): Promise<any> => deployment.asAdmin("GET", `/reports/kpi?day=${today()}`);

before(async () => {
  await centreApply(deployment);
  kpiBefore = await kpi();
  watch = deployment.watch("contact");
  mark("begin");
  cai = await Agent.sit(deployment, "cai");
  ben = await Agent.sit(deployment, "ben");
  cai.phone.answering = "ring";
  ben.phone.answering = "ring";
});
after(async () => {
  watch.stop();
  phone.close();
  if (!lived) await Promise.all([cai.leave(), ben.leave()]);
  await soundEnd();
});

test("the call: every step as the caller and the agents live it", async () => {
  phone = await caller(deployment);
  const call = phone.call(MENU);
  await call.isUp(3000);
  at["call"] = call.invitedAt;
  mark("menu");
  await pause(700); // how long the caller listens
  await call.press("1");
  mark("queued");
  contactId = (await contactOf(deployment, phone.options.user, 3000, "CONTACT_QUEUED")).contactId;
  await pause(1500); // how long he waits
  await call.mark();
  await pause(500);
  const music = await call.report();
  assert.ok(music.heard.some((stretch) => stretch.hz === -1 && stretch.to - stretch.from > 300), "music while he waits");
  await cai.act("ready");
  const first = await cai.phone.nextCall(3000, 0);
  mark("offered");
  await first.isRinging(1000);
  assert.equal(first.header("X-Farseat-Contact"), contactId, "the phone is told which contact it is");
  assert.match(first.header("From"), new RegExp(phone.options.user));
  await cai.is("AGENT_RINGING");
  await pause(700);
  first.answer();
  mark("answered");
  await call.hears(700, 3000);
  await first.hears(440, 3000);
  await pause(1000);

  await cai.onContact(contactId, "hold");
  mark("held");
  await cai.is("AGENT_HOLDING");
  await call.mark();
  await pause(800);
  const held = await call.report();
  assert.ok(!held.heard.some((stretch) => stretch.hz === 700 && stretch.from > (at["held"] as number) + 250), "the agent is not heard on hold");
  assert.ok(held.heard.some((stretch) => stretch.hz === -1), "music on hold");
  await cai.onContact(contactId, "resume");
  mark("resumed");
  await call.mark();
  await call.hears(700, 3000);
  await pause(600);

  await ben.ready();
  await cai.onContact(contactId, "transfer", { agentId: "ben" });
  mark("transferred");
  await first.hasEnded(2000);
  await cai.is("AGENT_AFTER_CALL_WORK");
  const second = await ben.phone.nextCall(3000, 0);
  await second.isRinging(1000);
  await pause(400);
  second.answer();
  mark("answered2");
  await call.hears(600, 3000);
  await second.hears(440, 3000);
  await pause(1200);
  mark("bye"); // the sound ends as the BYE goes out
  await call.bye();
  await second.hasEnded(2000);
  await ben.is("AGENT_AFTER_CALL_WORK");
  await ben.onContact(contactId, "disposition", { disposition: "solved", note: "all is well" });
  await cai.is("AGENT_READY", 5000); // his after-call work ends by its timer
  await ben.act("end-after-call-work");
  mark("worked");
  await ben.is("AGENT_READY");
  await cai.leave();
  await ben.leave();
  lived = true;
});

test("the contact's record", async () => {
  assert.ok(lived, "the call failed");
  record = await kafka.contactOf(phone.options.user);
  assert.equal(record.contactId, contactId);
  const rows = (await kafka.read("farseat.contacts.v1")).filter((row) => row.value.contactId === contactId);
  assert.equal(rows.length, 1, "one record");
  assert.equal(rows[0]?.key, contactId);
  const headers = rows[0]?.headers ?? {};
  assert.deepEqual([headers["ce_specversion"], headers["ce_id"], headers["ce_type"] !== "", headers["content-type"]], ["1.0", record.recordId, true, "application/json"]);
  const { caller: from, ...rest } = record;
  assert.deepEqual(from, { raw: phone.options.user, canonical: `+86${phone.options.user}`, kind: "NUMBER_MOBILE" });
  const expected = {
    schemaVersion: 1, revision: 1, channel: "CHANNEL_VOICE", direction: "DIRECTION_INBOUND", dialled: MENU, published: "4008895500", trunkId: "pstn-hq",
    siteId: "hq", edge: "edge-hq", flowId: "menu", result: "RESULT_ANSWERED", endedBy: "ENDED_BY_CALLER", endCause: "hangup", queueId: "sales",
    positionAtEntry: 1, shortAbandon: false, shortAbandonMs: 3000, serviceLevelMs: 20000, agentIds: ["cai", "ben"], missedOffers: [], disposition: "solved",
    dispositionNote: "all is well", surveyId: "", surveyAnswered: false, surveyScore: 0, transfers: 1, holds: 1, firstAgentId: "cai", firstQueueId: "sales",
  };
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(rest[key], value, key);
  assert.deepEqual(record.menuPath.map((step: any) => [step.flowId, step.nodeId, step.digits]), [["menu", "menu", "1"]]);
  near("started", us(record.startedAtUs) / 1000, at["call"] as number, 150);
  near("ended", us(record.endedAtUs) / 1000, at["bye"] as number, 150);
  assert.equal(new Date(record.startedAt).getTime(), Math.floor(us(record.startedAtUs) / 1000));
  near("ivr", us(record.ivrMs), span("menu", "queued") + 100, 250);
  near("wait, ringing included", us(record.waitMs), span("queued", "answered"), 250);
  near("ring", us(record.ringMs), span("offered", "answered"), 250);
  near("hold", us(record.holdMs), span("held", "resumed"), 250);
  near("talk", us(record.talkMs), span("answered", "held") + span("resumed", "transferred") + span("answered2", "bye"), 400);
  near("duration", us(record.durationMs), span("call", "bye"), 200);
  assert.ok(us(record.soundGapMsMax) > 0 && us(record.soundGapMsMax) < 400, `the longest pause in the caller's sound: ${record.soundGapMsMax} ms`);
  console.log(`ivr ${record.ivrMs}, wait ${record.waitMs}, ring ${record.ringMs}, talk ${record.talkMs}, hold ${record.holdMs} ms; longest pause ${record.soundGapMsMax} ms`);
  const address = (agent: Agent): string => `udp:127.0.0.1:${agent.phone.port}`;
  const parts = record.parts.map((part: any) => [part.agentId, part.queueId, part.phone, part.phoneAddress, part.siteId, part.edge]);
  assert.deepEqual(parts, [["cai", "sales", "2003", address(cai), "branch", "edge-branch"], ["ben", "sales", "2002", address(ben), "hq", "edge-hq"]]);
  near("cai's talk", us(record.parts[0].talkMs), span("answered", "held") + span("resumed", "transferred"), 250);
  near("ben's talk", us(record.parts[1].talkMs), span("answered2", "bye"), 250);
  near("ben's after-call work", us(record.parts[1].afterCallWorkMs), span("bye", "worked"), 250);
  near("cai's after-call work", us(record.parts[0].afterCallWorkMs), 3000, 250);
  assert.equal(us(record.afterCallWorkMs), us(record.parts[0].afterCallWorkMs) + us(record.parts[1].afterCallWorkMs));
  assert.equal(us(record.talkMs), us(record.parts[0].talkMs) + us(record.parts[1].talkMs));
  assert.deepEqual(record.recordingIds, record.parts.map((part: any) => part.recordingId));
});

test("its segments", async () => {
  assert.ok(lived, "the call failed");
  segments = await until("eleven segments", 10000, async () => {
    const list = await segmentsOf(kafka, contactId);
    if (list.length < 11) throw new Error(list.map((segment) => segment.kind).join(", "));
    return list;
  }, 300);
  const kinds = segments.map((segment) => segment.kind.replace("SEGMENT_", ""));
  console.log(segments.map((segment) => `${segment.kind.replace("SEGMENT_", "")} ${segment.offsetMs}+${segment.durationMs} ${segment.outcome}`).join("; "));
  for (const [kind, count] of [["IVR", 1], ["QUEUE", 2], ["RING", 2], ["TALK", 3], ["HOLD", 1], ["AFTER_CALL_WORK", 2]] as const)
    assert.equal(kinds.filter((one) => one === kind).length, count, `${kind} of ${kinds.join(", ")}`);
  const of = (kind: string): any[] => segments.filter((segment) => segment.kind === `SEGMENT_${kind}`);
  const sum = (kind: string): number => of(kind).reduce((total, segment) => total + us(segment.durationMs), 0);
  for (const [kind, field] of [["IVR", "ivrMs"], ["TALK", "talkMs"], ["HOLD", "holdMs"], ["AFTER_CALL_WORK", "afterCallWorkMs"]] as const)
    assert.equal(sum(kind), us(record[field]), `${kind} and ${field}`);
  const [queue] = of("QUEUE"), [ring1, ring2] = of("RING");
  assert.deepEqual([queue.queueId, queue.position, queue.outcome], ["sales", 1, "answered"]);
  assert.deepEqual([ring1.agentId, ring1.phone, ring1.siteId, ring1.outcome], ["cai", "2003", "branch", "answered"]);
  assert.deepEqual([ring1.decision.rule, ring1.decision.candidates[0].agentId, ring1.decision.position], ["longest-idle", "cai", 1]);
  const refused = ring1.decision.refusals.reduce((total: number, refusal: any) => total + refusal.agents, 0);
  assert.equal(refused + ring1.decision.candidates.length, AGENTS.length, "every agent was a candidate or refused with a reason");
  assert.equal(ring2.agentId, "ben");
  assert.deepEqual(of("TALK").map((segment) => segment.agentId), ["cai", "cai", "ben"]);
  assert.deepEqual(of("IVR").map((segment) => [segment.flowId, segment.nodeId, segment.digits]), [["menu", "menu", "1"]]);
  for (const segment of segments) {
    assert.ok(segment.outcome, `${segment.kind} has an outcome`);
    near(`${segment.kind}'s start`, us(segment.startedAtUs) / 1000, us(record.startedAtUs) / 1000 + us(segment.offsetMs), 150);
  }
});

test("what the agents did, without a gap", async () => {
  assert.ok(lived, "the call failed");
  const fromUs = (at["begin"] as number) * 1000;
  const hers = await activitiesOf(kafka, "cai", fromUs), his = await activitiesOf(kafka, "ben", fromUs);
  contiguous(hers);
  contiguous(his);
  const states = (list: any[]): string[] => list.map((activity) => activity.state.replace("AGENT_", ""));
  console.log(`cai: ${states(hers).join(" ")}; ben: ${states(his).join(" ")}`);
  const call = (list: any[]): any[] => list.filter((activity) => activity.contactId === contactId);
  assert.deepEqual(states(call(hers)), ["RESERVED", "RINGING", "TALKING", "HOLDING", "TALKING", "AFTER_CALL_WORK"]);
  assert.deepEqual(states(call(his)), ["RESERVED", "RINGING", "TALKING", "AFTER_CALL_WORK"]);
  for (const activity of [...hers, ...his]) assert.deepEqual([activity.team, activity.siteId !== "", activity.agentName !== ""], ["first-line", true, true]);
  for (const activity of call(hers)) assert.equal(activity.queueId, "sales");
});

test("the facts came in their order", () => {
  assert.ok(lived, "the call failed");
  const names = watch.facts.filter((fact) => fact.contactId === contactId).map((fact) => Object.keys(fact).find((key) => key.startsWith("contact") && key !== "contactId"));
  console.log(names.join(" "));
  assert.deepEqual(names.filter((name) => name), ["contactCreated", "contactMenu", "contactQueued", "contactOffered", "contactLeftQueue", "contactAnswered", "contactHeld",
    "contactResumed", "contactTransferred", "contactQueued", "contactOffered", "contactLeftQueue", "contactAnswered", "contactEnded", "contactDisposed", "contactClosed"]);
  const mine = watch.facts.filter((fact) => fact.contactId === contactId && fact.logIncarnation); // not recorders' and tickets' own
  for (let i = 1; i < mine.length; i++) {
    const before_ = mine[i - 1], now = mine[i];
    assert.ok(us(now.logPosition) > us(before_.logPosition) || (now.logPosition === before_.logPosition && now.logIndex > before_.logIndex), "positions grow");
  }
});

test("two recordings: caller left, agent right, each as long as its talk", async () => {
  assert.ok(lived, "the call failed");
  const { parts } = await deployment.asAdmin("GET", `/recordings?contactId=${contactId}`);
  assert.deepEqual(parts.map((part: any) => part.recordingId).sort(), [...record.recordingIds].sort());
  for (const [i, hz] of [[0, 700], [1, 600]] as const) {
    const part = parts.find((one: any) => one.recordingId === record.recordingIds[i]);
    assert.deepEqual([part.state, part.agentId, part.queueId, part.part], ["complete", record.parts[i].agentId, "sales", 1]);
    const answer = await deployment.api.ask("GET", `/api/v1/recordings/${part.recordingId}/audio`, { token: await deployment.adminToken() });
    const wav = new Wav(answer.body), talk = us(record.parts[i].talkMs) + us(record.parts[i].holdMs);
    const left = wav.toneMs(0, 440), right = wav.toneMs(1, hz);
    console.log(`${part.agentId}: talk and hold ${talk} ms, recorded ${wav.ms} ms; left 440 Hz ${left} ms, right ${hz} Hz ${right} ms`);
    near("recorded", wav.ms, talk, 250);
    near("the caller on the left", left, talk, 500);
    near("the agent on the right", right, us(record.parts[i].talkMs), 500);
    assert.equal(wav.toneMs(0, hz) + wav.toneMs(1, 440), 0, "no side has the other's sound");
  }
});

test("its ticket", async () => {
  assert.ok(lived, "the call failed");
  const ticket = await until("the ticket with its disposition", 10000, async () => {
    const [one] = (await deployment.asAdmin("GET", `/tickets?contactId=${contactId}`)).tickets;
    return one?.disposition === "solved" && one;
  }, 200);
  assert.deepEqual([ticket.contactId, ticket.businessType, ticket.queueId, ticket.agentId, ticket.status, ticket.caller.canonical],
    [contactId, "order", "sales", "ben", "resolved", `+86${phone.options.user}`]);
  const row = await until("the ticket in Kafka", 10000, async () => (await kafka.read("farseat.tickets.v1")).map((one) => one.value)
    .filter((value) => value.ticketId === ticket.ticketId).sort((a, b) => b.revision - a.revision)[0], 300);
  assert.equal(row.contactId, contactId);
});

test("the day's report has counted it, and its timeline explains it", async () => {
  assert.ok(lived, "the call failed");
  const history = await until("the contact in the reports", 15000, async () => (await deployment.api.ask("GET", `/api/v1/contacts/${contactId}`, { token: await deployment.adminToken() })).json?.contact && 
    (await deployment.asAdmin("GET", `/contacts/${contactId}`)), 200);
  assert.equal(history.contact.recordId, record.recordId);
  assert.equal(history.segments.length, segments.length);
  const now = await kpi(), of = (report: any): any => report.queues.find((queue: any) => queue.queueId === "sales") ?? {};
  const grown = (field: string): number => us(of(now)[field] ?? 0) - us(of(kpiBefore)[field] ?? 0);
  assert.deepEqual([grown("offered"), grown("answered"), grown("abandoned"), grown("answeredWithin"), grown("transfers")], [1, 1, 0, 1, 1]);
  assert.equal(us(now.funnel.arrived) - us(kpiBefore.funnel.arrived), 1);
  assert.equal(us(now.funnel.answered) - us(kpiBefore.funnel.answered), 1);
  assert.equal(grown("talkMs"), us(record.talkMs));
  assert.equal(grown("holdMs"), us(record.holdMs));
  assert.equal(grown("afterCallWorkMs"), us(record.afterCallWorkMs));
  const agent = (report: any, id: string): any => report.agents.find((one: any) => one.agentId === id) ?? {};
  for (const [i, id] of [[0, "cai"], [1, "ben"]] as const)
    assert.equal(us(agent(now, id).talkMs) - us(agent(kpiBefore, id).talkMs ?? 0), us(record.parts[i].talkMs), `${id}'s talk`);
});

test("every record so far is in Kafka once, without a gap", async () => {
  const counts = await kafka.audit();
  assert.ok([...counts.keys()].some((producer) => producer.startsWith("acd ")) && [...counts.keys()].some((producer) => producer.startsWith("ticketing ")));
  console.log([...counts].map(([producer, count]) => `${producer.split(" ")[0]}: ${count} records`).join(", "));
});
