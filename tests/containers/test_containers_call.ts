// SPDX-License-Identifier: Apache-2.0
// A call through the containers of docker/compose.yaml: sipp calls, an agent answers, both hear each other; the record is
// in Kafka, the recording plays, the console is served.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, centreApply, contactOf, DIRECT, TRUNK_HQ } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { Kafka } from "../lib/kafka";
import { soundEnd } from "../lib/phone";
import { freePort, Sipp } from "../lib/sipp";
import { Sound } from "../lib/sound";
import { until } from "../lib/wait";

const deployment = new Deployment(), kafka = new Kafka(deployment.kafka);
const failures: string[] = [], sound = new Sound((text) => failures.push(text));

before(() => centreApply(deployment));
after(async () => {
  await sound.end();
  await soundEnd();
});

test("a call through the containers", async () => {
  const ann = await Agent.sit(deployment, "ann");
  await ann.ready();
  const counted = ann.phone.calls.length, callerRtp = await sound.open("caller", TRUNK_HQ);
  const sipp = Sipp.start(deployment.tree, "caller_bye", deployment.edge("hq"), TRUNK_HQ, await freePort(TRUNK_HQ), ["-s", DIRECT, "-d", "4000", "-set", "rtp", String(callerRtp)]);
  const call = await ann.phone.nextCall(10000, counted);
  await call.isUp(5000);
  sound.start("caller", deployment.edge("hq").host, await sipp.rtp(8000), 440, [ann.row.hz]);
  await call.hears(440, 8000);
  await until("the caller hearing ann", 6000, async () => (await sound.report("caller")).heard.some((stretch) => stretch.hz === ann.row.hz && stretch.to - stretch.from > 500));
  const contact = await contactOf(deployment, "13800138000", 5000);
  await sipp.end(15000);
  await ann.leave();
  assert.deepEqual(failures, []);

  const record = await until("the record in Kafka", 20000, async () => (await kafka.read("farseat.contacts.v1")).find((row) => row.key === contact.contactId)?.value, 500);
  assert.deepEqual([record.result, record.endedBy, record.siteId], ["RESULT_ANSWERED", "ENDED_BY_CALLER", "hq"]);
  const list = await until("the recording", 20000, async () => {
    const reply = await deployment.asAdmin("GET", `/recordings?contactId=${contact.contactId}`);
    return reply.parts?.length > 0 ? reply.parts : undefined;
  }, 500);
  const played = await deployment.api.ask("GET", `/api/v1/recordings/${list[0].recordingId}/audio`, { token: await deployment.adminToken() });
  assert.ok(played.status === 200 && played.body.length > 8000 * 2, `${played.status}, ${played.body.length} bytes of sound`);
  const home = await deployment.api.ask("GET", "/");
  assert.ok(home.status === 200 && /<div id="root"/.test(home.text), "the console's page");
});
