// SPDX-License-Identifier: Apache-2.0
// Real calls of a real browser: ICE, DTLS-SRTP and SIP of Chromium and JsSIP against an edge; with itself, with a caller
// at the same site and at another one, on hold, muted, and when the tab is shut.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { person } from "../integration/api/people";
import { AGENTS, caller, centreApply, contactOf, DIRECT, ECHO } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { Kafka } from "../lib/kafka";
import { Phone, soundEnd } from "../lib/phone";
import { pause, until } from "../lib/wait";
import { Desks } from "./lib/browser";
import { Bridge, Softphone } from "./lib/softphone";

const deployment = new Deployment(), desks = new Desks(deployment), kafka = new Kafka(deployment.kafka), phones: Phone[] = [];
const eva = AGENTS.find((agent) => agent.id === "eva") as (typeof AGENTS)[number];
let bridge: Bridge;

before(async () => {
  await centreApply(deployment);
  bridge = await Bridge.open(deployment, "edge-hq");
  await desks.open();
});
after(async () => {
  await leave();
  for (const phone of phones) phone.close();
  await desks.close();
  bridge.close();
  await soundEnd();
});
const view = async (): Promise<any> => (await deployment.asAdmin("GET", "/agents")).agents.find((agent: any) => agent.agentId === eva.id);
const act = (what: string): Promise<unknown> => deployment.asAdmin("POST", `/agents/${eva.id}/${what}`, {});
const is = (state: string): Promise<unknown> => until(`${eva.id} being ${state}`, 8000, async () => (await view()).state === state);
async function leave(): Promise<void> {
  await until(`${eva.id} logged out`, 15000, async () => {
    const { state } = await view();
    if (state === "AGENT_LOGGED_OUT") return true;
    await act(state === "AGENT_AFTER_CALL_WORK" ? "end-after-call-work" : "logout").catch(() => undefined);
    return false;
  }, 200);
}
async function sit(): Promise<Softphone> {
  const softphone = await Softphone.open(desks, bridge, eva.phone, eva.hz);
  await leave();
  await act("login");
  await until("the browser known to the ACD", 5000, async () => (await view()).phoneAnswer === "browser");
  await act("ready");
  return softphone;
}
async function dial(site: string): Promise<{ phone: Phone; call: ReturnType<Phone["call"]> }> {
  const phone = await caller(deployment, site);
  phones.push(phone);
  return { phone, call: phone.call(DIRECT) };
}

desks.story("the browser hears itself", async () => {
  const softphone = await Softphone.open(desks, bridge, eva.phone, 700);
  await softphone.dial(ECHO);
  await softphone.is("up");
  await softphone.hears(700);
  const { contactId } = await contactOf(deployment, eva.phone);
  await softphone.do("hold()");
  await pause(600);
  await softphone.do("unhold()");
  await pause(300);
  await softphone.hears(700);
  await softphone.do("terminate()");
  const record = await until("the record", 15000, async () => (await kafka.read("farseat.contacts.v1")).find((row) => row.key === contactId)?.value, 300);
  assert.deepEqual([record.endedBy, record.endCause], ["ENDED_BY_CALLER", "hangup"]);
});

desks.story("the same through the gateway, with a ticket that is good once", async () => {
  const someone = await person(deployment, ["agent"], eva.id);
  const { ticket, phone, echoNumber } = await deployment.api.good("GET", "/me/phone", { token: someone.accessToken });
  assert.equal(phone, eva.phone);
  const softphone = await Softphone.through(desks, phone, ticket, 1000);
  await softphone.dial(echoNumber || ECHO);
  await softphone.is("up");
  await softphone.hears(1000);
  await assert.rejects(Softphone.through(desks, phone, ticket, 1000), /registered in the browser/);
  await softphone.do("terminate()");
});

for (const site of ["hq", "branch"])
  desks.story(`an agent in the browser, a caller at ${site}`, async () => {
    const softphone = await sit(), { phone, call } = await dial(site);
    await softphone.is("ringing");
    await is("AGENT_RINGING");
    await softphone.answer();
    await softphone.is("up");
    await softphone.hears(440);
    await call.hears(eva.hz, 8000);
    const contact = await contactOf(deployment, phone.options.user, 5000, "CONTACT_TALKING");
    const on = (what: string): Promise<unknown> => deployment.asAdmin("POST", `/contacts/${contact.contactId}/${what}?agentId=${eva.id}`, {});
    await on("mute");
    await pause(300); // what was on its way
    await call.mark();
    await pause(1000);
    assert.ok(!(await call.report()).heard.some((stretch) => stretch.hz === eva.hz && stretch.to - stretch.from > 300), "muted");
    await on("unmute");
    await call.mark();
    await call.hears(eva.hz, 5000);
    await on("hold");
    await is("AGENT_HOLDING");
    await on("resume");
    await is("AGENT_TALKING");
    await softphone.hears(440);
    await softphone.do("terminate()");
    await is("AGENT_AFTER_CALL_WORK");
    await call.hasEnded(5000);
    const record = await kafka.contactOf(phone.options.user);
    assert.deepEqual([record.result, record.parts.length, record.parts[0].agentId, record.recordingIds.length], ["RESULT_ANSWERED", 1, eva.id, 1]);
    assert.match(record.parts[0].phoneAddress, /^wss:/);
  });

desks.story("the tab is shut: the caller waits again, where he first stood", async () => {
  const softphone = await sit(), { phone, call } = await dial("hq");
  await softphone.is("ringing");
  await softphone.answer();
  await softphone.hears(440);
  await softphone.page.close();
  await contactOf(deployment, phone.options.user, 5000, "CONTACT_QUEUED");
  await until("the agent's phone gone", 3000, async () => !(await view()).phoneReachable);
  assert.equal(call.state, "up");
  await call.bye();
});
