// SPDX-License-Identifier: Apache-2.0
// An administrator: a change is gathered, planned, put into force, and taken back by the history.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { centreApply } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { until } from "../lib/wait";
import { axe, Desks, shot } from "./lib/browser";

const deployment = new Deployment(), desks = new Desks(deployment);
before(async () => {
  await centreApply(deployment);
  await desks.open();
});
after(async () => {
  await desks.close();
  await centreApply(deployment); // what a story that failed has left in force
});
const skills = async (): Promise<string[]> => (await deployment.asAdmin("GET", "/config")).config.skills.map((skill: any) => skill.id);

desks.story("a skill is made, planned, in force, and taken back", async () => {
  const page = await desks.admin("/admin/skills");
  await page.getByRole("table", { name: "Skills" }).getByText("support").first().waitFor();
  await axe(page);
  await page.getByRole("button", { name: "New skill" }).click();
  const form = page.getByRole("dialog");
  await form.locator("input[name=id]").fill("french");
  await axe(page);
  await form.locator("button[type=submit]").click();
  await form.waitFor({ state: "hidden" });
  await page.getByText("1 change is not in force").first().waitFor();
  // A draft outlives the page.
  await page.reload();
  await page.getByRole("button", { name: "Look at the plan" }).click();
  const plan = page.getByRole("dialog", { name: "Plan" });
  await plan.getByText("The routing core accepts it").waitFor();
  assert.ok((await plan.innerText()).includes("french"));
  assert.ok(!(await skills()).includes("french"), "nothing is in force before it is said");
  await axe(page);
  await shot(deployment, page, "admin-plan");
  await plan.locator("input[name=note]").fill("a story");
  await plan.getByRole("button", { name: "Put into force" }).click();
  await plan.waitFor({ state: "hidden" });
  await until("the skill in force", 5000, async () => (await skills()).includes("french"));

  await page.goto("/admin/history");
  const before_ = page.getByRole("table").getByRole("row").nth(2);
  await page.getByRole("table").getByText("a story").first().waitFor();
  await axe(page);
  await shot(deployment, page, "admin-history");
  await before_.getByRole("button", { name: "Plan to go back to this" }).click();
  await page.getByRole("button", { name: "Look at the plan" }).click();
  await plan.getByText("The routing core accepts it").waitFor();
  await plan.getByRole("button", { name: "Put into force" }).click();
  await plan.waitFor({ state: "hidden" });
  await until("the skill gone", 5000, async () => !(await skills()).includes("french"));
});

desks.story("every page of the administration opens, and axe has nothing to say", async () => {
  const page = await desks.admin("/admin/agents");
  for (const part of ["agents", "queues", "numbers", "flows", "phones", "sites", "trunks", "recorders", "targets", "centre", "people", "prompts", "history", "audit"]) {
    await page.goto(`/admin/${part}`);
    await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
    await page.waitForLoadState("networkidle").catch(() => undefined);
    await axe(page);
    if (["agents", "flows", "people"].includes(part)) await shot(deployment, page, `admin-${part}`);
  }
  for (const path of ["/account", "/setup"]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
    await page.waitForLoadState("networkidle").catch(() => undefined);
    await axe(page);
    await shot(deployment, page, path.slice(1));
  }
});
