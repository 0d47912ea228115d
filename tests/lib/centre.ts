// SPDX-License-Identifier: Apache-2.0
// The centre that the tests run: two sites, six agents, two queues, short times; and agents who sit at their phones.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Deployment } from "./deployment";
import { Call, Phone } from "./phone";
import { until } from "./wait";

export const TRUNK_HQ = "127.0.1.1"; // callers' addresses: each is a trunk's network
export const TRUNK_BRANCH = "127.0.2.1";
export const MENU = "95500"; // 1: sales, 2: support, 3: hours
export const DIRECT = "95501"; // at once into sales
export const SURVEYED = "95502"; // into support, then the survey
export const ECHO = "9196";
export const AFTER_CALL_WORK_MS = 3000;
export const RING_MS = 6000;

interface AgentRow { id: string; phone: string; site: string; skills: Record<string, number>; hz: number }
export const AGENTS: AgentRow[] = [
  { id: "ann", phone: "2001", site: "hq", skills: { sales: 5 }, hz: 500 },
  { id: "ben", phone: "2002", site: "hq", skills: { sales: 5, support: 5 }, hz: 600 },
  { id: "cai", phone: "2003", site: "branch", skills: { sales: 5, support: 5 }, hz: 700 },
  { id: "dou", phone: "2004", site: "branch", skills: { sales: 5 }, hz: 800 },
  { id: "eva", phone: "2005", site: "hq", skills: { sales: 5 }, hz: 900 },
  { id: "fan", phone: "2006", site: "hq", skills: { support: 5 }, hz: 1100 },
];
export const AGENT_TONES = AGENTS.map((agent) => agent.hz);
export const secretOf = (phone: string): string => `test-secret-of-${phone}`;
const label = (en: string): { zh: string; en: string } => ({ zh: en, en });

function flows(): unknown[] {
  const survey = { id: "survey", survey: { id: "satisfaction", prompts: ["en/survey"], score_min: 1, score_max: 5, timeout_ms: 4000, attempts_max: 2, next: "bye" } };
  const choice = (digits: string, next: string): unknown => ({ digits, next, name: label(next) });
  return [
    { id: "menu", name: label("Menu"), start: "menu", nodes: [
      { id: "menu", menu: { prompts: ["en/welcome"], timeout_ms: 4000, attempts_max: 2, invalid_prompts: ["en/invalid"], on_failure: "bye",
        choices: [choice("1", "to-sales"), choice("2", "to-support"), choice("3", "hours")] } },
      { id: "to-sales", queue: { queue: "sales", on_overflow: "bye" } },
      { id: "to-support", queue: { queue: "support", on_overflow: "bye", next: "survey" } },
      { id: "hours", play: { prompts: ["en/hours"], next: "served" } },
      { id: "served", hangup: { served: true } }, survey, { id: "bye", hangup: {} }] },
    { id: "direct", name: label("Direct"), start: "to-sales", nodes: [{ id: "to-sales", queue: { queue: "sales", on_overflow: "bye" } }, { id: "bye", hangup: {} }] },
    { id: "surveyed", name: label("Surveyed"), start: "to-support", nodes: [
      { id: "to-support", queue: { queue: "support", on_overflow: "bye", next: "survey" } }, survey, { id: "bye", hangup: {} }] },
    { id: "echo", name: label("Echo"), start: "echo", nodes: [{ id: "echo", echo: { limit_ms: 60000 } }] },
  ];
}

export function centre(deployment: Deployment): Record<string, unknown> {
  const queue = (id: string, skill: string, business: string): unknown => ({
    id, name: label(id), skills: [{ skill, level: 1 }], service_level_ms: 20000, short_abandon_ms: 3000, ring_ms_max: RING_MS,
    after_call_work_ms: AFTER_CALL_WORK_MS, record: true, business_type: business });
  const recorder = (id: string): unknown => ({ id, site: "hq", uri: `sip:srs@127.0.0.1:${deployment.port(id, "SIP_PORT")};transport=tcp` });
  const rule = { country_code: "86", area_code: "20", national_prefix: "0", international_prefix: "00" };
  return {
    centre: { name: "Test", time_zone: "Asia/Shanghai", contacts_max: 100, number_rule: rule },
    sites: [{ id: "hq", name: label("hq"), edges: ["edge-hq"] }, { id: "branch", name: label("branch"), edges: ["edge-branch"] }],
    trunks: [{ id: "pstn-hq", site: "hq", addresses: ["127.0.1.0/24"], name: label("hq") },
      { id: "pstn-branch", site: "branch", addresses: ["127.0.2.0/24"], name: label("branch") }],
    numbers: [{ number: MENU, published: "4008895500", flow: "menu", name: label("menu") }, { number: DIRECT, flow: "direct", name: label("direct") },
      { number: SURVEYED, flow: "surveyed", name: label("surveyed") }, { number: ECHO, flow: "echo", name: label("echo") }],
    phones: AGENTS.map((agent) => ({ id: agent.phone, site: agent.site, display: agent.id, secret: secretOf(agent.phone) })),
    skills: [{ id: "sales", name: label("sales") }, { id: "support", name: label("support") }],
    reasons: [{ id: "break", name: label("break") }, { id: "no-answer", name: label("no answer") }],
    dispositions: [{ id: "solved", name: label("solved"), resolved: true }, { id: "follow-up", name: label("follow up"), resolved: false }],
    business_types: [{ id: "order", name: label("order") }, { id: "repair", name: label("repair") }],
    teams: [{ id: "first-line", name: label("first line") }],
    queues: [queue("sales", "sales", "order"), queue("support", "support", "repair")],
    agents: AGENTS.map((agent) => ({ id: agent.id, name: agent.id.toUpperCase(), phone: agent.phone, site: agent.site, team: "first-line",
      skills: Object.entries(agent.skills).map(([skill, level]) => ({ skill, level })) })),
    recorders: [recorder("recording-1"), recorder("recording-2")],
    flows: flows(),
  };
}

