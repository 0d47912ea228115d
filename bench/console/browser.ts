// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium before the gateway's console, with flags as the stories of tests/e2e have them.
import { existsSync } from "node:fs";
import { Browser, BrowserContext, chromium, Page } from "playwright-core";
import { Person } from "./centre";

const CHROMIUM = "/usr/bin/chromium";
const OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--disable-dev-shm-usage"];
const ORIGIN = process.env["FARSEAT_API"] ?? "";

export async function browserOpen(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is not there: './farseat bench' installs it`);
  return chromium.launch({ executablePath: CHROMIUM, args: OPTIONS, headless: true });
}
/** Nobody has ever been here: no cookie, and an empty cache. */
export async function fresh(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: ORIGIN, ignoreHTTPSErrors: true, viewport: { width: 1366, height: 1000 }, locale: "en-GB" });
  context.setDefaultTimeout(15000);
  await context.addInitScript(`localStorage.setItem("farseat.language", "en")`);
  return context;
}
/** As a person does it, but at once. @return when Enter was pressed [ms since 1970]. */
export async function logIn(page: Page, person: Person): Promise<number> {
  await page.locator("input[name=login]").fill(person.login);
  await page.locator("input[name=password]").fill(person.password);
  const at = Date.now();
  await page.keyboard.press("Enter");
  return at;
}

interface Seen { id: string; text: string; atMs: number }
// In the page: what each row of agents says, whenever the document has changed.
const EYE = `(() => {
  const table = document.querySelector('[role=table][aria-label="Agents"]'), said = new Map();
  window.farSeen = [];
  const look = () => {
    const atMs = Date.now();
    for (const row of table.querySelectorAll("[data-place]")) {
      const id = row.children[0].querySelector("[title]").title, text = row.children[1].textContent;
      if (said.get(id) === text) continue;
      said.set(id, text);
      window.farSeen.push({ id, text, atMs });
    }
  };
  look();
  const ids = window.farSeen.splice(0).map((one) => one.id);
  new MutationObserver(look).observe(table, { subtree: true, childList: true, characterData: true, attributes: true });
  return ids;
})()`;

/** An open wallboard whose list of agents is in the order of their names, so that those at its top stay in sight. */
export class Wallboard {
  ids: string[] = [];
  private constructor(readonly page: Page) {}
  static async open(browser: Browser, person: Person): Promise<Wallboard> {
    const page = await (await fresh(browser)).newPage(), self = new Wallboard(page);
    await page.goto("/wallboard");
    await logIn(page, person);
    await page.getByRole("columnheader", { name: "Agent" }).getByRole("button").click();
    await page.locator(`[data-place="0"] [title="desk-001"]`).waitFor();
    self.ids = (await page.evaluate(EYE)) as string[];
    return self;
  }
  async seen(): Promise<Seen[]> {
    return (await this.page.evaluate("window.farSeen")) as Seen[];
  }
}
