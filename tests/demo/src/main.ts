// SPDX-License-Identifier: Apache-2.0
// The demo: a centre with callers and agents on real SIP phones, shown live, then read back and checked figure by figure.
import * as fs from "node:fs";
import { Api, ContactView, KpiReply } from "./api";
import { Caller, CallerWorld } from "./caller";
import { Checks } from "./checks";
import { AgentDesk } from "./desk";
import { KillReport, leaderCheck, leaderKill } from "./leader";
import { AgentPhone } from "./phones";
import { kpiRead } from "./readback";
import { run } from "../../lib/deployment";
import { AGENTS, centreApply, peopleMake, phonesMake } from "./setup";
import { settingsRead, Settings, Wrong } from "./settings";
import { print, showCallers, showEnd, showKill, showKpi, showRecordings, showTickets, showTimeline, title } from "./show";
import { Sound } from "../../lib/sound";
import { stories } from "./stories";
import { pause, until } from "../../lib/wait";
import { expectedArrivals, gather, Seen, verifyAgents, verifyContacts, verifyReport } from "./verify";
import { World } from "./world";

const CALLS_MS_MAX = 150000;
const DEMO_MS_MAX = 360000;
const FRAME_MS = 6000;
const IDLE_MS_MAX = 90000;

const began = Date.now();
const checks = new Checks();
const cleanups: (() => Promise<unknown> | void)[] = [];
let ending = false;
let json = "";
let result: { contacts: unknown[]; kpi: unknown } = { contacts: [], kpi: {} };

/** What makes going on useless ends the demo, and so does time. */
let breakOff: (error: Error) => void = () => undefined;
const broken = new Promise<never>((_, reject) => {
  breakOff = reject;
  setTimeout(() => reject(new Error(`it has not ended after ${DEMO_MS_MAX / 1000} s`)), DEMO_MS_MAX);
});

async function cleanUp(): Promise<void> {
  if (ending) return;
  ending = true;
  for (const cleanup of cleanups.reverse()) {
    try {
      await cleanup();
    } catch {
      // what is gone already needs no end
    }
  }
}

/** The live picture, as `farseatctl top` shows it to anyone. */
async function showLive(going: () => boolean): Promise<void> {
  while (going()) {
    const ran = await run("farseatctl", ["top", "--plain", "--count", "1"], 6000);
    if (going() && ran.out) print(`\n${ran.out.trimEnd().replace(/^/gm, "  | ")}\n`);
    for (let waited = 0; going() && waited < FRAME_MS; waited += 200) await pause(200);
  }
}

interface Stage {
  settings: Settings;
  admin: Api;
  sound: Sound;
  phones: AgentPhone[];
  apis: Map<string, Api>;
}

async function stageSet(): Promise<Stage> {
  const settings = settingsRead();
  json = settings.json;
  fs.rmSync(settings.folder, { recursive: true, force: true });
  fs.mkdirSync(`${settings.folder}/recordings`, { recursive: true, mode: 0o700 });
  const admin = new Api(settings.api, "admin", settings.adminPassword);
  title(`The demo's centre: two sites, two queues, three agents, ${settings.calls} callers`);
  print(`    ${await centreApply(settings)}`);
  const apis = await peopleMake(settings);
  const sound = new Sound((text) => breakOff(new Error(text)));
  cleanups.push(() => sound.end());
  const phones = phonesMake(settings, sound);
  for (const phone of phones) {
    cleanups.push(() => phone.end());
    await phone.start();
    const agent = AGENTS.find((one) => one.id === phone.agent);
    print(`    ${phone.agent} is at the ${agent?.site} with ${phone.kind}, registered as ${agent?.phone}`);
  }
  return { settings, admin, sound, phones, apis };
}

