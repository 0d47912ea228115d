// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "nats-server killed, restarted": talking calls untouched; nothing acknowledged is lost or doubled; and,
// as for a stream's leader, the queue goes on within 8 s of its return: time in which the log took nothing counts for no one.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { nowMs, until } from "../lib/wait";
import { say, Scene, TALK_GAP_MS, Talk } from "./scene";

const scene = new Scene(), { deployment } = scene;
const FLOW_MS = 8000, AWAY_MS = 4000;
before(() => scene.begin());
after(() => scene.end());
let talk: Talk;
const waiting: { caller: any; call: any; contact: any }[] = [];

test("nats-server is killed and comes back at once", async () => {
  const ann = await scene.sit("ann"), dou = await scene.sit("dou");
  talk = await scene.talk(ann);
  for (let i = 0; i < 3; i++) waiting.push(await scene.queue(i === 1 ? "branch" : "hq"));
  const calls = [talk.call, talk.agentCall, ...waiting.map((one) => one.call)], gaps = await scene.listen(calls);
  const pid = deployment.pid("nats"), killed = deployment.kill("nats");
  const took = await scene.commandsFlow("dou", killed, 20000);
  const first = await dou.phone.nextCall(FLOW_MS, 0);
  await first.isUp(2000);
  const effect = nowMs() - killed, longest = Math.max(...(await gaps()));
  say(`nats-server killed: a write was taken after ${took.toFixed(0)} ms, a phone answered after ${effect.toFixed(0)} ms; longest gap in sound ${longest.toFixed(0)} ms`);
  assert.notEqual(deployment.pid("nats"), pid);
  assert.ok(effect < FLOW_MS, `after ${effect} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  assert.equal(first.header("X-Farseat-Contact"), waiting[0]?.contact.contactId, "the first one of the queue");
  for (const call of calls) assert.equal(call.state, "up");
});

test("nats-server is away for four seconds: sound goes on, who hangs up meanwhile is recorded, the queue keeps its order", async () => {
  const [, second, third] = waiting, gaps = await scene.listen([second?.call, third?.call]);
  const keys = [await scene.contact(second?.caller), await scene.contact(third?.caller)];
  deployment.takeAway("nats");
  const [newcomer, newCall] = await scene.dial(); // nobody can take him: he waits or is refused, and is no ghost afterwards
  const away = nowMs();
  await until("two seconds without the bus", 4000, () => nowMs() - away > 2000);
  await talk.call.bye();
  const talked = talk.call.endedAt - talk.call.answeredAt;
  await until("four seconds without the bus", 6000, () => nowMs() - away > AWAY_MS);
  const longest = Math.max(...(await gaps()));
  deployment.giveBack("nats");
  const back = nowMs();
  const took = await scene.commandsFlow("ann", back, 20000);
  say(`four seconds away: a write was taken ${took.toFixed(0)} ms after the return; longest gap in music ${longest.toFixed(0)} ms; who called meanwhile is ${newCall.state} ${newCall.status || ""}`);
  assert.ok(took < FLOW_MS, `after ${took} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms in the music`);
  const next = await talk.agent.phone.nextCall(FLOW_MS, 1); // ann is ready: the next of the queue
  await next.isUp(2000);
  assert.equal(next.header("X-Farseat-Contact"), keys[0].contactId);
  await until("the third at place 1, with his key", 3000, async () => {
    const now = await scene.contact(third?.caller);
    return now.state === "CONTACT_QUEUED" && now.queueOrder === keys[1].queueOrder && now.position === 1;
  });
  const record = await scene.record(talk.caller);
  assert.ok(Math.abs(Number(record.talkMs) - talked) < 500, `talked ${talked} ms, recorded ${record.talkMs} ms: the edge's own clock counts`);
  if (newCall.state === "ended") scene.turnedAway(newcomer);
  else await newCall.isUp(8000);
});

test("the bus' files are as they were: both replicas agree, and snapshots go on", async () => {
  await deployment.allReady();
  // Calls live, so the log grows by a tick or two each second, and each replica sets its gauge once a second.
  const began = nowMs(), [one, two] = await until("both replicas within a second's ticks of each other", 10000, async () => {
    const seen = await Promise.all(["acd-1", "acd-2"].map((name) => deployment.metric(name, "farseat_acd_position")));
    if (Math.abs((seen[0] as number) - (seen[1] as number)) > 4) throw new Error(seen.join(" and "));
    return seen;
  });
  say(`the replicas stood at positions ${one} and ${two} ${(nowMs() - began).toFixed(0)} ms later`);
  for (const name of ["acd-1", "acd-2"]) assert.equal(await deployment.metric(name, "farseat_acd_halted"), 0);
});
