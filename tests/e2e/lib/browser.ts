// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium before the real console: who sits there, in which language and light; what axe and a camera see.
import { test } from "node:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Browser, BrowserContext, chromium, Page } from "playwright-core";
import { person, Someone } from "../../integration/api/people";
import { Deployment, run } from "../../lib/deployment";
import { Phone } from "../../lib/phone";

export interface Look { language?: "en" | "zh"; theme?: "light" | "dark"; size?: { width: number; height: number } }
export interface Seat { page: Page; context: BrowserContext; someone: Someone }

const CHROMIUM = "/usr/bin/chromium";
// A camera and a microphone that beep, no asking for them, no traffic but to the gateway.
const OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage"];
export const LAPTOP = { width: 1366, height: 768 };
export const TELEPHONE = { width: 390, height: 844 };
const WAIT_MS = 10000;

export class Desks {
  private readonly contexts: BrowserContext[] = [];
  private readonly faults: string[] = [];
  private readonly phones: Phone[] = [];
  readonly origin = process.env["FARSEAT_CONSOLE_ORIGIN"] ?? process.env["FARSEAT_API"] ?? "";
  private browser!: Browser;
  constructor(readonly deployment: Deployment) {}

  async open(): Promise<void> {
    if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is not there: './farseat test e2e' installs it`);
    this.browser = await chromium.launch({ executablePath: CHROMIUM, args: OPTIONS, headless: true });
  }
  async close(): Promise<void> {
    await this.browser?.close();
    // What a story that failed has left open does not hold the program.
    setTimeout(() => process.exit(), 5000).unref();
  }

  private async context(look: Look): Promise<BrowserContext> {
    const context = await this.browser.newContext({ baseURL: this.origin, ignoreHTTPSErrors: true, viewport: look.size ?? LAPTOP,
      locale: look.language === "zh" ? "zh-CN" : "en-GB", timezoneId: "Asia/Shanghai", colorScheme: look.theme ?? "light",
      reducedMotion: "reduce", permissions: ["microphone"], acceptDownloads: true });
    context.setDefaultTimeout(WAIT_MS);
    // So that a story can ask what a call's sound is like (heard()).
    await context.addInitScript("window.peers = []; window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...all) { super(...all); window.peers.push(this); } }");
    context.on("page", (page) => page.on("pageerror", (error) => this.faults.push(`${page.url()}: ${error.message}`)));
    this.contexts.push(context);
    return context;
  }
  /** A browser that nobody is logged in at. */
  async page(look: Look = {}): Promise<Page> {
    return (await this.context(look)).newPage();
  }
  /** A new person of these roles, logged in; path is where they begin. */
  async seat(roles: string[], path: string, look: Look & { agentId?: string } = {}): Promise<Seat> {
    const context = await this.context(look), someone = await person(this.deployment, roles, look.agentId ?? "");
    return { page: await this.logIn(context, someone.login, someone.password, path, look), context, someone };
  }
  async admin(path: string, look: Look = {}): Promise<Page> {
    return this.logIn(await this.context(look), "admin", this.deployment.adminPassword(), path, look);
  }
  private async logIn(context: BrowserContext, login: string, password: string, path: string, look: Look): Promise<Page> {
    await context.addInitScript(`if (location.protocol === "https:" && !localStorage.getItem("farseat.language")) localStorage.setItem("farseat.language", "${look.language ?? "en"}")`);
    const page = await context.newPage();
    await page.goto(path);
    await page.locator("input[name=login]").fill(login);
    await page.locator("input[name=password]").fill(password);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname !== "/login");
    return page;
  }

  /** A story: what threw in a page is a fault, too; when it fails there is a picture of each page, and of what it said. */
  story(name: string, tell: () => Promise<void>): void {
    void test(name, async () => {
      this.faults.length = 0;
      try {
        await tell();
        if (this.faults.length > 0) throw new Error(`scripts failed: ${this.faults.join("; ")}`);
      } catch (error) {
        await this.picturesOfAll(name.replace(/[^a-z0-9]+/gi, "-"));
        throw error;
      } finally {
        for (const phone of this.phones.splice(0)) phone.close();
        await Promise.all(this.contexts.splice(0).map((context) => context.close().catch(() => undefined)));
      }
    });
  }
  /** A phone of this story: it hangs up and closes at the story's end, also of one that failed. */
  keep(phone: Phone): Phone {
    this.phones.push(phone);
    return phone;
  }
  private async picturesOfAll(name: string): Promise<void> {
    let number = 0;
    for (const context of this.contexts)
      for (const page of context.pages())
        await page.screenshot({ path: join(shots(this.deployment), `failed-${name}-${++number}.png`), timeout: 5000 }).then(
          () => console.log(`${page.url()}: build/test-logs/e2e/failed-${name}-${number}.png`), () => undefined);
  }
}

function shots(deployment: Deployment): string {
  const folder = join(deployment.tree, "build/test-logs/e2e");
  mkdirSync(folder, { recursive: true });
  return folder;
}
/** A picture in build/test-logs/e2e, and with FARSEAT_SHOTS=docs a small one in docs/console. */
export async function shot(deployment: Deployment, page: Page, name: string): Promise<void> {
  const file = join(shots(deployment), `${name}.png`);
  await page.screenshot({ path: file, animations: "disabled" });
  if (process.env["FARSEAT_SHOTS"] !== "docs") return;
  const folder = join(deployment.tree, "docs/console");
  mkdirSync(folder, { recursive: true });
  const ran = await run("pngquant", ["--force", "--strip", "--speed", "1", "--output", join(folder, `${name}.png`), "64", file]);
  if (ran.code !== 0) throw new Error(`pngquant: ${ran.err}`);
}

/** The energy of the sound that the page's calls have received so far: it grows while somebody is heard. */
export async function heard(page: Page): Promise<number> {
  return await page.evaluate(`(async () => {
    let energy = 0;
    for (const peer of window.peers)
      for (const row of (await peer.getStats()).values()) if (row.type === "inbound-rtp" && row.kind === "audio") energy += row.totalAudioEnergy ?? 0;
    return energy;
  })()`) as number;
}

interface Finding { id: string; impact: string; help: string; nodes: { target: string[]; failureSummary: string }[] }
let axeSource = "";
/** axe finds nothing serious or critical. What is on its way in or out has come to rest first. */
export async function axe(page: Page): Promise<void> {
  axeSource ||= readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axeSource);
  await page.evaluate("Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished.catch(() => 0)))");
  const { violations } = await page.evaluate("axe.run()") as { violations: Finding[] };
  const bad = violations.filter((one) => one.impact === "serious" || one.impact === "critical");
  if (bad.length > 0)
    throw new Error(`axe at ${page.url()}:\n${bad.map((one) => `  ${one.impact} ${one.id}: ${one.help}\n${one.nodes.slice(0, 5).map((node) => `    ${node.target.join(" ")}: ${node.failureSummary.replace(/\s+/g, " ")}`).join("\n")}`).join("\n")}`);
}
