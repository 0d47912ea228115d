// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "edge killed" and "edge silent": its calls end and their records are written (cause edge-lost) within 3 s of
// the word that it is lost; its agents are unreachable, then back: by what was registered, or by a phone bound elsewhere.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, contactOf, secretOf } from "../lib/centre";
import { Phone } from "../lib/phone";
import { nowMs, until } from "../lib/wait";
import { say, Scene, TALK_GAP_MS } from "./scene";

const scene = new Scene(), { deployment } = scene;
const WRITTEN_MS = 3000, SILENT_MS = 3000, LOST_MS = 30000;
let cai: Agent, ann: Agent, elsewhere: Phone | null = null;
before(() => scene.begin());
after(async () => {
  elsewhere?.close();
  await scene.end();
});

test("an edge is killed and starts again: its calls end as edge-lost, the others go on, its phones are known still", async () => {
  ann = await scene.sit("ann");
  cai = await scene.sit("cai");
  const ben = await scene.sit("ben"), eva = await scene.sit("eva");
  const across = await scene.talk(ann, "branch"); // the caller's leg is lost
  const toBranch = await scene.talk(cai, "hq"); // the agent's leg is lost
  const local = await scene.talk(eva, "hq"); // nothing is lost
  const gaps = await scene.listen([local.call, local.agentCall]);
  const pid = deployment.pid("edge-branch"), killed = deployment.kill("edge-branch");
  await until("the branch callers' contact gone", 10000, async () => !(await deployment.asAdmin("GET", "/contacts/live")).contacts
    .some((contact: any) => contact.contactId === across.contact.contactId && contact.state !== "CONTACT_WRAPPING_UP"));
  const ended = nowMs() - killed;
  await ann.is("AGENT_AFTER_CALL_WORK", 3000);
  await ann.act("end-after-call-work");
  const record = await scene.record(across.caller, 10000), written = nowMs() - killed;
  say(`edge-branch killed: its contact ended after ${ended.toFixed(0)} ms, its record was read from Kafka after ${written.toFixed(0)} ms`);
  assert.deepEqual([record.endCause, record.endedBy, record.result], ["edge-lost", "ENDED_BY_SYSTEM", "RESULT_ANSWERED"]);
  assert.ok(ended < WRITTEN_MS + 1000, `after ${ended} ms`); // a second for the launcher and the new process' word
  const longest = Math.max(...(await gaps()));
  say(`longest gap in the other site's talk ${longest.toFixed(0)} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  assert.equal(local.call.state, "up");
  await deployment.restarted("edge-branch", pid);

  await toBranch.call.hears(500, 8000); // his agent is gone: he is offered to the next one, ann
  const regained = nowMs() - killed;
  await toBranch.call.bye();
  await ann.is("AGENT_AFTER_CALL_WORK");
  await ann.act("end-after-call-work");
  const theirs = await scene.record(toBranch.caller, 15000);
  assert.deepEqual([theirs.result, theirs.agentIds, theirs.endedBy], ["RESULT_ANSWERED", ["cai", "ann"], "ENDED_BY_CALLER"]);
  say(`the caller at headquarters whose agent's edge died heard another agent ${regained.toFixed(0)} ms after the kill`);
  // The registration lies in the bucket: cai's phone did nothing, and is rung again.
  for (const call of cai.phone.calls) if (call.state !== "ended") call.drop();
  await until("cai's phone reachable again", 10000, async () => (await cai.view()).phoneReachable, 100);
  say(`cai's phone was reachable ${(nowMs() - killed).toFixed(0)} ms after the kill, without a new REGISTER`);
  await until("cai at work again", 8000, async () => {
    const { state } = await cai.view();
    if (state === "AGENT_AFTER_CALL_WORK") await cai.act("end-after-call-work");
    else if (state === "AGENT_NOT_READY") await cai.act("ready");
    return state === "AGENT_READY";
  }, 100);
  await ann.act("not-ready", { reason: "break" });
  const again = await scene.talk(cai, "branch");
  await again.call.bye();
  await cai.is("AGENT_AFTER_CALL_WORK");
  await cai.act("end-after-call-work");
  await local.call.bye();
  await eva.is("AGENT_AFTER_CALL_WORK");
  await eva.act("end-after-call-work");
  await eva.act("not-ready", { reason: "break" });
  assert.equal(ben.phone.calls.length, 0);
});

test("an edge stays away: unreachable after 3 s, lost after 30 s; a phone bound elsewhere brings its agent back", async () => {
  await cai.act("not-ready", { reason: "break" });
  const across = await scene.talk(ann, "branch");
  await cai.ready();
  const away = deployment.takeAway("edge-branch");
  try {
    await until("cai unreachable", 10000, async () => (await cai.view()).phoneReachable === false, 50);
    const silent = nowMs() - away;
    say(`the edge was known to be unreachable after ${silent.toFixed(0)} ms`);
    assert.ok(silent > SILENT_MS - 1000 && silent < SILENT_MS + 2000, `after ${silent} ms`);
    assert.equal((await contactOf(deployment, across.caller.options.user)).state, "CONTACT_TALKING", "its contact stays");
    const { caller: waits, call } = await scene.queue("hq");
    const why = (await deployment.asAdmin("GET", "/agents/cai/explain")).queues.find((queue: any) => queue.queueId === "sales");
    assert.equal(why.eligible, false, "no offer goes there");
    say(`cai gets no offer: ${why.reason}`);

    elsewhere = await Phone.open({ edge: deployment.edge("hq"), user: cai.row.phone, secret: secretOf(cai.row.phone), hz: cai.row.hz });
    elsewhere.tones = [440];
    await elsewhere.register();
    const bound = nowMs(), rung = await elsewhere.nextCall(8000, 0);
    await rung.isUp(2000);
    await call.hears(700, 5000);
    say(`bound at headquarters, cai took the waiting call ${(nowMs() - bound).toFixed(0)} ms later`);
    assert.equal((await contactOf(deployment, waits.options.user)).agentId, "cai");
    await call.bye();
    await cai.is("AGENT_AFTER_CALL_WORK");
    await cai.act("end-after-call-work");

    const lost = await until("the lost edge's contact ended", LOST_MS + 10000, async () => !(await deployment.asAdmin("GET", "/contacts/live")).contacts
      .some((contact: any) => contact.contactId === across.contact.contactId && contact.state === "CONTACT_TALKING") && nowMs() - away, 100);
    await ann.is("AGENT_AFTER_CALL_WORK", 3000);
    await ann.act("end-after-call-work");
    const record = await scene.record(across.caller, 10000);
    say(`the edge was lost after ${lost.toFixed(0)} ms; the record's cause is ${record.endCause}, read after ${(nowMs() - away).toFixed(0)} ms`);
    assert.ok(lost > LOST_MS - 1500 && lost < LOST_MS + WRITTEN_MS, `after ${lost} ms`);
    assert.equal(record.endCause, "edge-lost");
  } finally {
    deployment.giveBack("edge-branch");
  }
  await deployment.ready("edge-branch");
});
