// SPDX-License-Identifier: Apache-2.0
// A caller: one call of sipp over the trunk, with sound, by his story. What he saw is kept by his own clock.
import { AgentDesk } from "./desk";
import { freePort, Sipp, soundAddress } from "./sipp";
import { Report, Sound } from "../../lib/sound";
import { AGENT_HZ, CALLER_HZ, Story } from "./stories";
import { pause, until } from "../../lib/wait";
import { World } from "./world";

export const TRUNK_IP = "127.0.0.31";
export const DIALLED = "1000";
const DIGIT_MS = 140; // from a digit's first packet to its last, which is when it counts

export interface CallerWorld {
  edge: string;
  folder: string;
  run: string;
  sound: Sound;
  world: World;
  desks: Map<string, AgentDesk>;
  say: (text: string) => void;
}

/** Unix times in milliseconds; 0: it did not happen. */
export interface CallerClock {
  calledAt: number;
  answeredAt: number;
  pressedAt: number;
  byeAt: number;
  byeByCaller: boolean;
  surveyAt: number;
}

export class Caller {
  readonly clock: CallerClock = { calledAt: 0, answeredAt: 0, pressedAt: 0, byeAt: 0, byeByCaller: false, surveyAt: 0 };
  readonly hz: number;
  ear: Report = { heard: [], packets: 0, gapMsMax: 0, gapAt: 0, sinceMs: 0 };
  offers = 0; // how often an agent's phone rang for him
  private phone: Sipp | null = null;
  private over = false;
  private readonly callId: string;
  private readonly id: string;

  constructor(readonly index: number, readonly story: Story, private readonly at: CallerWorld) {
    this.hz = CALLER_HZ(index);
    this.id = `caller-${index + 1}`;
    this.callId = `${this.id}-${at.run}`;
  }
  get name(): string {
    return `caller ${this.index + 1}`;
  }

  private async call(): Promise<void> {
    const { edge, folder, sound } = this.at;
    const from =
      this.story.from === "anonymous"
        ? '"Anonymous" <sip:anonymous@anonymous.invalid>'
        : `<sip:${this.story.from}@carrier.invalid>`;
    const rtpPort = await sound.open(this.id, TRUNK_IP);
    const localPort = await freePort(TRUNK_IP);
    if (this.over) throw new Error("the demo was interrupted");
    const phone = new Sipp({
      scenario: "caller",
      name: this.id,
      folder,
      localIp: TRUNK_IP,
      localPort,
      remote: edge,
      args: ["-s", DIALLED, "-m", "1", "-cid_str", this.callId, "-key", "rtp_port", String(rtpPort), "-key", "caller", from],
    });
    this.phone = phone;
    phone.onEvent = (event) => {
      if (event.method === "INVITE" && event.sent && !this.clock.calledAt) this.clock.calledAt = event.at;
      if (event.method === "INVITE" && event.status === 200 && !this.clock.answeredAt) {
        this.clock.answeredAt = event.at;
        const there = soundAddress(event.text);
        if (there) sound.start(this.id, there.host, there.port, this.hz, Object.values(AGENT_HZ));
      }
      if (event.method === "BYE" && event.status === 0 && !this.clock.byeAt) {
        this.clock.byeAt = event.at;
        this.clock.byeByCaller = event.sent;
      }
    };
    await until(`${this.name} is answered by the menu`, 15000, () => this.clock.answeredAt > 0 || phone.exit !== null);
    if (!this.clock.answeredAt)
      throw new Error(`the call was refused or failed: ${phone.lastWords || `sipp ended with ${phone.exit}`}`);
  }

  hangUp(): void {
    this.phone?.wish(this.callId);
  }