/** The figures are this demo's own: other calls must be over. Those whose phones have died end after a minute. */
async function centreIdle(admin: Api): Promise<void> {
  const live = async () => (await admin.get<{ contacts: ContactView[] }>("/contacts/live")).contacts.length;
  const count = await live();
  if (count === 0) return;
  print(`    ${count} other calls go on; the demo waits for their end`);
  await until("the other calls end", IDLE_MS_MAX, async () => (await live()) === 0, 1000).catch(() => {
    throw new Wrong(
      "other calls go on in this centre, and the demo's figures must be its own",
      "wait until they are over: farseatctl get contacts"
    );
  });
}

/** The report as it stands before the demo, when the records of earlier calls have come in. */
function baseline(admin: Api): Promise<KpiReply> {
  let last = "";
  return until(
    "the report of earlier calls is complete",
    30000,
    async () => {
      const reply = await kpiRead(admin, began),
        text = JSON.stringify([reply.funnel, reply.queues, reply.agents.map((agent) => [agent.handled, agent.missed])]);
      const same = text === last;
      last = text;
      return same ? reply : undefined;
    },
    1200
  );
}

async function agentsBegin(stage: Stage, desks: AgentDesk[]): Promise<void> {
  for (const desk of desks) {
    cleanups.push(() => desk.logout());
    await desk.login();
  }
  await until("the centre sees all phones", 15000, async () => {
    const { agents } = await stage.admin.get<{ agents: { agentId: string; phoneReachable: boolean }[] }>("/agents");
    const missing = desks.filter((desk) => !agents.find((agent) => agent.agentId === desk.agent)?.phoneReachable);
    if (missing.length) throw new Error(`${missing.map((desk) => desk.agent).join(", ")} cannot be reached`);
    return true;
  });
  for (const desk of desks) await desk.ready();
  print(`    ${desks.map((desk) => desk.agent).join(", ")} are logged in and ready`);
}

interface Played {
  callers: Caller[];
  desks: AgentDesk[];
  world: World;
  kill: KillReport | null;
  sinceMs: number;
}

async function play(stage: Stage): Promise<Played> {
  const { settings, admin, sound } = stage;
  const sinceMs = Date.now();
  let start = sinceMs;
  const say = (text: string) => print(`  ${((Date.now() - start) / 1000).toFixed(1).padStart(5)} s  ${text}`);
  const world = new World(admin, (sinceMs - 1000) * 1000);
  cleanups.push(() => world.end());
  void world.run();
  const at: CallerWorld = {
    edge: settings.edges["hq"] as string,
    folder: settings.folder,
    run: String(sinceMs),
    sound,
    world,
    desks: new Map(),
    say,
  };
  const callers = stories(settings.calls).map((story, index) => new Caller(index, story, at));
  const desks = stage.phones.map(
    (phone) =>
      new AgentDesk(
        phone,
        stage.apis.get(phone.agent) as Api,
        world,
        callers,
        (what, error) => void (ending || checks.failed(what, error)),
        say
      )
  );
  for (const desk of desks) at.desks.set(desk.agent, desk);
  await agentsBegin(stage, desks);
  for (const desk of desks) {
    cleanups.push(() => desk.end());
    void desk.run();
  }
  start = Date.now();
  title("Callers call 1000 (published as 4000000000): 1 for Chinese 中文, 2 for English");
  let going = true;
  const live = showLive(() => going && !ending);
  const firstAt = Date.now();
  cleanups.push(() => Promise.all(callers.map((caller) => caller.end())));
  const calls = callers.map(async (caller) => {
    if (ending) return;
    await pause(firstAt + caller.story.startMs - Date.now());
    try {
      await caller.run();
    } catch (error) {
      if (!ending) checks.failed(`${caller.name} (${caller.story.what})`, error);
    }
  });
  const kill = settings.kill
    ? leaderKill(settings, admin, world, say).catch((error) => {
        checks.failed("the ACD's leader is killed while callers wait", error);
        return null;
      })
    : Promise.resolve(null);
  const late = pause(CALLS_MS_MAX).then(() => "late");
  if ((await Promise.race([Promise.all([...calls, kill]), late])) === "late")
    checks.failed("all calls end", new Error(`some had not after ${CALLS_MS_MAX / 1000} s`));
  const report = await Promise.race([kill, Promise.resolve(null)]);
  await pause(2500); // the last after-call work
  going = false;
  await live;
  return { callers, desks, world, kill: report, sinceMs };
}

