// SPDX-License-Identifier: Apache-2.0
// The ways in which a call can go otherwise: given up in the menu or in the queue, served by the menu, unanswered,
// declined, ended by the agent with a survey, held and transferred from the phone; and what each record says of it.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, caller, centreApply, contactOf, DIRECT, ECHO, MENU, RING_MS, SURVEYED, talking } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Kafka } from "../../lib/kafka";
import { Call, Phone, soundEnd } from "../../lib/phone";
import { nowMs, pause, until } from "../../lib/wait";
import { near, segmentsOf, us } from "./records";

const deployment = new Deployment(), kafka = new Kafka(deployment.kafka);
const phones: Phone[] = [], agents: Agent[] = [];

before(async () => {
  await centreApply(deployment);
});
after(async () => {
  for (const phone of phones) phone.close();
  for (const agent of agents) await agent.leave();
  await soundEnd();
});
async function dial(number: string, site = "hq"): Promise<[Phone, Call]> {
  const phone = await caller(deployment, site);
  phones.push(phone);
  return [phone, phone.call(number)];
}
async function sit(id: string): Promise<Agent> {
  const there = agents.find((agent) => agent.id === id);
  if (there) return there;
  const agent = await Agent.sit(deployment, id);
  agents.push(agent);
  return agent;
}
async function work(agent: Agent): Promise<void> {
  await agent.is("AGENT_AFTER_CALL_WORK");
  await agent.act("end-after-call-work");
}
const recordOf = (phone: Phone): Promise<any> => kafka.contactOf(phone.options.user);
const verdict = (record: any): unknown[] => [record.result, record.endedBy, record.endCause];

test("given up in the menu", async () => {
  const [phone, call] = await dial(MENU);
  await call.isUp(3000);
  await pause(600);
  await call.bye();
  const record = await recordOf(phone);
  assert.deepEqual(verdict(record), ["RESULT_IVR_ABANDONED", "ENDED_BY_CALLER", "hangup"]);
  assert.deepEqual([record.queueId, record.waitMs, record.menuPath, record.agentIds], ["", "0", [], []]);
  near("ivr", us(record.ivrMs), call.endedAt - call.answeredAt, 250);
});

test("served by the menu", async () => {
  const [phone, call] = await dial(MENU);
  await call.isUp(3000);
  await call.hears(-1, 3000);
  await call.press("3"); // in the midst of the prompt
  const pressed = nowMs();
  await call.hasEnded(20000);
  assert.ok(call.endedAt - pressed > 2000, "the hours were said");
  assert.equal(call.byRemote, true);
  const record = await recordOf(phone);
  assert.deepEqual([record.result, record.endedBy], ["RESULT_IVR_SERVED", "ENDED_BY_FLOW"]);
  assert.deepEqual(record.menuPath.map((step: any) => step.digits), ["3"]);
});

test("no choice at all: the menu's failure branch hangs up", async () => {
  const [phone, call] = await dial(MENU);
  await call.isUp(3000);
  await call.press("7"); // is no choice
  await call.hasEnded(25000);
  const record = await recordOf(phone);
  assert.deepEqual([record.result, record.endedBy], ["RESULT_IVR_ABANDONED", "ENDED_BY_FLOW"]);
});

