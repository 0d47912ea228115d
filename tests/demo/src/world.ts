// SPDX-License-Identifier: Apache-2.0
// The centre as it is now, asked of the API a few times a second: what callers' and agents' decisions rest on.
import { AgentView, Api, ContactView } from "./api";
import { pause, until } from "../../lib/wait";

const EVERY_MS = 200;
const ASK_MS = 1000; // who dies with a question in hand answers never

export class World {
  readonly contactIds = new Map<string, string>(); // caller as the carrier sent it -> contact
  contacts: ContactView[] = [];
  agents: AgentView[] = [];
  private ended = false;

  constructor(private readonly api: Api, private readonly sinceUs: number) {}

  async run(): Promise<void> {
    while (!this.ended) {
      try {
        const [contacts, agents] = await Promise.all([
          this.api.get<{ contacts: ContactView[] }>("/contacts/live", ASK_MS),
          this.api.get<{ agents: AgentView[] }>("/agents", ASK_MS),
        ]);
        this.contacts = contacts.contacts.filter((contact) => Number(contact.startedAtUs) >= this.sinceUs);
        this.agents = agents.agents;
        for (const contact of this.contacts)
          if (!this.contactIds.has(contact.caller.raw)) this.contactIds.set(contact.caller.raw, contact.contactId);
      } catch {
        // nobody leads for some moments; the next answer will tell
      }
      await pause(EVERY_MS);
    }
  }
  end(): void {
    this.ended = true;
  }
  contactOf(raw: string): ContactView | undefined {
    return this.contacts.find((contact) => contact.caller.raw === raw);
  }
  agent(id: string): AgentView | undefined {
    return this.agents.find((agent) => agent.agentId === id);
  }
  /** Those who wait, in their order. */
  waiting(queueId: string): ContactView[] {
    return this.contacts
      .filter((contact) => contact.queueId === queueId && contact.position > 0)
      .sort((a, b) => a.position - b.position);
  }
  talking(raw: string, agent: string | null, ms: number): Promise<ContactView> {
    return until(`caller ${raw} talks${agent ? ` with ${agent}` : ""}`, ms, () => {
      const contact = this.contactOf(raw);
      return contact?.state === "CONTACT_TALKING" && (!agent || contact.agentId === agent) ? contact : undefined;
    });
  }
}
