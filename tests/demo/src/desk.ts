// SPDX-License-Identifier: Apache-2.0
// An agent at work: a phone, and the API as the agent's own person. What rings is answered after a moment, unless the
// caller's story says otherwise; after a call the disposition is set and the work ended.
import { AgentView, Api, ApiError } from "./api";
import type { Caller } from "./caller";
import { AgentPhone, PhoneCall } from "./phones";
import { pause, until } from "../../lib/wait";
import { World } from "./world";

const ANSWER_MS = 900;
const WORK_MS = 1800;
const AGAIN_MS = 1500; // after a missed call

export class AgentDesk {
  readonly dispositions = new Map<string, string>(); // contact -> what was set
  private readonly worked = new Set<string>();
  private back = false;
  private ended = false;
  private loggedOut = false;

  constructor(
    readonly phone: AgentPhone,
    private readonly api: Api,
    private readonly world: World,
    private readonly callers: Caller[],
    private readonly failed: (what: string, error: unknown) => void,
    private readonly say: (text: string) => void
  ) {
    phone.onRing = (call) => void this.ring(call).catch((error) => failed(`${this.agent} answers`, error));
  }
  get agent(): string {
    return this.phone.agent;
  }

  /** A write as this person. Nobody may lead for some moments: then it is said again. */
  async act(path: string, body: unknown = {}): Promise<void> {
    for (const end = Date.now() + 15000; ; ) {
      try {
        await this.api.post(path, body);
        return;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.passing || Date.now() > end) throw error;
        await pause(300);
      }
    }
  }
  private async myself(): Promise<{ state: string; contactId: string }> {
    const me = (await this.api.get<{ agents: AgentView[] }>("/agents")).agents.find((agent) => agent.agentId === this.agent);
    if (!me) throw new Error(`the centre has no agent ${this.agent}`);
    return me;
  }
  /** Logs in. What a demo that was killed has left on the desk is ended. */
  async login(): Promise<void> {
    const me = await this.myself();
    if (me.contactId && me.state !== "AGENT_AFTER_CALL_WORK")
      await this.act(`/contacts/${me.contactId}/hang-up`).catch(() => undefined);
    if (me.contactId) {
      await until(`${this.agent} is free`, 15000, async () => {
        const { state } = await this.myself();
        if (state === "AGENT_AFTER_CALL_WORK") await this.act(`/agents/${this.agent}/end-after-call-work`);
        return state !== "AGENT_TALKING" && state !== "AGENT_HOLDING" && state !== "AGENT_AFTER_CALL_WORK";
      });
    }
    if (me.state === "AGENT_LOGGED_OUT") await this.act(`/agents/${this.agent}/login`);
  }
  ready(): Promise<void> {
    return this.act(`/agents/${this.agent}/ready`);
  }

  private async ring(call: PhoneCall): Promise<void> {
    const contact = await until(
      `a contact rings at ${this.agent}`,
      6000,
      () =>
        this.world.contacts.find((c) => c.agentId === this.agent && c.state === "CONTACT_RINGING") ??
        (call.endedAt > 0 ? null : undefined),
      30
    );
    const caller = this.callers.find((c) => c.story.from === contact.caller.raw);
    if (!caller) return;
    caller.offers++;
    if (caller.story.ignoreFirst && caller.offers === 1) {
      this.say(`${this.agent} lets ${caller.name} ring`);
      return;
    }
    await pause(ANSWER_MS);
    if (call.endedAt) return;
    call.answer();
    if (caller.story.race) {
      this.say(`${caller.name} hangs up while ${this.agent} answers`);
      caller.hangUp();
    }
  }

  hangUp(): void {
    this.phone.calls[this.phone.calls.length - 1]?.hangUp();
  }

  private async work(contactId: string): Promise<void> {
    const disposition = this.dispositions.size % 3 === 2 ? "follow-up" : "solved";
    await pause(WORK_MS / 2);
    await this.act(`/contacts/${contactId}/disposition`, { disposition, note: "demo" });
    this.dispositions.set(contactId, disposition);
    await pause(WORK_MS / 2);
    if (this.world.agent(this.agent)?.state === "AGENT_AFTER_CALL_WORK")
      await this.act(`/agents/${this.agent}/end-after-call-work`);
  }

  private async again(): Promise<void> {
    await pause(AGAIN_MS);
    await this.ready();
    this.back = false;
  }

  /** Until end(): looks at one's own state and does what is due. */
  async run(): Promise<void> {
    while (!this.ended) {
      const me = this.world.agent(this.agent);
      if (me?.state === "AGENT_AFTER_CALL_WORK" && me.contactId && !this.worked.has(me.contactId)) {
        this.worked.add(me.contactId);
        void this.work(me.contactId).catch((error) => this.failed(`${this.agent} does after-call work`, error));
      } else if (me?.state === "AGENT_NOT_READY" && me.reason === "no-answer" && !this.back) {
        this.back = true;
        void this.again().catch((error) => this.failed(`${this.agent} is ready again`, error));
      }
      await pause(100);
    }
  }
  end(): void {
    this.ended = true;
  }
  async logout(): Promise<void> {
    if (this.loggedOut) return;
    this.loggedOut = true;
    await this.act(`/agents/${this.agent}/logout`);
  }
}
