// SPDX-License-Identifier: Apache-2.0
// A centre of 500 agents who are at work without a phone: what they change is their state, which needs none.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Login } from "../../tests/lib/http";
import { Deployment } from "../../tests/lib/deployment";
import { token } from "../../tests/lib/sip";
import { pause, until } from "../../tests/lib/wait";

export const AGENTS = 500;
export const CHANGES_PER_S = 5;
const QUEUES = 10;
const AT_ONCE = 16;

export interface Person extends Login { login: string; password: string }
export interface Change { id: string; state: "Ready" | "Not ready"; sentMs: number; repliedMs: number }

const agentId = (i: number): string => `desk-${String(i).padStart(3, "0")}`;
const label = (en: string): { zh: string; en: string } => ({ zh: en, en });

function centre(): unknown {
  const all = Array.from({ length: AGENTS }, (_, i) => i + 1), queues = Array.from({ length: QUEUES }, (_, i) => `q${i + 1}`);
  return {
    centre: { name: "Bench", time_zone: "Asia/Shanghai", contacts_max: 500, number_rule: { country_code: "86", area_code: "20", national_prefix: "0", international_prefix: "00" } },
    sites: [{ id: "hq", name: label("Headquarters"), edges: ["edge-hq"] }, { id: "branch", name: label("Branch"), edges: ["edge-branch"] }],
    skills: queues.map((id) => ({ id, name: label(`Skill ${id}`) })),
    reasons: [{ id: "no-answer", name: label("No answer") }, { id: "break", name: label("Break") }],
    queues: queues.map((id) => ({ id, name: label(`Queue ${id}`), skills: [{ skill: id, level: 1 }], ring_ms_max: 15000, after_call_work_ms: 1000, record: false })),
    phones: all.map((i) => ({ id: `d${i}`, site: i % 3 ? "hq" : "branch", display: `Desk ${i}` })),
    agents: all.map((i) => ({ id: agentId(i), name: `Agent ${i}`, phone: `d${i}`, site: i % 3 ? "hq" : "branch", skills: [{ skill: queues[i % QUEUES], level: 5 }] })),
  };
}

/** Work on all of them, some at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  }));
}

export class Centre {
  readonly ids = Array.from({ length: AGENTS }, (_, i) => agentId(i + 1));
  private readonly ready = new Set<string>();
  private constructor(readonly deployment: Deployment) {}

  /** Replaces what is in force, and brings all agents to work who are not: those of a bench before may still be. */
  static async open(deployment: Deployment): Promise<Centre> {
    if (process.env["FARSEAT_BENCH"] !== "private") throw new Error("what is in force is replaced, so only './farseat bench' may run me");
    const self = new Centre(deployment), folder = mkdtempSync(join(tmpdir(), "farseat-bench-")), file = join(folder, "centre.json");
    try {
      writeFileSync(file, JSON.stringify(centre()));
      await until("the centre of 500 agents in force", 15000, async () => {
        const ran = await deployment.ctl("apply", "-f", file, "--secrets-out", join(folder, "secrets"));
        if (ran.code !== 0) throw new Error(ran.err.slice(0, 500));
        return true;
      }, 200);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const out: string[] = [];
    for (const [id, state] of await self.states()) {
      if (state === "AGENT_LOGGED_OUT") out.push(id);
      if (state === "AGENT_READY") self.ready.add(id);
    }
    await each(out, (id) => self.act(id, "login"));
    return self;
  }
  async close(): Promise<void> {
    const here = (await this.states()).filter(([, state]) => state !== "AGENT_LOGGED_OUT");
    await each(here, ([id]) => this.act(id, "logout"));
  }
  /** Of all, when all are known: the configuration may still be on its way through the log. */
  private states(): Promise<[string, string][]> {
    return until("the agents' states", 10000, async () => {
      const { agents } = await this.deployment.asAdmin("GET", "/agents"), known = new Map<string, string>();
      for (const agent of agents) known.set(agent.agentId, agent.state);
      return this.ids.every((id) => known.has(id)) && this.ids.map((id): [string, string] => [id, known.get(id) as string]);
    }, 200);
  }
  private act(id: string, what: string, ms = 3000): Promise<unknown> {
    return until(`${id}: ${what}`, ms, async () => (await this.deployment.asAdmin("POST", `/agents/${id}/${what}`, {}), true), 100);
  }
  /** The agent's other state. @return when it was asked for and when the API had answered. */
  async turn(id: string): Promise<Change> {
    const state = this.ready.has(id) ? "Not ready" : "Ready", bearer = await this.deployment.adminToken(), sentMs = Date.now();
    await this.deployment.api.good("POST", `/agents/${id}/${state === "Ready" ? "ready" : "not-ready"}`, { token: bearer, body: {} });
    if (state === "Ready") this.ready.add(id);
    else this.ready.delete(id);
    return { id, state, sentMs, repliedMs: Date.now() };
  }
  /** Agents of this list change their states, at CHANGES_PER_S on average and at no fixed beat, each in its turn. */
  async work(ids: readonly string[], seconds: number): Promise<Change[]> {
    const changes: Promise<Change>[] = [];
    for (let i = 0, due = Date.now(), end = due + seconds * 1000; due < end; i++) {
      changes.push(this.turn(ids[i % ids.length] as string));
      due += (500 + Math.random() * 1000) / CHANGES_PER_S;
      await pause(Math.max(0, due - Date.now()));
    }
    return Promise.all(changes);
  }

  async person(roles: string[], agentId = ""): Promise<Person> {
    const login = `${roles[0]}-${token()}`, password = `pass-${token()}`;
    await this.deployment.asAdmin("POST", "/people", { person: { login, name: login, agentId, roles, language: "en" }, password });
    return { ...(await this.deployment.api.login(login, password)), login, password };
  }
}