test("given up in the queue, within the threshold and beyond it", async () => {
  const [soon, soonCall] = await dial(DIRECT), [late, lateCall] = await dial(DIRECT, "branch");
  const first = await contactOf(deployment, soon.options.user, 3000, "CONTACT_QUEUED");
  const second = await contactOf(deployment, late.options.user, 3000, "CONTACT_QUEUED");
  const place = [first, second].sort((a, b) => Number(BigInt(a.queueOrder) - BigInt(b.queueOrder))).map((contact) => contact.contactId);
  const queue = (await deployment.asAdmin("GET", "/queues")).queues.find((one: any) => one.queueId === "sales");
  assert.deepEqual(queue.waitingContactIds, place);
  await pause(500);
  await soonCall.bye();
  await until("more than three seconds", 5000, () => nowMs() - lateCall.answeredAt > 3300);
  await lateCall.bye();
  const short = await recordOf(soon), long = await recordOf(late);
  assert.deepEqual(verdict(short), ["RESULT_ABANDONED", "ENDED_BY_CALLER", "hangup"]);
  assert.deepEqual([short.shortAbandon, long.shortAbandon, short.queueId], [true, false, "sales"]);
  near("wait", us(short.waitMs), soonCall.endedAt - soonCall.answeredAt, 250);
  near("wait", us(long.waitMs), lateCall.endedAt - lateCall.answeredAt, 250);
  assert.deepEqual([long.trunkId, long.siteId, long.edge], ["pstn-branch", "branch", "edge-branch"]);
  const segments = await segmentsOf(kafka, short.contactId);
  assert.deepEqual(segments.filter((segment) => segment.kind === "SEGMENT_QUEUE").map((segment) => segment.outcome), ["abandoned"]);
});

test("an agent declines: the caller keeps his place and is offered to the next", async () => {
  const ann = await sit("ann"), dou = await sit("dou");
  ann.phone.answering = "busy";
  dou.phone.answering = "answer";
  const [phone, call] = await dial(DIRECT), before_ = await contactOf(deployment, phone.options.user, 3000, "CONTACT_QUEUED");
  const [, behind] = await dial(DIRECT);
  await ann.act("ready");
  await ann.phone.nextCall(3000, 0);
  const view = await ann.is("AGENT_NOT_READY");
  assert.ok(view.reason, "a reason why she is not ready");
  const after_ = await contactOf(deployment, phone.options.user, 3000, "CONTACT_QUEUED");
  assert.deepEqual([after_.queueOrder, after_.position], [before_.queueOrder, 1], "his place");
  await dou.act("ready");
  await call.hears(800, 5000);
  await behind.isUp(2000);
  assert.equal(ann.phone.calls.length, 1, "ann was rung once");
  await call.bye();
  await work(dou);
  const record = await recordOf(phone);
  assert.deepEqual(record.agentIds, ["dou"]);
  assert.deepEqual(record.missedOffers.map((missed: any) => [missed.agentId, missed.cause]), [["ann", "declined"]]);
  const second = await dou.phone.nextCall(3000, 1); // who was behind him
  await second.isUp(2000);
  await behind.bye();
  await work(dou);
  await dou.act("not-ready", { reason: "break" });
});

test("an agent lets it ring: not ready, and the caller keeps his place", async () => {
  const ann = await sit("ann"), counted = ann.phone.calls.length;
  ann.phone.answering = "ring";
  const [phone, call] = await dial(DIRECT), waiting = await contactOf(deployment, phone.options.user, 3000, "CONTACT_QUEUED");
  await ann.act("ready");
  const ringing = await ann.phone.nextCall(3000, counted);
  await ringing.isRinging(1000);
  await ringing.hasEnded(RING_MS + 1500);
  near("the ringing", ringing.endedAt - ringing.ringingAt, RING_MS, 300);
  assert.equal((await ann.is("AGENT_NOT_READY")).reason, "no-answer");
  const again = await contactOf(deployment, phone.options.user, 3000, "CONTACT_QUEUED");
  assert.deepEqual([again.queueOrder, again.position], [waiting.queueOrder, 1]);
  await call.bye();
  const record = await recordOf(phone);
  assert.deepEqual(record.missedOffers.map((missed: any) => [missed.agentId, missed.cause]), [["ann", "no-answer"]]);
  near("the ringing as recorded", us(record.missedOffers[0].ringMs), RING_MS, 300);
  assert.equal(record.result, "RESULT_ABANDONED");
});

