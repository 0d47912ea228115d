// SPDX-License-Identifier: Apache-2.0
// First steps: an empty centre, a new administrator, and the first call with the browser as the agent's phone and a softphone
// as the customer, whose password stands on the page.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { centreApply } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { Phone, soundEnd } from "../lib/phone";
import { until } from "../lib/wait";
import { logOut } from "./lib/agent";
import { axe, Desks, shot } from "./lib/browser";

const deployment = new Deployment(), desks = new Desks(deployment);
before(async () => {
  await centreApply(deployment);
  for (const agent of (await deployment.asAdmin("GET", "/agents")).agents) await logOut(deployment, agent.agentId);
  await deployment.asAdmin("PUT", "/config", { config: { centre: { name: "Empty", timeZone: "Asia/Shanghai" } }, note: "nothing, for the first steps" });
  await desks.open();
});
after(async () => {
  await desks.close();
  await centreApply(deployment);
  await soundEnd();
});

desks.story("from nothing to the first call", async () => {
  const { page, context } = await desks.seat(["administrator"], "/");
  await page.waitForURL((url) => url.pathname === "/setup");
  const next = page.getByRole("button", { name: "Next" });
  await page.locator("input[name=centre]").fill("First Centre");
  await page.getByText(/^Edges at this site: edge-hq/).waitFor();
  await next.click();
  await page.locator("input[name=number]").waitFor();
  await axe(page);
  await shot(deployment, page, "setup");
  await next.click();
  await page.locator("input[name=agentId]").fill("first");
  await page.locator("input[name=callerPhone]").fill("1001");
  await next.click();
  await page.getByText("Another one than the agent’s").waitFor(); // both phones are 1001
  await page.locator("input[name=callerPhone]").fill("9001");
  await next.click();
  await page.getByText("What will be made").waitFor();
  await axe(page);
  await page.getByRole("button", { name: "Put it into force" }).click();
  await page.getByText("The centre is in force.").waitFor();
  const secret = await page.locator("dd code").first().innerText();
  assert.match(secret, /^[a-z0-9]{16,}$/);

  const desk = await context.newPage();
  await desk.goto("/agent");
  await desk.getByRole("main").getByRole("button", { name: "Start work" }).click();
  // One tab of a browser is the phone, and the first steps' tab was there first; this one controls it.
  await desk.getByText("Your phone is in another tab").first().waitFor({ state: "attached", timeout: 15000 });
  await desk.getByRole("main").getByRole("button", { name: /^Be ready/ }).click();
  const check = desk.getByRole("dialog", { name: "Check your phone before you are ready" });
  await check.getByRole("button", { name: "Start the test" }).click();
  await check.getByText(/It works/).first().waitFor({ timeout: 30000 });
  await check.getByRole("button", { name: "Done: be ready" }).click();
  await desk.getByRole("button", { name: /^Change my state: Ready/ }).waitFor();

  const softphone = desks.keep(await Phone.open({ edge: deployment.edge("hq"), user: "9001", secret }));
  await until("the softphone registered", 15000, async () => (await softphone.registerStatus()) === 200, 500);
  const call = softphone.call("1000");
  await desk.getByText("Incoming call").waitFor({ timeout: 15000 });
  await desk.keyboard.press("Alt+A");
  await call.isUp(8000);
  await page.getByText("The agent has answered").waitFor();
  await shot(deployment, page, "setup-call");
  await call.bye();
  await desk.getByRole("button", { name: /^Change my state: After-call work/ }).waitFor();
  await logOut(deployment, "first");
  await page.getByText("Your first call went through the whole house.").waitFor({ timeout: 20000 });
  await axe(page);
  await page.getByRole("link", { name: "Look at the contact" }).click();
  await page.waitForURL((url) => url.pathname.startsWith("/contact/"));
  await page.getByText("Answered").first().waitFor();
});
