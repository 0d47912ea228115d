// SPDX-License-Identifier: Apache-2.0
// A supervisor: the wallboard follows calls, a finished contact is found and heard, reports are exported, and the system
// page says in words what a missing process means.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, caller, centreApply, DIRECT, talking } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { soundEnd } from "../lib/phone";
import { nowMs, until } from "../lib/wait";
import { axe, Desks, shot, TELEPHONE } from "./lib/browser";

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

desks.story("the wallboard shows who waits and how agents are, at once", async () => {
  const eva = await Agent.sit(deployment, "eva"), { page } = await desks.seat(["supervisor"], "/wallboard");
  const row = page.getByRole("row").filter({ hasText: "EVA" });
  await row.getByText("Not ready").first().waitFor();
  const customer = desks.keep(await caller(deployment)), call = customer.call(DIRECT);
  await page.getByRole("table", { name: "Waiting callers" }).getByText(customer.options.user.slice(-4)).first().waitFor();
  await axe(page);
  await shot(deployment, page, "wallboard");
  const at = nowMs();
  await eva.act("ready");
  await row.getByText(/In a call|Ringing|Talking/).first().waitFor();
  console.log(`the agent's state was on the wallboard ${Math.round(nowMs() - at)} ms after it was asked for`);
  await call.bye();
  await eva.leave();
  await page.goto("/wall");
  await page.getByText("sales").first().waitFor();
  await axe(page);
  await shot(deployment, page, "wall");
});

desks.story("a finished contact is found, heard and shared", async () => {
  const eva = await Agent.sit(deployment, "eva");
  await eva.ready();
  const { caller: customer, call, contact } = await talking(deployment, eva), number = desks.keep(customer).options.user;
  await call.hears(eva.row.hz, 8000, 2500); // long enough to play
  await call.bye();
  await eva.leave();
  await until("the contact in the reports", 20000, async () => (await deployment.asAdmin("GET", `/contacts?number=${number}`)).contacts?.length > 0, 300);

  const { page, context } = await desks.seat(["quality"], "/contacts");
  await page.getByRole("table").getByRole("row").nth(1).waitFor();
  await axe(page);
  await shot(deployment, page, "contacts");
  await page.getByRole("searchbox", { name: /^Number/ }).fill(number);
  await page.keyboard.press("Enter");
  const found = page.getByRole("table").getByRole("row").filter({ hasText: number.slice(-4) }).first();
  await found.waitFor();
  await found.click();
  await page.waitForURL(`**/contact/${contact.contactId}*`);
  const play = page.getByRole("button", { name: "Play", exact: true });
  await play.waitFor();
  await axe(page);
  await shot(deployment, page, "contact");
  await play.click();
  await until("the recording playing", 8000, async () => await page.evaluate("document.querySelector('audio').currentTime > 0.5"), 100);
  // The address is all that somebody else needs.
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByRole("button", { name: "Play", exact: true }).waitFor();
});

desks.story("a report opens what it counts, and is exported", async () => {
  const { page } = await desks.seat(["supervisor"], "/reports");
  const table = page.getByRole("table", { name: "Report" });
  await table.getByRole("row").nth(1).waitFor();
  await page.locator("button:not([disabled])", { hasText: "Export" }).waitFor(); // all of the table has come
  await axe(page);
  await shot(deployment, page, "reports");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: /CSV/ }).click();
  const stream = await (await download).createReadStream() as unknown as AsyncIterable<Buffer>, parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  const lines = Buffer.concat(parts).toString("utf8").trim().split("\n");
  assert.ok(lines.length >= 2 && (lines[0] as string).includes(","), `a table with a head: ${lines[0]}`);
  await table.locator("a[title^=\"Show the contacts behind it\"]").first().click();
  await page.waitForURL("**/contacts?*");
  await page.getByRole("table").getByRole("row").nth(1).waitFor();
});

desks.story("the system page says what a missing recorder means", async () => {
  const page = await desks.admin("/system");
  await page.getByText("acd-1").first().waitFor();
  await axe(page);
  await shot(deployment, page, "system");
  const pid = deployment.pid("recording-2");
  deployment.takeAway("recording-2");
  await page.getByText("A recorder is not heard").first().waitFor({ timeout: 30000 });
  await axe(page);
  await shot(deployment, page, "system-fault");
  deployment.giveBack("recording-2");
  await deployment.restarted("recording-2", pid);
  await page.getByText("A recorder is not heard").first().waitFor({ state: "hidden", timeout: 30000 });
});

desks.story("every page fits a telephone, in Chinese and in the dark", async () => {
  const page = await desks.admin("/wallboard", { language: "zh", theme: "dark", size: TELEPHONE });
  for (const path of ["/wallboard", "/contacts", "/reports", "/system", "/admin/agents", "/account"]) {
    await page.evaluate(`history.pushState({}, "", ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent("popstate", { state: {} }))`);
    await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
    await page.waitForLoadState("networkidle").catch(() => undefined);
    assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), `${path}: nothing to scroll sideways`);
    await axe(page);
  }
});
