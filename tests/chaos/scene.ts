// SPDX-License-Identifier: Apache-2.0
// What each chaos test needs: agents and callers that are cleared away, and, whatever was broken, a house that is
// whole afterwards: every process ready, both replicas of one mind, every record in Kafka exactly once.
import * as assert from "node:assert/strict";
import { Agent, caller, centreApply, contactOf, DIRECT, talking } from "../lib/centre";
import { Deployment } from "../lib/deployment";
import { Kafka } from "../lib/kafka";
import { Call, Phone, soundEnd } from "../lib/phone";
import { nowMs, until } from "../lib/wait";

export interface Talk { agent: Agent; caller: Phone; call: Call; agentCall: Call; contact: any }
export const say = (text: string): void => console.log(text);
export const TALK_GAP_MS = 200; // what a talking call may lose at most, the load of two busy cores included

export class Scene {
  readonly deployment = new Deployment();
  readonly kafka = new Kafka(this.deployment.kafka);
  readonly agents: Agent[] = [];
  readonly callers: Phone[] = []; // each is one contact

  async begin(): Promise<void> {
    await this.deployment.allReady();
    await centreApply(this.deployment);
    await this.deployment.adminToken();
  }
  async sit(id: string): Promise<Agent> {
    const agent = await Agent.sit(this.deployment, id);
    this.agents.push(agent);
    return agent;
  }
  async dial(number = DIRECT, site = "hq"): Promise<[Phone, Call]> {
    const phone = await caller(this.deployment, site);
    this.callers.push(phone);
    return [phone, phone.call(number)];
  }
  /** A caller who waits in the queue, in the order of these calls. */
  async queue(site = "hq"): Promise<{ caller: Phone; call: Call; contact: any }> {
    const [phone, call] = await this.dial(DIRECT, site);
    const contact = await contactOf(this.deployment, phone.options.user, 5000, "CONTACT_QUEUED");
    await call.isUp(3000);
    return { caller: phone, call, contact };
  }
  async talk(agent: Agent, site = "hq"): Promise<Talk> {
    await agent.ready();
    const talk = await talking(this.deployment, agent, site);
    this.callers.push(talk.caller);
    return { agent, ...talk };
  }
  /** He was refused at the door: that makes no contact. */
  turnedAway(phone: Phone): void {
    this.callers.splice(this.callers.indexOf(phone), 1);
    phone.close();
  }
  async contact(phone: Phone): Promise<any> {
    return contactOf(this.deployment, phone.options.user);
  }
  record(phone: Phone, ms = 30000): Promise<any> {
    return this.kafka.contactOf(phone.options.user, ms);
  }
  /** Marks the sound of these calls; the function tells the longest gap of each since. */
  async listen(calls: Call[]): Promise<() => Promise<number[]>> {
    await Promise.all(calls.map((call) => call.mark()));
    return async () => (await Promise.all(calls.map((call) => call.report()))).map((report) => Math.max(report.gapMsMax, report.sinceMs));
  }
  /** How long after `sinceMs` a write was taken by the ACD again. */
  async commandsFlow(agentId: string, sinceMs: number, ms: number): Promise<number> {
    const token = await this.deployment.adminToken();
    await until("a write that the ACD takes", ms, async () => {
      const answer = await this.deployment.api.ask("POST", `/api/v1/agents/${agentId}/ready`, { token, timeoutMs: 1000 });
      return answer.status === 200;
    }, 20);
    return nowMs() - sinceMs;
  }

  /** Clears away, and asserts that the house is whole. */
  async end(): Promise<void> {
    this.deployment.giveAllBack();
    try {
      for (const phone of this.callers) phone.close();
      for (const agent of this.agents) await agent.leave();
      await this.whole();
    } finally {
      await soundEnd();
    }
  }
  private async whole(): Promise<void> {
    await this.deployment.allReady();
    const numbers = new Set(this.callers.map((phone) => phone.options.user));
    await until("none of the calls alive", 15000, async () =>
      !(await this.deployment.asAdmin("GET", "/contacts/live")).contacts.some((contact: any) => numbers.has(contact.caller.raw)), 200);
    const contacts = await until("a record of each call", 30000, async () => {
      const rows = (await this.kafka.read("farseat.contacts.v1")).map((row) => row.value);
      const missing = this.callers.filter((phone) => !rows.some((value) => value.caller.raw === phone.options.user));
      if (missing.length > 0) throw new Error(`${missing.length} of ${this.callers.length} are missing: ${missing.map((phone) => phone.options.user).join(", ")}`);
      return rows;
    }, 500);
    for (const phone of this.callers)
      assert.equal(contacts.filter((value) => value.caller.raw === phone.options.user && value.revision === 1).length, 1, `records of ${phone.options.user}`);
    await until("every record stored", 10000, async () => (await this.deployment.metric(await this.deployment.leader(), "farseat_acd_records_unstored")) === 0);
    const counts = await until("records in Kafka without gap and repeat", 15000, () => this.kafka.audit(), 500);
    say(`in Kafka, each once and without a gap: ${[...counts].map(([producer, count]) => `${count} of ${producer.split(" ")[0]}`).join(", ")}`);
    for (const name of ["acd-1", "acd-2"]) assert.equal(await this.deployment.metric(name, "farseat_acd_halted"), 0, `${name} has halted`);
    assert.equal(await this.deployment.metric("analytics", "farseat_analytics_gaps_total"), 0, "numbers that never came to the exporter");
  }
}
