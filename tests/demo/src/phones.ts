// SPDX-License-Identifier: Apache-2.0
// Agents' phones: one is baresip, the others are sipp. Both ring, are answered and hung up in the same way here.
import * as fs from "node:fs";
import { join } from "node:path";
import { Baresip } from "./baresip";
import { freePort, Sipp, soundAddress } from "./sipp";
import { Heard, Sound } from "../../lib/sound";
import { stretchesOfFile, toneFile } from "./stretch";
import { pause, until } from "../../lib/wait";

/** One ringing of a phone and what came of it. Times: Unix time in milliseconds, by the phone's own clock. */
export interface PhoneCall {
  agent: string;
  ringAt: number;
  answeredAt: number;
  endedAt: number;
  heard: Heard[]; // what the agent heard; complete when ended
  answer(): void;
  hangUp(): void;
}
export interface AgentPhone {
  readonly agent: string;
  readonly kind: string;
  readonly calls: PhoneCall[];
  onRing: (call: PhoneCall) => void;
  /** @throws why it could not register. */
  start(): Promise<void>;
  end(): Promise<void>;
}
export interface PhoneSettings {
  agent: string;
  phone: string; // SIP user
  secret: string;
  edge: string; // host:port
  folder: string;
  hz: number;
  tones: number[]; // of the callers
}

const LOCAL_IP = "127.0.0.1";

export class SippPhone implements AgentPhone {
  readonly kind = "sipp";
  readonly calls: PhoneCall[] = [];
  onRing: (call: PhoneCall) => void = () => undefined;
  private phone: Sipp | null = null;
  private port = 0;
  private readonly byId = new Map<string, PhoneCall>();

  constructor(private readonly settings: PhoneSettings, private readonly sound: Sound) {}
  get agent(): string {
    return this.settings.agent;
  }

  private async register(expires: number): Promise<void> {
    const { agent, phone, secret, edge, folder } = this.settings;
    const register = new Sipp({
      scenario: "register",
      name: `${agent}-register`,
      folder,
      localIp: LOCAL_IP,
      localPort: this.port,
      remote: edge,
      args: ["-s", phone, "-au", phone, "-ap", secret, "-key", "expires", String(expires), "-m", "1"],
    });
    const code = await register.exited(10000);
    await register.end();
    if (code !== 0) throw new Error(`${phone} could not register at ${edge}: ${register.lastWords || `sipp ended with ${code}`}`);
  }

  async start(): Promise<void> {
    const { agent, edge, folder } = this.settings;
    this.port = await freePort(LOCAL_IP);
    const rtpPort = await this.sound.open(agent, LOCAL_IP);
    await this.register(600);
    this.phone = new Sipp({
      scenario: "agent",
      name: agent,
      folder,
      localIp: LOCAL_IP,
      localPort: this.port,
      remote: edge,
      args: ["-key", "rtp_port", String(rtpPort)],
    });
    await pause(300);
    if (this.phone.exit !== null) throw new Error(`the phone of ${agent} ended at once: ${this.phone.lastWords}`);
    this.phone.onEvent = (event) => this.hear(event.callId, event.method, event.status, event.sent, event.at, event.text);
  }

  private hear(callId: string, method: string, status: number, sent: boolean, at: number, text: string): void {
    const known = this.byId.get(callId);
    if (!known && method === "INVITE" && !sent && status === 0) {
      const call: PhoneCall = {
        agent: this.agent,
        ringAt: at,
        answeredAt: 0,
        endedAt: 0,
        heard: [],
        answer: () => this.phone?.wish(callId),
        hangUp: () => this.phone?.wish(callId),
      };
      const there = soundAddress(text);
      this.byId.set(callId, call);
      this.calls.push(call);
      if (there) call.answer = () => this.answer(callId, there);
      this.onRing(call);
    } else if (known && method === "INVITE" && status === 200 && sent && !known.answeredAt) {
      known.answeredAt = at;
    } else if (known && !known.endedAt && (method === "BYE" || method === "CANCEL") && status === 0) {
      known.endedAt = at;
      if (known.answeredAt) void this.sound.report(this.agent, true).then((report) => (known.heard = report.heard));
    }
  }
  private answer(callId: string, there: { host: string; port: number }): void {
    this.sound.start(this.agent, there.host, there.port, this.settings.hz, this.settings.tones);
    this.phone?.wish(callId);
  }
  async end(): Promise<void> {
    await this.phone?.end();
    if (this.port) await this.register(0).catch(() => undefined);
  }
}

export class BaresipPhone implements AgentPhone {
  readonly kind = "baresip";
  readonly calls: PhoneCall[] = [];
  onRing: (call: PhoneCall) => void = () => undefined;
  private phone: Baresip | null = null;

  constructor(private readonly settings: PhoneSettings) {}
  get agent(): string {
    return this.settings.agent;
  }

  async start(): Promise<void> {
    const { agent, phone, secret, edge, folder, hz } = this.settings;
    const home = join(folder, `${agent}-baresip`);
    const microphone = join(folder, `tone-${hz}.wav`);
    toneFile(microphone, hz, 240);
    const softphone = new Baresip({
      folder: home,
      user: phone,
      secret,
      edge,
      localIp: LOCAL_IP,
      sipPort: await freePort(LOCAL_IP),
      controlPort: await freePort(LOCAL_IP),
      microphone,
    });
    this.phone = softphone;
    softphone.onEvent = (event) => this.hear(event.type, event.at);
    await until(`${phone} registers at ${edge} with baresip`, 10000, () => softphone.ready || softphone.exit !== null).catch(
      (error) => {
        throw new Error(`${(error as Error).message}: ${softphone.lastWords}`);
      }
    );
    if (softphone.exit !== null) throw new Error(`baresip ended with ${softphone.exit}: ${softphone.lastWords}`);
  }

  private hear(type: string, at: number): void {
    const last = this.calls[this.calls.length - 1];
    if (type === "CALL_INCOMING") {
      const call: PhoneCall = {
        agent: this.agent,
        ringAt: at,
        answeredAt: 0,
        endedAt: 0,
        heard: [],
        answer: () => this.phone?.answer(),
        hangUp: () => this.phone?.hangUp(),
      };
      this.calls.push(call);
      this.onRing(call);
    } else if (last && type === "CALL_ESTABLISHED") {
      last.answeredAt = at;
    } else if (last && type === "CALL_CLOSED" && !last.endedAt) {
      last.endedAt = at;
    }
  }
  async end(): Promise<void> {
    await this.phone?.end();
    // Its recordings of what it heard are whole now: one for each answered call, in their order.
    const files = this.phone?.heard().filter((file) => fs.existsSync(file)) ?? [];
    this.calls
      .filter((call) => call.answeredAt)
      .forEach((call, i) => {
        const file = files[i];
        if (file)
          call.heard = stretchesOfFile(file, this.settings.tones).map((h) => ({
            hz: h.hz,
            from: call.answeredAt + h.from,
            to: call.answeredAt + h.to,
          }));
      });
  }
}
