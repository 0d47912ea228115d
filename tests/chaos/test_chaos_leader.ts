// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "ACD leader killed": talking calls untouched; queued calls keep place and music; commands flow again within 3 s.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { contactOf } from "../lib/centre";
import { nowMs, pause } from "../lib/wait";
import { say, Scene, TALK_GAP_MS, Talk } from "./scene";

const scene = new Scene(), { deployment } = scene;
const COMMANDS_MS = 3000, BOTH_MS = 15000;
before(() => scene.begin());
after(() => scene.end());

let talk: Talk;
const waiting: { caller: any; call: any; contact: any }[] = [];

/** The queue as it must look: the same contacts with their keys, at the places from `first` on (who rings keeps his). */
async function queueIs(expected: { contactId: string; queueOrder: string }[], first: number): Promise<void> {
  for (const [i, one] of expected.entries()) {
    const now = (await deployment.asAdmin("GET", "/contacts/live")).contacts.find((contact: any) => contact.contactId === one.contactId);
    assert.deepEqual([now?.state, now?.queueOrder, now?.position], ["CONTACT_QUEUED", one.queueOrder, first + i], `place ${first + i}`);
  }
}

test("the leader is killed with calls talking, ringing and queued", async () => {
  const ann = await scene.sit("ann"), cai = await scene.sit("cai"), dou = await scene.sit("dou");
  talk = await scene.talk(ann);
  cai.phone.answering = "ring";
  await cai.ready();
  const [rung, rungCall] = await scene.dial();
  const ringing = await cai.phone.nextCall(5000, 0);
  await ringing.isRinging(2000);
  for (let i = 0; i < 3; i++) waiting.push(await scene.queue(i === 1 ? "branch" : "hq"));
  const keys = waiting.map((one) => one.contact);
  await queueIs(keys, 2);
  const calls = [talk.call, talk.agentCall, ...waiting.map((one) => one.call)], gaps = await scene.listen(calls);

  const status = async (): Promise<any> => JSON.parse(await deployment.ctlGood("get", "status", "-o", "json"));
  const before_ = await status(), leader = before_.leader as string, pid = deployment.pid(leader), killed = deployment.kill(leader);
  const took = await scene.commandsFlow("dou", killed, 8000);
  const first = await dou.phone.nextCall(3000, 0); // the effect of that write: the first in the queue is offered to dou
  await first.isUp(2000);
  const effect = nowMs() - killed;
  const now = await status();
  say(`${leader} killed: a write was taken after ${took.toFixed(0)} ms, ${now.leader} led, and a phone rang and was answered after ${effect.toFixed(0)} ms`);
  assert.ok(BigInt(now.leaderPosition) > BigInt(before_.leaderPosition), "another leader, with a higher fencing token");
  assert.ok(took < COMMANDS_MS, `commands flowed after ${took} ms`);
  assert.ok(effect < COMMANDS_MS + 500, `a phone was answered after ${effect} ms`);
  assert.equal(first.header("X-Farseat-Contact"), keys[0].contactId, "the first one of the queue");

  const [caller_, agent_, , ...music] = await gaps();
  say(`longest gap in sound: talking caller ${caller_?.toFixed(0)} ms, agent ${agent_?.toFixed(0)} ms, music ${music.map((gap) => gap.toFixed(0)).join(", ")} ms`);
  for (const gap of [caller_, agent_, ...music]) assert.ok((gap as number) < TALK_GAP_MS, `a gap of ${gap} ms`);
  for (const call of [...calls, rungCall]) assert.equal(call.state, "up");
  await queueIs(keys.slice(1), 2);

  assert.equal(ringing.state, "ringing", "it rings on");
  ringing.answer();
  await rungCall.hears(700, 3000);
  assert.equal((await contactOf(deployment, rung.options.user)).agentId, "cai");
  await ann.onContact(talk.contact.contactId, "hold");
  await ann.is("AGENT_HOLDING");
  await ann.onContact(talk.contact.contactId, "resume");
  await ann.is("AGENT_TALKING");
  await deployment.restarted(leader, pid);
  for (const agent of [ann, cai, dou]) assert.equal(agent.phone.calls.length, 1, `${agent.id} was rung once`);
});

test("both replicas are killed: calls talk on, the queue is as it was", async () => {
  const keys = (await Promise.all(waiting.slice(1).map((one) => scene.contact(one.caller))));
  await pause(1200); // the killed one follows again, so that both have work to lose
  const calls = [talk.call, talk.agentCall, ...waiting.slice(1).map((one) => one.call)], gaps = await scene.listen(calls);
  const pids = ["acd-1", "acd-2"].map((name) => [name, deployment.pid(name)] as const);
  const killed = deployment.kill("acd-1");
  deployment.kill("acd-2");
  const took = await scene.commandsFlow("cai", killed, BOTH_MS);
  for (const call of calls) assert.equal(call.state, "up");
  await queueIs(keys, 1);
  const ben = await scene.sit("ben");
  await ben.act("ready");
  const offered = await ben.phone.nextCall(BOTH_MS, 0), rang = nowMs() - killed, longest = Math.max(...(await gaps()));
  say(`both killed: a write was taken after ${took.toFixed(0)} ms, a phone rang after ${rang.toFixed(0)} ms; longest gap in sound ${longest.toFixed(0)} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  assert.ok(rang < BOTH_MS, `a phone rang after ${rang} ms`);
  assert.equal(offered.header("X-Farseat-Contact"), keys[0].contactId, "the first one of the queue");
  await offered.isUp(2000);
  await waiting[1]?.call.hears(600, 3000);
  await talk.call.bye();
  await talk.agent.is("AGENT_AFTER_CALL_WORK");
  for (const [name, pid] of pids) await deployment.restarted(name, pid);
});

test("each call has one record, and it tells of no fault", async () => {
  for (const one of waiting) if (one.call.state === "up") await one.call.bye();
  const record = await scene.record(talk.caller);
  assert.deepEqual([record.result, record.endedBy, record.agentIds, record.transfers], ["RESULT_ANSWERED", "ENDED_BY_CALLER", ["ann"], 0]);
  assert.ok(Math.abs(Number(record.talkMs) + Number(record.holdMs) - (talk.call.endedAt - talk.call.answeredAt)) < 800, "its talk is counted through the change of leaders");
  const last = await scene.record(waiting[2]?.caller);
  assert.deepEqual([last.result, last.shortAbandon], ["RESULT_ABANDONED", false]);
  assert.ok(Math.abs(Number(last.waitMs) - ((waiting[2]?.call.endedAt ?? 0) - (waiting[2]?.call.answeredAt ?? 0))) < 500, "its wait is counted through the change of leaders");
});
