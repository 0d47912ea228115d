// SPDX-License-Identifier: Apache-2.0
// What an agent's desk survives: a reload during a call, a second tab, a gateway that is killed while a note is typed.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { AGENTS, caller, centreApply, DIRECT, secretOf } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { Phone, soundEnd } from "../lib/phone";
import { until } from "../lib/wait";
import { AgentDesk } from "./lib/agent";
import { Desks, shot } from "./lib/browser";

const deployment = new Deployment(), desks = new Desks(deployment);
before(async () => {
  await centreApply(deployment);
  await desks.open();
});
after(async () => {
  deployment.giveAllBack();
  await desks.close();
  await soundEnd();
});

desks.story("a reload, a second tab and a killed gateway take nothing away", async () => {
  const row = AGENTS.find((agent) => agent.id === "ann") as (typeof AGENTS)[number];
  const phone = desks.keep(await Phone.open({ edge: deployment.edge(row.site), user: row.phone, secret: secretOf(row.phone), hz: row.hz }));
  phone.tones = [440];
  await until("ann's phone registered", 15000, async () => (await phone.registerStatus()) === 200, 500);
  const desk = await AgentDesk.open(desks, "ann", "desk"), { page } = desk;
  await desk.beReady();
  await desk.is("Ready");
  const customer = desks.keep(await caller(deployment)), call = customer.call(DIRECT);
  await desk.is("Talking");
  await call.hears(row.hz, 6000);

  await page.reload(); // the cookie logs in again, and the desk is as it was
  await desk.is("Talking");
  await call.mark();
  await call.hears(row.hz, 6000);

  const second = await desk.seat.context.newPage();
  await second.goto("/agent");
  await second.getByRole("button", { name: /^Change my state: Talking/ }).waitFor();
  await second.keyboard.press("Alt+H");
  await desk.is("On hold");
  await second.getByRole("button", { name: "Resume" }).click();
  await desk.is("Talking");
  await second.close();

  const note = page.getByLabel("What came of it"), pid = deployment.pid("gateway");
  await note.fill("Before the gateway went");
  deployment.takeAway("gateway");
  await page.getByText("Connection lost").first().waitFor({ timeout: 20000 });
  await note.pressSequentially(", and while it was away");
  await shot(deployment, page, "agent-lost");
  await call.mark();
  await call.hears(row.hz, 6000); // the call knows nothing of it
  deployment.giveBack("gateway");
  await deployment.restarted("gateway", pid);
  await page.getByText("Connection lost").first().waitFor({ state: "hidden", timeout: 20000 });
  assert.equal(await note.inputValue(), "Before the gateway went, and while it was away");
  await call.bye();
  await desk.is("After-call work", 15000);
  assert.equal(await note.inputValue(), "Before the gateway went, and while it was away");
  await desk.button("Save and finish").click();
  await desk.is("Ready", 15000);
  await desk.leave();
});
