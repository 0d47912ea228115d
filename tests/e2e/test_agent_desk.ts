// SPDX-License-Identifier: Apache-2.0
// An agent with a desk phone: the caller is on the screen before the handset is lifted; hold, mute, after-call work, transfer.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { AGENTS, caller, callerNumber, centreApply, DIRECT, secretOf } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { Phone, soundEnd } from "../lib/phone";
import { until } from "../lib/wait";
import { AgentDesk } from "./lib/agent";
import { axe, Desks, shot } from "./lib/browser";

const deployment = new Deployment(), desks = new Desks(deployment);
before(async () => {
  await centreApply(deployment);
  await desks.open();
});
after(async () => {
  await desks.close();
  await soundEnd();
});

/** The phone on the desk of this agent, registered; it rings until it is told to do more. */
async function deskPhone(id: string, talk = false): Promise<{ phone: Phone; hz: number }> {
  const row = AGENTS.find((agent) => agent.id === id) as (typeof AGENTS)[number];
  const phone = desks.keep(await Phone.open({ edge: deployment.edge(row.site), user: row.phone, secret: secretOf(row.phone), hz: row.hz, talk }));
  phone.answering = "ring";
  phone.tones = [440];
  await until(`${id}'s phone registered`, 15000, async () => (await phone.registerStatus()) === 200, 500);
  return { phone, hz: row.hz };
}
const hears = async (call: { mark(): Promise<void>; hears(hz: number, ms: number): Promise<unknown> }, hz: number): Promise<void> => {
  await call.mark();
  await call.hears(hz, 6000);
};

desks.story("a desk phone that may be told to answer is answered from the console", async () => {
  const { phone, hz } = await deskPhone("ann", true), desk = await AgentDesk.open(desks, "ann", "desk");
  await desk.beReady();
  await desk.is("Ready");
  const customer = desks.keep(await caller(deployment)), call = customer.call(DIRECT), agentCall = await phone.nextCall(10000, 0);
  await agentCall.isRinging(5000);
  await desk.call.getByRole("button", { name: /^Answer/ }).click();
  await call.isUp(5000);
  await desk.is("Talking");
  await call.hears(hz, 6000);
  await call.bye();
  await desk.is("After-call work");
  await desk.leave();
  await phone.register(0); // the next phone of this name is another kind
});
desks.story("a call with a desk phone, from the first ring to the note", async () => {
  const { phone, hz } = await deskPhone("ann"), desk = await AgentDesk.open(desks, "ann", "desk"), { page } = desk;
  await desk.beReady();
  await desk.is("Ready");
  await axe(page);
  await shot(deployment, page, "agent-ready");

  const customer = desks.keep(await caller(deployment)), number = customer.options.user, call = customer.call(DIRECT), agentCall = await phone.nextCall(10000, 0);
  await agentCall.isRinging(5000);
  await desk.call.getByText("Incoming call").waitFor();
  await desk.call.getByText("Lift the handset").waitFor();
  const shown = (await desk.call.innerText()).replace(/\D/g, "");
  assert.ok(shown.includes(number), `${number} is on the screen before the call is answered`);
  assert.equal(agentCall.state, "ringing");
  await axe(page);
  await shot(deployment, page, "agent-ringing");

  agentCall.answer();
  await desk.call.getByText("Talking").first().waitFor();
  await call.hears(hz, 6000);
  await agentCall.hears(440, 6000);
  await axe(page);

  await page.keyboard.press("Alt+H");
  await desk.is("On hold");
  await desk.button("Resume").click();
  await desk.is("Talking");
  await hears(call, hz);

  await desk.button(/^Mute/).click();
  await desk.call.getByText("You are muted").waitFor();
  await call.mark();
  await hears(agentCall, 440); // the other way goes on; meanwhile nothing of the agent's came
  assert.deepEqual((await call.report()).heard.filter((stretch) => stretch.hz === hz && stretch.to - stretch.from > 300), [], "the caller hears nothing of the muted agent");
  await desk.button("Unmute").click();
  await hears(call, hz);

  // What is typed during the call is kept for the time after it.
  await page.getByLabel("What came of it").fill("Wants the larger one.");
  await shot(deployment, page, "agent-talking");
  await call.bye();
  await desk.is("After-call work");
  await axe(page);
  assert.equal(await page.getByLabel("What came of it").inputValue(), "Wants the larger one.");
  await desk.choose("Disposition", "solved");
  await shot(deployment, page, "agent-after-call");
  await desk.button("Save and finish").click();
  await desk.is("Ready");
  const ticket = await until("the ticket", 10000, async () => {
    const reply = await deployment.asAdmin("GET", `/tickets?limit=20`);
    return reply.tickets?.find((one: any) => one.note === "Wants the larger one.");
  }, 300);
  assert.equal(ticket.disposition, "solved");
  await desk.leave();
});

desks.story("a call is handed on to another agent", async () => {
  const ann = await deskPhone("ann"), dou = await deskPhone("dou");
  const first = await AgentDesk.open(desks, "ann", "desk"), second = await AgentDesk.open(desks, "dou", "desk");
  await first.beReady();
  await first.is("Ready");
  const customer = desks.keep(await caller(deployment, "hq", 440, callerNumber())), call = customer.call(DIRECT), annCall = await ann.phone.nextCall(10000, 0);
  await annCall.isRinging(5000);
  annCall.answer();
  await first.is("Talking");
  await call.hears(ann.hz, 6000);
  await second.beReady();
  await second.is("Ready");

  await first.page.keyboard.press("Alt+T");
  const dialog = first.page.getByRole("dialog", { name: "Transfer the call" });
  await dialog.getByLabel("Agent or queue").fill("dou");
  await dialog.getByRole("button", { name: "Transfer to DOU" }).waitFor();
  await axe(first.page);
  await shot(deployment, first.page, "agent-transfer");
  await dialog.getByRole("button", { name: "Transfer to DOU" }).click();
  const douCall = await dou.phone.nextCall(10000, 0);
  await douCall.isRinging(5000);
  await second.call.getByText("Incoming call").waitFor();
  await first.is("After-call work");
  douCall.answer();
  await second.is("Talking");
  await hears(call, dou.hz);
  await second.button(/^Hang up/).click();
  await call.hasEnded(8000);
  await first.leave();
  await second.leave();
});
