// SPDX-License-Identifier: Apache-2.0
// The same with foreign phones: sipp calls, sipp registers by digest and answers, across sites; sound both ways.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { AGENTS, centreApply, DIRECT, secretOf, TRUNK_HQ } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Kafka } from "../../lib/kafka";
import { freePort, Sipp } from "../../lib/sipp";
import { Sound } from "../../lib/sound";
import { nowMs, pause, until } from "../../lib/wait";
import { near, us } from "./records";

const deployment = new Deployment(), kafka = new Kafka(deployment.kafka);
const failures: string[] = [], sound = new Sound((text) => failures.push(text));
const dou = AGENTS.find((agent) => agent.id === "dou") as (typeof AGENTS)[number];

before(() => centreApply(deployment));
after(() => sound.end());

test("sipp calls at headquarters, sipp answers at the branch", async () => {
  const edge = deployment.edge(dou.site), port = await freePort();
  const register = Sipp.start(deployment.tree, "register", edge, "127.0.0.1", port, ["-s", dou.phone, "-au", dou.phone, "-ap", secretOf(dou.phone)]);
  await register.end(8000);
  const act = (what: string, body: unknown = {}): Promise<any> => deployment.asAdmin("POST", `/agents/${dou.id}/${what}`, body);
  const view = async (): Promise<any> => (await deployment.asAdmin("GET", "/agents")).agents.find((agent: any) => agent.agentId === dou.id);
  await until("dou's phone known", 5000, async () => {
    if ((await view()).state === "AGENT_LOGGED_OUT") await act("login", { phone: dou.phone });
    return (await view()).phoneReachable;
  });

  const agentRtp = await sound.open("agent", "127.0.0.1"), callerRtp = await sound.open("caller", TRUNK_HQ);
  const agent = Sipp.start(deployment.tree, "agent", edge, "127.0.0.1", port, ["-set", "rtp", String(agentRtp)]);
  await act("ready");
  const before_ = new Set((await kafka.read("farseat.contacts.v1")).map((row) => row.key));
  const callerPhone = Sipp.start(deployment.tree, "caller_bye", deployment.edge("hq"), TRUNK_HQ, await freePort(TRUNK_HQ),
    ["-s", DIRECT, "-d", "4000", "-set", "rtp", String(callerRtp)]);
  sound.start("caller", deployment.edge("hq").host, await callerPhone.rtp(8000), 440, [dou.hz]);
  sound.start("agent", edge.host, await agent.rtp(8000), dou.hz, [440]);
  const began = nowMs();
  for (const [id, hz] of [["caller", dou.hz], ["agent", 440]] as const)
    await until(`${id} hearing ${hz} Hz`, 6000, async () => (await sound.report(id)).heard.some((stretch) => stretch.hz === hz && stretch.to - stretch.from > 500));
  await sound.mark("caller");
  await pause(1000);
  const report = await sound.report("caller");
  console.log(`the caller got ${report.packets} packets in a second, the longest gap ${report.gapMsMax.toFixed(1)} ms`);
  assert.ok(report.packets >= 40 && report.gapMsMax < 200, "steady sound across the sites");
  await callerPhone.end(15000);
  await agent.end(5000);
  const talked = nowMs() - began;
  await until("after-call work", 3000, async () => (await view()).state === "AGENT_AFTER_CALL_WORK");
  await act("end-after-call-work");
  await act("logout");

  const record = await until("the record", 15000, async () => (await kafka.read("farseat.contacts.v1")).find((row) => !before_.has(row.key) && row.value.caller.raw === "13800138000")?.value, 300);
  assert.deepEqual([record.result, record.endedBy, record.siteId, record.parts[0].siteId, record.parts[0].edge], ["RESULT_ANSWERED", "ENDED_BY_CALLER", "hq", "branch", "edge-branch"]);
  near("talk", us(record.talkMs), talked, 700);
  assert.equal(record.parts[0].phoneAddress, `udp:127.0.0.1:${port}`);
  assert.deepEqual(failures, []);
});