/** Puts the centre into force (a second time changes nothing) and waits until the edges take its calls. */
export async function centreApply(deployment: Deployment): Promise<void> {
  const file = join(deployment.varDir, "test-centre.yaml");
  writeFileSync(file, JSON.stringify(centre(deployment), null, 1)); // JSON is YAML too
  await until("the centre in force", 20000, async () => {
    const ran = await deployment.ctl("apply", "-f", file, "--note", "tests");
    if (ran.code !== 0) throw new Error(ran.err);
    return true;
  }, 500);
}

let callers = 0;
/** A number that no other call of this run has. */
export const callerNumber = (): string => `138${String(Date.now() % 100000).padStart(5, "0")}${String(callers++ % 1000).padStart(3, "0")}`;

/** A caller at a trunk. */
export function caller(deployment: Deployment, site = "hq", hz = 440, number = callerNumber()): Promise<Phone> {
  return Phone.open({ edge: deployment.edge(site), host: site === "hq" ? TRUNK_HQ : TRUNK_BRANCH, user: number, hz }).then((phone) => {
    phone.tones = AGENT_TONES;
    return phone;
  });
}

/** An agent at a registered phone, who acts through the API. */
export class Agent {
  private constructor(readonly deployment: Deployment, readonly row: AgentRow, readonly phone: Phone) {}

  static async sit(deployment: Deployment, id: string, tones: number[] = [440], talk = false): Promise<Agent> {
    const row = AGENTS.find((agent) => agent.id === id);
    if (!row) throw new Error(`there is no agent ${id}`);
    const phone = await Phone.open({ edge: deployment.edge(row.site), user: row.phone, secret: secretOf(row.phone), hz: row.hz, talk });
    phone.tones = tones;
    await until(`${id}'s phone registered`, 15000, async () => (await phone.registerStatus()) === 200, 500);
    const agent = new Agent(deployment, row, phone);
    await agent.logOut(); // what a test that failed has left
    await until(`${id}'s phone known to the ACD`, 10000, async () => {
      if ((await agent.view()).state === "AGENT_LOGGED_OUT") await agent.act("login", { phone: row.phone });
      return (await agent.view()).phoneReachable;
    }, 100);
    return agent;
  }
  get id(): string {
    return this.row.id;
  }
  act(what: "login" | "logout" | "ready" | "not-ready" | "end-after-call-work", body: unknown = {}): Promise<unknown> {
    return this.deployment.asAdmin("POST", `/agents/${this.id}/${what}`, body);
  }
  async view(): Promise<any> {
    const reply = await this.deployment.asAdmin("GET", "/agents");
    return reply.agents.find((agent: any) => agent.agentId === this.id) ?? {};
  }
  async ready(): Promise<void> {
    await this.act("ready");
    await this.is("AGENT_READY");
  }
  is(state: string, ms = 5000): Promise<any> {
    return until(`${this.id} being ${state}`, ms, async () => {
      const view = await this.view();
      if (view.state !== state) throw new Error(`is ${view.state} ${view.reason}`);
      return view;
    }, 50);
  }
  onContact(contactId: string, what: "answer" | "hold" | "resume" | "mute" | "unmute" | "transfer" | "hang-up" | "disposition", body: unknown = {}): Promise<unknown> {
    return this.deployment.asAdmin("POST", `/contacts/${contactId}/${what}?agentId=${this.id}`, body);
  }
  /** Whatever the agent is doing. */
  private async logOut(): Promise<void> {
    await until(`${this.id} logged out`, 15000, async () => {
      const view = await this.view();
      if (!view.state || view.state === "AGENT_LOGGED_OUT") return true;
      if (["AGENT_TALKING", "AGENT_HOLDING"].includes(view.state)) await this.onContact(view.contactId, "hang-up");
      else if (view.state === "AGENT_AFTER_CALL_WORK") await this.act("end-after-call-work");
      else await this.act("logout");
      return false;
    }, 100);
  }
  /** Hangs up and logs out. */
  async leave(): Promise<void> {
    for (const call of this.phone.calls) if (call.state !== "ended") call.drop();
    await this.logOut();
    this.phone.close();
  }
}

/** The live contact of this caller. */
export function contactOf(deployment: Deployment, number: string, ms = 5000, state = ""): Promise<any> {
  return until(`the live contact of ${number} ${state}`, ms, async () => {
    const reply = await deployment.asAdmin("GET", "/contacts/live");
    const found = reply.contacts.find((contact: any) => contact.caller.raw === number && contact.state !== "CONTACT_ENDED");
    if (found && state && found.state !== state) throw new Error(`is ${found.state}`);
    return found;
  }, 50);
}

/** A caller and an agent who talk, each hearing the other; the agent must be ready. */
export async function talking(deployment: Deployment, agent: Agent, site = "hq", number = DIRECT): Promise<{ caller: Phone; call: Call; agentCall: Call; contact: any }> {
  const counted = agent.phone.calls.length, phone = await caller(deployment, site), call = phone.call(number);
  const agentCall = await agent.phone.nextCall(10000, counted);
  await agentCall.isUp(5000);
  await call.isUp(5000);
  await call.hears(agent.row.hz, 8000);
  await agentCall.hears(440, 8000);
  const contact = await contactOf(deployment, phone.options.user, 5000, "CONTACT_TALKING");
  return { caller: phone, call, agentCall, contact };
}
