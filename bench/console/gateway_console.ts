// SPDX-License-Identifier: Apache-2.0
// bench_gateway_console: rows gateway.console.memory and gateway.console.cpu, what an open console costs the gateway.
import { Deployment } from "../../tests/lib/deployment";
import { pause } from "../../tests/lib/wait";
import { AGENTS, Centre, CHANGES_PER_S } from "./centre";
import { cpuSeconds, done, endAfter, idle, median, print, spread } from "./kit";
import { Watchers } from "./watchers";

const SOCKETS = 200, EMPTY = 50; // of those that say nothing, which the gateway ends after five seconds
const TABS = 5; // that many consoles share a login
const ROUNDS = 3, ROUND_S = 6;

async function logins(centre: Centre, count: number): Promise<string[]> {
  const boss = await centre.person(["supervisor"]), tokens = [boss.accessToken];
  while (tokens.length < count)
    tokens.push(...(await Promise.all([0, 1, 2, 3].map(() => centre.deployment.api.login(boss.login, boss.password)))).map((login) => login.accessToken));
  return tokens.slice(0, count);
}
/** Seconds of the gateway's CPU in one second, while agents change their states. */
async function work(centre: Centre): Promise<number> {
  const cpu = cpuSeconds(centre.deployment, "gateway"), began = Date.now();
  await centre.work(centre.ids, ROUND_S);
  return (cpuSeconds(centre.deployment, "gateway") - cpu) / ((Date.now() - began) / 1000);
}

async function measure(centre: Centre): Promise<void> {
  const { deployment } = centre, closed: number[] = [], open: number[] = [];

  // A gateway that has done much already has room at hand, and would not grow: so a new one.
  const pid = deployment.pid("gateway");
  deployment.kill("gateway");
  await deployment.restarted("gateway", pid);
  await idle(deployment, "gateway", 5000);
  // Both are counted from the same beginning: what the empty ones leave behind is used again by the others.
  const rss0 = deployment.rssKb("gateway"), silent = new Watchers(), watchers = new Watchers();
  await silent.open(EMPTY);
  const empty = (deployment.rssKb("gateway") - rss0) / EMPTY;
  await silent.end();
  const tokens = await logins(centre, SOCKETS / TABS);
  await watchers.join(SOCKETS, tokens);
  await idle(deployment, "gateway", 5000);
  const rss1 = deployment.rssKb("gateway");
  print({ name: "gateway.console.memory", unit: "KiB", value: (rss1 - rss0) / SOCKETS, reference: "a WebSocket over TLS that has said nothing, same run", referenceValue: empty,
    conditions: `growth of a new gateway's resident memory (${rss0} KiB before, ${rss1} after) by ${SOCKETS} consoles, ${TABS} a login, the live state of ${AGENTS} agents ` +
      `sent to each, 10 at a time; by ${EMPTY} silent ones before`, digits: 1 });

  done("consoles opened");
  let frames = 0, seconds = 0;
  for (let i = 0; i < ROUNDS; i++) {
    await watchers.frames();
    const began = Date.now();
    open.push(await work(centre));
    seconds += (Date.now() - began) / 1000;
    const told = await watchers.frames();
    if (told.closed > 0) throw new Error(`the gateway closed ${told.closed} of ${SOCKETS} consoles`);
    frames += told.frames;
  }
  await watchers.end();
  await pause(500);
  for (let i = 0; i < ROUNDS; i++) closed.push(await work(centre));
  const perHour = (share: number): number => (share * 3600) / SOCKETS;
  print({ name: "gateway.console.cpu", unit: "s/h", value: perHour(median(open) - median(closed)), reference: "the gateway alone: the same changes, no console open", referenceValue: median(closed) * 3600,
    conditions: `CPU seconds in an hour for each open console; ${SOCKETS} of them, ${AGENTS} agents, ${CHANGES_PER_S} changes/s, ${(frames / SOCKETS / seconds).toFixed(1)} frames/s each; ` +
      `medians of ${ROUNDS} x ${ROUND_S} s, the gateway used ${spread(open.map((x) => 100 * x), 1)} % of a core with them and ${spread(closed.map((x) => 100 * x), 1)} % without`, digits: 2 });
}

async function main(): Promise<void> {
  endAfter(110);
  const centre = await Centre.open(new Deployment());
  done("agents at work");
  try {
    await measure(centre);
  } finally {
    done("changes");
    await centre.close();
  }
  process.exit(0); // connections that are kept alive would hold it
}
main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exit(1);
});
