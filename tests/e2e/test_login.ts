// SPDX-License-Identifier: Apache-2.0
// Logging in: a wrong password, the right one; the other language, the dark; out again, and back to where one was.
import { after, before } from "node:test";
import * as assert from "node:assert/strict";
import { person } from "../integration/api/people";
import { Deployment } from "../lib/deployment";
import { centreApply } from "../lib/centre";
import { axe, Desks, shot, TELEPHONE } from "./lib/browser";

const deployment = new Deployment(), desks = new Desks(deployment);
before(async () => {
  await centreApply(deployment);
  await desks.open();
});
after(() => desks.close());

desks.story("a wrong password is told, the right one leads in", async () => {
  const someone = await person(deployment, ["agent"], "ann"), page = await desks.page();
  await page.goto("/");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await shot(deployment, page, "login");
  await axe(page);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").filter({ hasText: "needed" }).waitFor();
  // By the keyboard alone: the first field has the focus, Tab leads on, Enter sends.
  await page.getByLabel("Login name").focus();
  await page.keyboard.type(someone.login);
  await page.getByLabel("Password", { exact: true }).fill("not-the-password");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
  await axe(page);
  await page.getByLabel("Password", { exact: true }).fill(someone.password);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation").waitFor();
  assert.match(new URL(page.url()).pathname, /^\/agent/);
  const stored = await page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie") as string;
  assert.ok(!/eyJ|refresh/i.test(stored), "no script finds a token");
});

desks.story("the language and the light can be chosen before and after", async () => {
  const page = await desks.page({ language: "zh", theme: "dark" });
  await page.goto("/");
  await page.getByRole("heading", { name: "登录" }).waitFor();
  assert.equal(await page.evaluate("document.documentElement.lang"), "zh-CN");
  await axe(page);
  await shot(deployment, page, "login-zh-dark");
  await page.getByRole("button", { name: /English/ }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  assert.equal(await page.evaluate("document.documentElement.lang"), "en");
});

desks.story("it fits a telephone", async () => {
  const page = await desks.page({ size: TELEPHONE });
  await page.goto("/");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing to scroll sideways");
  await axe(page);
});
