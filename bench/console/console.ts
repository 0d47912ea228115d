// SPDX-License-Identifier: Apache-2.0
// bench_console: rows console.live.latency (how soon another's wallboard shows that an agent's state has changed) and
// console.load (what an agent's first page costs), in a real Chromium.
import { Browser, Page } from "playwright-core";
import { Deployment } from "../../tests/lib/deployment";
import { pause, within } from "../../tests/lib/wait";
import { browserOpen, fresh, logIn, Wallboard } from "./browser";
import { AGENTS, Centre, Change, CHANGES_PER_S, Person } from "./centre";
import { done, endAfter, median, print, quantile, spread } from "./kit";
import { Watchers } from "./watchers";

const OPEN = 50; // wallboards; PAGES of them are pages in Chromium
const PAGES = 2;
const IN_SIGHT = 14; // agents whose changes are looked for
const WARM_S = 3, LATENCY_S = 25;
const LOADS = 4;

/** For each change and each page: from the sending of the POST to the row that says it. */
async function latencies(changes: readonly Change[], boards: readonly Wallboard[]): Promise<{ ms: number[]; missed: number }> {
  const ms: number[] = [];
  let missed = 0;
  for (const board of boards) {
    const seen = await board.seen();
    for (const change of changes) {
      const next = changes.find((other) => other.id === change.id && other.sentMs > change.sentMs)?.sentMs ?? Infinity;
      const row = seen.find((one) => one.id === change.id && one.text === change.state && one.atMs >= change.sentMs && one.atMs < next);
      if (row) ms.push(row.atMs - change.sentMs);
      else missed++;
    }
  }
  return { ms, missed };
}

async function live(centre: Centre, browser: Browser): Promise<void> {
  const boss = await centre.person(["supervisor"]), watchers = new Watchers();
  await watchers.join(OPEN - PAGES, [boss.accessToken]);
  const boards: Wallboard[] = [];
  for (let i = 0; i < PAGES; i++) boards.push(await Wallboard.open(browser, boss));
  const sight = centre.ids.slice(0, IN_SIGHT);
  for (const board of boards)
    if (!sight.every((id) => board.ids.includes(id))) throw new Error(`the wallboard does not show ${sight.join()}`);
  await centre.work(sight, WARM_S);
  await pause(1000);
  await watchers.frames();
  const changes = await centre.work(sight, LATENCY_S);
  await pause(2000);
  const { ms, missed } = await latencies(changes, boards), { frames, closed } = await watchers.frames();
  if (closed > 0 || missed > changes.length * PAGES / 20) throw new Error(`${closed} wallboards were closed, and ${missed} of ${changes.length * PAGES} changes were not seen`);
  const replies = changes.map((change) => change.repliedMs - change.sentMs);
  const conditions = `${AGENTS} agents at work, ${OPEN} open wallboards (${PAGES} pages in Chromium that are looked at, ${OPEN - PAGES} sockets that read everything, ` +
    `${(frames / (OPEN - PAGES) / LATENCY_S).toFixed(1)} frames/s each), ${CHANGES_PER_S} changes/s; ${ms.length} sights of ${changes.length} changes, ` +
    `${missed} missed, ${spread(ms, 0)} ms; both ends' clock is the machine's, to 1 ms`;
  const row = { unit: "ms", reference: "reply to the POST that makes the change, same run", conditions, digits: 0 };
  print({ ...row, name: "console.live.latency", value: median(ms), referenceValue: median(replies) });
  print({ ...row, name: "console.live.latency.p99", value: quantile(ms, 0.99), referenceValue: quantile(replies, 0.99) });
  for (const board of boards) await board.page.context().close();
  await watchers.end();
}

