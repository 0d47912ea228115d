// SPDX-License-Identifier: Apache-2.0
// An agent whose phone is this browser: the check before the first "ready" with its echo test, a call answered in the page,
// sound both ways (Chromium's microphone beeps), hold, mute, and the end.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { caller, centreApply, DIRECT } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { soundEnd } from "../lib/phone";
import { until } from "../lib/wait";
import { AgentDesk } from "./lib/agent";
import { axe, Desks, heard, shot } from "./lib/browser";

const deployment = new Deployment(), desks = new Desks(deployment);
before(async () => {
  await centreApply(deployment);
  await desks.open();
});
after(async () => {
  await desks.close();
  await soundEnd();
});

desks.story("my phone: its settings for a desk phone, and devices", async () => {
  const { page } = await desks.seat(["agent"], "/my-phone", { agentId: "eva" });
  await page.getByText(/^Server, registrar, proxy/).waitFor();
  await page.getByRole("button", { name: "Start the test" }).waitFor();
  await axe(page);
  await shot(deployment, page, "my-phone");
});
desks.story("a call with the browser as the phone", async () => {
  const desk = await AgentDesk.open(desks, "eva", "browser"), { page } = desk;
  await page.getByText("Phone is ready").first().waitFor({ state: "attached", timeout: 15000 });
  await desk.beReady();
  const check = page.getByRole("dialog", { name: "Check your phone before you are ready" });
  await check.waitFor();
  await axe(page);
  await shot(deployment, page, "phone-check");
  const allow = check.getByRole("button", { name: "Allow the microphone" });
  if (await allow.isVisible()) await allow.click();
  await check.getByRole("button", { name: "Start the test" }).click();
  await check.getByText(/It works/).first().waitFor({ timeout: 30000 });
  await check.getByRole("button", { name: "Done: be ready" }).click();
  await desk.is("Ready");

  const customer = desks.keep(await caller(deployment)), call = customer.call(DIRECT);
  await desk.call.getByText("Incoming call").waitFor();
  assert.equal(call.state === "up" && (await desk.view()).state === "AGENT_TALKING", false, "nobody has answered for the agent");
  await shot(deployment, page, "agent-browser-ringing");
  await page.keyboard.press("Alt+A");
  await desk.is("Talking");
  // The agent's microphone reaches the caller: not silence, and no tone of the test's own.
  await call.isUp(5000);
  await until("the agent's sound at the caller", 8000, async () => (await call.report()).packets > 100);
  const before_ = await heard(page);
  await until("the caller's sound in the browser", 8000, async () => (await heard(page)) > before_ + 0.01, 200);
  await axe(page);
  await shot(deployment, page, "agent-browser-talking");
  await page.keyboard.press("Alt+H");
  await desk.is("On hold");
  await desk.button(/^Resume/).click(); // a key is not taken before the act before it is done; a button waits
  await desk.is("Talking");
  await desk.button(/^Hang up/).click();
  await call.hasEnded(8000);
  await desk.is("After-call work");
  await desk.leave();
});
