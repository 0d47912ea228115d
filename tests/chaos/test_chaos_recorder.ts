// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "recorder killed": recording goes on at another within 2 s as a second part; what was written plays.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { nowMs, until } from "../lib/wait";
import { Wav } from "../lib/wav";
import { say, Scene, TALK_GAP_MS } from "./scene";

const scene = new Scene(), { deployment } = scene;
before(() => scene.begin());
after(() => scene.end());

test("the recorder of a talking call is killed", async () => {
  const ann = await scene.sit("ann"), talk = await scene.talk(ann), { contactId } = talk.contact;
  // A question that lies at the recorder in the moment of its end is answered by nobody: it is asked again soon.
  const token = await deployment.adminToken();
  const parts = async (): Promise<any[]> => (await deployment.api.good("GET", `/recordings?contactId=${contactId}`, { token, timeoutMs: 1500 })).parts
    .sort((a: any, b: any) => a.part - b.part);
  const first = await until("the recording under way", 5000, async () => (await parts())[0]);
  const began = nowMs();
  await until("two seconds and a half of talk", 5000, () => nowMs() - began > 2500);
  const gaps = await scene.listen([talk.call, talk.agentCall]);
  const pid = deployment.pid(first.instance), killed = deployment.kill(first.instance);
  const second = await until("a second part", 8000, async () => (await parts()).find((part) => part.part === 2));
  const took = Number(second.startedAtUs) / 1000 - killed;
  say(`${first.instance} killed: ${second.instance} records after ${took.toFixed(0)} ms`);
  assert.notEqual(second.instance, first.instance);
  assert.ok(took < 2000, `after ${took} ms`);
  await until("three seconds more", 6000, () => nowMs() - killed > 4500);
  const longest = Math.max(...(await gaps()));
  say(`longest gap in the talk: ${longest.toFixed(0)} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  await talk.call.bye();
  await deployment.restarted(first.instance, pid);

  const done = await until("both parts finished", 15000, async () => {
    const list = await parts();
    if (!list.every((part) => ["complete", "recovered"].includes(part.state))) throw new Error(list.map((part) => part.state).join(", "));
    return list;
  }, 200);
  assert.deepEqual(done.map((part) => [part.part, part.state]), [[1, "recovered"], [2, "complete"]]);
  const talked = talk.call.endedAt - talk.call.answeredAt;
  let recorded = 0;
  for (const part of done) {
    const answer = await deployment.api.ask("GET", `/api/v1/recordings/${part.recordingId}/audio?part=${part.part}`, { token });
    assert.equal(answer.status, 200, answer.text.slice(0, 200));
    const wav = new Wav(answer.body), left = wav.toneMs(0, 440), right = wav.toneMs(1, 500);
    recorded += wav.ms;
    say(`part ${part.part} (${part.instance}, ${part.state}): ${wav.ms} ms; caller on the left ${left} ms, agent on the right ${right} ms`);
    assert.ok(left > wav.ms - 700 && right > wav.ms - 700, `part ${part.part} has both sides' sound`);
  }
  say(`talked ${talked.toFixed(0)} ms, recorded ${recorded} ms`);
  assert.ok(Math.abs(talked - recorded) < 2500, `${recorded} ms recorded of ${talked}`);
  const record = await scene.record(talk.caller);
  assert.deepEqual(record.recordingIds, [first.recordingId], "one recording of two parts");
});

test("both recorders are killed: the call goes on, and is recorded again when one is back", async () => {
  const ann = scene.agents[0] as (typeof scene.agents)[0];
  await ann.is("AGENT_READY", 8000); // her after-call work is over
  const talk = await scene.talk(ann), { contactId } = talk.contact;
  const pids = ["recording-1", "recording-2"].map((name) => [name, deployment.pid(name)] as const), gaps = await scene.listen([talk.call, talk.agentCall]);
  deployment.kill("recording-1");
  deployment.kill("recording-2");
  for (const [name, pid] of pids) await deployment.restarted(name, pid);
  const part = await until("another part", 15000, async () => (await deployment.asAdmin("GET", `/recordings?contactId=${contactId}`)).parts.find((one: any) => one.part > 1), 200);
  const longest = Math.max(...(await gaps()));
  say(`both recorders killed: part ${part.part} at ${part.instance}; longest gap in the talk ${longest.toFixed(0)} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  await talk.call.bye();
});