test("hung up while it rings: the phone stops, the agent is ready again", async () => {
  const ann = await sit("ann"), counted = ann.phone.calls.length;
  ann.phone.answering = "ring";
  await ann.ready();
  const [phone, call] = await dial(DIRECT), ringing = await ann.phone.nextCall(3000, counted);
  await ringing.isRinging(1000);
  await call.bye();
  await ringing.hasEnded(2000);
  await ann.is("AGENT_READY");
  const record = await recordOf(phone);
  assert.deepEqual(verdict(record), ["RESULT_ABANDONED", "ENDED_BY_CALLER", "hangup"]);
  assert.deepEqual(record.missedOffers, [], "she missed nothing: he was gone");
  const ring = (await segmentsOf(kafka, record.contactId)).find((segment) => segment.kind === "SEGMENT_RING");
  assert.equal(ring.outcome, "caller-gone");
  ann.phone.answering = "answer";
  await ann.act("not-ready", { reason: "break" });
});

test("the agent hangs up, the caller answers the survey", async () => {
  const ben = await sit("ben");
  await ben.ready();
  const { caller: phone, call, agentCall, contact } = await talking(deployment, ben, "hq", SURVEYED);
  phones.push(phone);
  await agentCall.bye();
  await work(ben);
  await contactOf(deployment, phone.options.user, 3000, "CONTACT_IN_SURVEY");
  await pause(300);
  await call.press("4");
  await call.hasEnded(15000);
  const record = await recordOf(phone);
  assert.deepEqual([record.result, record.surveyId, record.surveyAnswered, record.surveyScore], ["RESULT_ANSWERED", "satisfaction", true, 4]);
  assert.ok(us(record.surveyMs) > 200);
  assert.deepEqual(record.parts.map((part: any) => part.endedBy), ["ENDED_BY_AGENT"]);
  const survey = await until("the survey in Kafka", 10000, async () => (await kafka.read("farseat.surveys.v1")).map((row) => row.value)
    .find((value) => value.contactId === contact.contactId), 300);
  assert.deepEqual([survey.answered, survey.score, survey.agentId, survey.queueId], [true, 4, "ben", "support"]);
});

test("held and transferred from the phone itself", async () => {
  const ben = await sit("ben"), cai = await sit("cai");
  await ben.ready();
  const { caller: phone, call, agentCall } = await talking(deployment, ben);
  phones.push(phone);
  await agentCall.hold(true);
  await ben.is("AGENT_HOLDING");
  await call.mark();
  await until("music on hold", 3000, async () => (await call.report()).heard.some((stretch) => stretch.hz === -1 && stretch.to - stretch.from > 200));
  await agentCall.hold(false);
  await ben.is("AGENT_TALKING");
  await call.mark();
  await call.hears(600, 3000);
  await cai.ready();
  assert.equal(await agentCall.refer("2003"), 202);
  await call.hears(700, 5000);
  await agentCall.hasEnded(3000);
  await work(ben);
  await cai.onContact((await contactOf(deployment, phone.options.user)).contactId, "hang-up");
  await call.hasEnded(3000);
  await work(cai);
  const record = await recordOf(phone);
  assert.deepEqual([record.agentIds, record.holds, record.transfers, record.endedBy], [["ben", "cai"], 1, 1, "ENDED_BY_AGENT"]);
});

test("who calls a number that is none, or from nowhere, is refused; an echo is heard", async () => {
  const [, none] = await dial("95999");
  await none.hasEnded(5000);
  assert.ok(none.status === 404, `status ${none.status}`);
  const stranger = await Phone.open({ edge: deployment.edge("hq"), host: "127.0.9.9", user: "13900000000" });
  phones.push(stranger);
  const strange = stranger.call(DIRECT);
  await strange.hasEnded(5000);
  assert.ok([401, 403, 407].includes(strange.status), `status ${strange.status}`);
  const [phone, echo] = await dial(ECHO);
  phone.tones = [440];
  await echo.isUp(3000);
  await echo.hears(440, 4000);
  await echo.bye();
});

test("a phone with a wrong secret is not registered", async () => {
  const phone = await Phone.open({ edge: deployment.edge("hq"), user: "2006", secret: "wrong" });
  phones.push(phone);
  assert.ok([401, 403].includes(await phone.registerStatus()), "a wrong secret");
  assert.ok([401, 403, 404].includes(await phone.registerStatus(3600, "")), "an empty secret");
});