  private async talk(): Promise<void> {
    const { world, desks, say } = this.at;
    const { story } = this;
    let view = await world.talking(story.from, null, 120000);
    say(`${this.name} talks with ${view.agentId}`);
    if (story.transfer) {
      await pause(story.transfer.afterMs);
      const target = story.transfer.agent;
      await until(`${target} is free for the transfer`, 40000, () => world.agent(target)?.state === "AGENT_READY");
      await this.desk(view.agentId, desks).act(`/contacts/${view.contactId}/transfer`, { agentId: target });
      say(`${view.agentId} transfers ${this.name} to ${target}`);
      view = await world.talking(story.from, target, 30000);
    }
    if (story.hold) {
      await pause(story.hold.afterMs);
      await this.desk(view.agentId, desks).act(`/contacts/${view.contactId}/hold`);
      say(`${view.agentId} holds ${this.name}`);
      await pause(story.hold.forMs);
      await this.desk(view.agentId, desks).act(`/contacts/${view.contactId}/resume`);
      say(`${view.agentId} talks with ${this.name} again`);
      await pause(story.talkMs - story.hold.afterMs - story.hold.forMs);
    } else {
      await pause(story.talkMs);
    }
    if (story.endBy === "caller") {
      this.hangUp();
    } else {
      const desk = this.desk(view.agentId, desks);
      if (story.endBy === "agent-api") await desk.act(`/contacts/${view.contactId}/hang-up`);
      else desk.hangUp();
      say(`${view.agentId} hangs up; ${this.name} is asked for a mark`);
      await this.survey();
    }
  }

  private async survey(): Promise<void> {
    const { world, sound, say } = this.at;
    await until(`${this.name} hears the survey`, 15000, () => world.contactOf(this.story.from)?.state === "CONTACT_IN_SURVEY");
    await pause(1500);
    if (this.story.survey) {
      this.clock.surveyAt = await sound.press(this.id, this.story.survey);
      say(`${this.name} gives a ${this.story.survey}`);
    } else {
      this.hangUp();
    }
  }

  private desk(agent: string, desks: Map<string, AgentDesk>): AgentDesk {
    const desk = desks.get(agent);
    if (!desk) throw new Error(`${this.name} is with ${agent}, who is none of the demo's agents`);
    return desk;
  }

  /** The whole call. @throws what did not happen. */
  async run(): Promise<void> {
    const { sound, say } = this.at;
    const { story } = this;
    try {
      await this.call();
      say(`${this.name} (${story.from}) calls`);
      await pause(story.pressMs);
      if (!story.digit) {
        say(`${this.name} leaves in the menu`);
        this.hangUp();
      } else {
        this.clock.pressedAt = (await sound.press(this.id, story.digit)) + DIGIT_MS;
        if (story.patienceMs) {
          await pause(this.clock.pressedAt + story.patienceMs - Date.now());
          say(`${this.name} gives up in the queue after ${(story.patienceMs / 1000).toFixed(0)} s`);
          this.hangUp();
        } else if (!story.race) {
          await this.talk();
        }
      }
      await until(`the call of ${this.name} ends`, 120000, () => this.phone?.exit !== null);
    } finally {
      if (this.clock.answeredAt) this.ear = await sound.report(this.id, true);
      await this.phone?.end();
    }
    if (this.phone?.exit !== 0) throw new Error(`sipp ended with ${this.phone?.exit}: ${this.phone?.lastWords}`);
  }

  /** Whatever the story: hangs up, and calls no more. */
  async end(): Promise<void> {
    this.over = true;
    if (!this.phone) return;
    for (let i = 0; i < 10 && !this.clock.answeredAt && this.phone.exit === null; i++) await pause(100);
    if (this.phone.exit === null) this.hangUp();
    await this.phone.exited(1500);
    await this.phone.end();
  }

  /** When he first and last heard an agent's tone. */
  agentHeard(hz: number): { from: number; to: number } | null {
    const heard = this.ear.heard.filter((stretch) => stretch.hz === hz && stretch.to - stretch.from >= 100);
    const first = heard[0],
      last = heard[heard.length - 1];
    return first && last ? { from: first.from, to: last.to } : null;
  }
}
