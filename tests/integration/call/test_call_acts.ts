// SPDX-License-Identifier: Apache-2.0
// What an agent asks of his phone: a desk phone that answers when it is told to, an agent who is not heard. And
// browsers at an edge's door: who is let in, what they hear, what is left when they go.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, caller, centreApply, contactOf, DIRECT, ECHO, talking } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Door, DoorLine, doorOf, helloLine, helloOf } from "../../lib/door";
import { Kafka } from "../../lib/kafka";
import { Phone, soundEnd } from "../../lib/phone";
import { pause, until } from "../../lib/wait";

const deployment = new Deployment(), kafka = new Kafka(deployment.kafka);
const phones: Phone[] = [], agents: Agent[] = [];
let door: Door;

before(async () => {
  await centreApply(deployment);
  door = await doorOf(deployment, "edge-hq");
});
after(async () => {
  for (const phone of phones) phone.close();
  for (const agent of agents) await agent.leave();
  await soundEnd();
});
async function sit(id: string, talk: boolean): Promise<Agent> {
  const agent = await Agent.sit(deployment, id, [440], talk);
  agents.push(agent);
  return agent;
}
const refusal = (promise: Promise<unknown>): Promise<string> => promise.then(() => "", (error: Error) => error.message);

test("a desk phone that can be told to answer", async () => {
  const ann = await sit("ann", true);
  await until("the phone's way to answer", 5000, async () => (await ann.view()).phoneAnswer === "talk");
  ann.phone.answering = "ring";
  await ann.ready();
  const phone = await caller(deployment);
  phones.push(phone);
  const call = phone.call(DIRECT), ringing = await ann.phone.nextCall(10000);
  await ann.is("AGENT_RINGING");
  const contact = await contactOf(deployment, phone.options.user);
  await pause(300);
  assert.equal(ringing.state, "ringing", "it does not answer by itself");
  await ann.onContact(contact.contactId, "answer");
  await ringing.isUp(3000);
  await ann.is("AGENT_TALKING");
  await call.hears(ann.row.hz, 8000);
  assert.match(await refusal(ann.onContact(contact.contactId, "answer")), /does not ring/);
  await call.bye();
  await ann.is("AGENT_AFTER_CALL_WORK");
  await ann.act("end-after-call-work");
});

test("one that cannot: lift the handset", async () => {
  const ben = await sit("ben", false);
  assert.equal((await ben.view()).phoneAnswer, "manual");
  await agents[0]?.act("not-ready", { reason: "break" });
  ben.phone.answering = "ring";
  await ben.ready();
  const phone = await caller(deployment);
  phones.push(phone);
  const call = phone.call(DIRECT), ringing = await ben.phone.nextCall(10000);
  await ben.is("AGENT_RINGING");
  const contact = await contactOf(deployment, phone.options.user);
  assert.match(await refusal(ben.onContact(contact.contactId, "answer")), /lift the handset/);
  ringing.answer();
  await ben.is("AGENT_TALKING");
  await call.bye();
  await ben.is("AGENT_AFTER_CALL_WORK");
  await ben.act("end-after-call-work");
  await ben.act("not-ready", { reason: "break" });
});

test("muted: not heard, nor recorded, until unmuted or the connection's end", async () => {
  const ann = agents[0] as Agent;
  ann.phone.answering = "answer";
  await ann.ready();
  const { caller: phone, call, contact } = await talking(deployment, ann);
  phones.push(phone);
  await ann.onContact(contact.contactId, "mute");
  await until("ann shown as muted", 3000, async () => (await ann.view()).muted === true);
  await call.mark();
  await pause(1200);
  const silence = await call.report();
  assert.ok(!silence.heard.some((stretch) => stretch.hz === ann.row.hz && stretch.to - stretch.from > 400), `the caller heard ${JSON.stringify(silence.heard)}`);
  await ann.onContact(contact.contactId, "unmute");
  await call.mark();
  await call.hears(ann.row.hz, 5000);
  await ann.onContact(contact.contactId, "mute");
  await call.bye();
  await ann.is("AGENT_AFTER_CALL_WORK");
  assert.equal((await ann.view()).muted ?? false, false);
  await ann.act("end-after-call-work");
  await ann.act("not-ready", { reason: "break" });
});

test("only who proves to be the gateway is let in, and each hello once", async () => {
  const hello = helloOf("2001"), wrong = Buffer.from(door.secret);
  wrong[0] = (wrong[0] ?? 0) ^ 1;
  assert.match((await DoorLine.say(door, helloLine(hello, wrong))).answer, /^NO proof /);
  assert.match((await DoorLine.say(door, helloLine({ ...hello, at: hello.at - 120 }, door.secret))).answer, /^NO clock /);
  const first = await DoorLine.say(door, helloLine(hello, door.secret));
  assert.equal(first.answer, "OK");
  assert.match((await DoorLine.say(door, helloLine(hello, door.secret))).answer, /^NO replay /);
  assert.match((await DoorLine.say(door, helloLine(helloOf("nobody"), door.secret))).answer, /^NO unknown-phone /);
  first.sendBytes(Buffer.from("ffffffff00", "hex"));
  await until("the end of who sends garbage", 3000, () => first.closed);
});

test("a browser's phone hears itself, and is gone with its connection", async () => {
  const agent = await deployment.asAdmin("GET", "/agents").then((reply) => reply.agents.find((row: any) => row.agentId === "eva"));
  const phone = await Phone.open({ edge: deployment.edge("hq"), user: "2005", hz: 1300, door: await DoorLine.open(door, "2005") });
  phones.push(phone);
  phone.tones = [1300];
  await phone.register();
  if (agent.state === "AGENT_LOGGED_OUT") await deployment.asAdmin("POST", "/agents/eva/login", { phone: "2005" });
  const eva = async (): Promise<any> => (await deployment.asAdmin("GET", "/agents")).agents.find((row: any) => row.agentId === "eva");
  await until("eva's browser", 5000, async () => (await eva()).phoneAnswer === "browser" && (await eva()).phoneReachable);
  const call = phone.call(ECHO);
  await call.isUp(5000);
  await call.hears(1300, 8000);
  const { contactId } = await contactOf(deployment, "2005");
  const began = Date.now();
  phone.options.door?.close(); // the tab is shut: nobody says goodbye
  await until("eva without a phone", 3000, async () => !(await eva()).phoneReachable);
  const record = await until("the record", 15000, async () => (await kafka.read("farseat.contacts.v1")).find((row) => row.key === contactId)?.value, 100);
  assert.equal(record.endCause, "browser-gone");
  console.log(`known as gone, and recorded, ${Date.now() - began} ms after the tab was shut`);
  await deployment.asAdmin("POST", "/agents/eva/logout", {});
});