interface Load { bytes: number; ms: number; loginMs: number; requests: number }
/** What came over the wire from now on. */
async function wire(page: Page): Promise<{ bytes: number; requests: number }> {
  const session = await page.context().newCDPSession(page), sum = { bytes: 0, requests: 0 };
  await session.send("Network.enable");
  session.on("Network.loadingFinished", (event: { encodedDataLength: number }) => {
    sum.bytes += event.encodedDataLength;
    sum.requests++;
  });
  return sum;
}
// In the page: presses one's own state as soon as it is there, once; resolves with when its menu has opened.
const STATE_ANSWERS = `new Promise((resolve) => {
  let pressed;
  const look = () => {
    const button = [...document.querySelectorAll("button[aria-expanded]")].find((one) => one.textContent.startsWith("Change my state"));
    if (button && button.getAttribute("aria-expanded") === "true") return resolve(Date.now());
    if (button && button !== pressed) (pressed = button).click();
    requestAnimationFrame(look);
  };
  look();
})`;
// In the page: when somebody can type into the login's form.
const LOGIN_ANSWERS = `new Promise((resolve) => {
  const look = () => (document.querySelector("input[name=login]") ? resolve(Date.now()) : requestAnimationFrame(look));
  look();
})`;

async function loadDesk(browser: Browser, agent: Person): Promise<Load> {
  const context = await fresh(browser), page = await context.newPage(), sum = await wire(page), began = Date.now();
  await page.goto("/agent", { waitUntil: "commit" });
  const loginMs = ((await within("the login's form", 15000, page.evaluate(LOGIN_ANSWERS))) as number) - began, pressed = await logIn(page, agent);
  const ms = ((await within("the menu of one's state", 15000, page.evaluate(STATE_ANSWERS))) as number) - pressed;
  await page.waitForLoadState("networkidle");
  await context.close();
  return { ...sum, ms: loginMs + ms, loginMs };
}
/** The least that can be asked of this gateway as a page. */
async function loadLeast(browser: Browser): Promise<Load> {
  const context = await fresh(browser), page = await context.newPage(), sum = await wire(page), began = Date.now();
  await page.goto("/farseat.svg", { waitUntil: "load" });
  const ms = Date.now() - began;
  await pause(100);
  await context.close();
  return { ...sum, ms, loginMs: 0 };
}
async function load(centre: Centre, browser: Browser): Promise<void> {
  const agent = await centre.person(["agent"], centre.ids[0]), desks: Load[] = [], least: Load[] = [];
  for (let i = 0; i < LOADS; i++) {
    least.push(await loadLeast(browser));
    desks.push(await loadDesk(browser, agent));
  }
  const of = (rows: readonly Load[], field: keyof Load): number[] => rows.map((row) => row[field]), kib = of(desks, "bytes").map((bytes) => bytes / 1024);
  const conditions = `Chromium with an empty cache, /agent by way of the login, until all is quiet; ${median(of(desks, "requests"))} replies, medians of ${LOADS}`;
  print({ name: "console.load", unit: "KiB", value: median(kib), reference: "one small file as a page, same gateway, in turns", referenceValue: median(of(least, "bytes")) / 1024,
    conditions: `${conditions}, ${spread(kib, 1)} KiB; headers counted, the live state of ${AGENTS} agents on the socket not`, digits: 1 });
  print({ name: "console.load.time", unit: "ms", value: median(of(desks, "ms")), reference: "one small file as a page, same gateway, in turns", referenceValue: median(of(least, "ms")),
    conditions: `${conditions}, ${spread(of(desks, "ms"), 0)} ms; from the address until the login's form is there (${median(of(desks, "loginMs"))} ms), and from Enter until the button of one's state opens its menu`, digits: 0 });
}

async function main(): Promise<void> {
  endAfter(110);
  const deployment = new Deployment();
  if ((await deployment.api.ask("GET", "/")).status !== 200) throw new Error("the gateway serves no console: was it left out (FARSEAT_CONSOLE=no)?");
  const centre = await Centre.open(deployment), browser = await browserOpen();
  done("agents at work");
  try {
    await live(centre, browser);
    done("wallboards");
    await load(centre, browser);
    done("loads");
  } finally {
    await browser.close(); // the agents stay at work, for bench_gateway_console
  }
  process.exit(0); // connections that are kept alive would hold it
}
main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exit(1);
});