function keep(all: Seen[], before: unknown, after: unknown): void {
  const contacts = all.map((seen) => ({
    caller: seen.caller.index + 1,
    from: seen.caller.story.from,
    story: seen.caller.story.what,
    contactId: seen.contactId,
    own: { ...seen.caller.clock, waitMs: seen.ownWaitMs, talkMs: seen.ownTalkMs, gapMsMax: seen.caller.ear.gapMsMax },
    kafka: seen.record,
    report: seen.history,
    tickets: seen.tickets,
    recordings: seen.recorded.map(({ part, sound }) => ({ ...part, seconds: sound.seconds })),
  }));
  result = { contacts, kpi: { before, after } };
}

async function main(): Promise<void> {
  const stage = await stageSet();
  const { settings, admin } = stage;
  await centreIdle(admin);
  const before = await baseline(admin);
  const played = await play(stage);
  for (const desk of played.desks) await desk.logout().catch((error) => checks.failed(`${desk.agent} logs out`, error));
  for (const desk of played.desks) desk.end();
  played.world.end();
  for (const phone of stage.phones) await phone.end();
  title("Reading back: Kafka (kcat, read_committed), recordings, tickets and report (API)");
  const all = await gather(admin, settings, checks, played.callers, played.world.contactIds, played.sinceMs);
  const expected = Number(before.funnel?.arrived ?? 0) + (expectedArrivals(all)["arrived"] as number);
  const after = await until(
    "the report counts every contact",
    30000,
    async () => {
      const reply = await kpiRead(admin, began);
      const open = Number(reply.funnel?.open ?? 0) - Number(before.funnel?.open ?? 0);
      if (Number(reply.funnel?.arrived) < expected || open > 0)
        throw new Error(`it counts ${reply.funnel?.arrived} of ${expected}, ${open} of this demo still open`);
      return reply;
    },
    1000
  ).catch(async (error) => {
    checks.failed("the report counts every contact", error);
    return kpiRead(admin, began);
  });
  verifyContacts(checks, all);
  verifyAgents(checks, all, played.desks);
  verifyReport(checks, all, played.desks, before, after);
  if (played.kill)
    leaderCheck(
      checks,
      played.kill,
      new Set(played.callers.filter((caller) => caller.story.patienceMs).map((caller) => caller.story.from))
    );
  const wrong = new Set(checks.differing.map((check) => /^caller \d+/.exec(check.name)?.[0] ?? ""));
  showCallers(all, wrong);
  showRecordings(all);
  showTickets(all);
  showKpi(before, after);
  const transferred = all.find((seen) => seen.caller.story.transfer);
  if (transferred) showTimeline(transferred);
  if (played.kill) showKill(played.kill, all);
  showEnd(settings, all);
  keep(all, before, after);
}

function conclude(): void {
  const wrong = checks.differing;
  title(wrong.length ? `${wrong.length} of ${checks.all.length} checks DIFFER` : `All ${checks.all.length} checks agree`);
  for (const check of wrong) print(`    ${check.name}: expected ${check.expected}, seen ${check.seen}`);
  print(`    ${((Date.now() - began) / 1000).toFixed(0)} s`);
  const text = { ok: wrong.length === 0, seconds: Math.round((Date.now() - began) / 100) / 10, checks: checks.all, ...result };
  if (json) fs.writeFileSync(json, `${JSON.stringify(text, null, 1)}\n`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    print("\nThe demo was interrupted: its phones hang up.");
    void cleanUp().then(() => process.exit(130));
  });

Promise.race([main(), broken])
  .catch((error) => {
    if (error instanceof Wrong) {
      process.stderr.write(`farseat demo: ${error.message}\n  remedy: ${error.remedy}\n`);
      process.exit(1);
    }
    checks.failed("the demo runs to its end", error);
  })
  .then(cleanUp)
  .then(() => {
    conclude();
    process.exit(checks.differing.length ? 1 : 0);
  });
