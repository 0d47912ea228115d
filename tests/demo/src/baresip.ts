// SPDX-License-Identifier: Apache-2.0
// A full softphone: baresip with files for its microphone and loudspeaker, told what to do by its ctrl_tcp.
import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import { pause } from "../../lib/wait";
import { PHONE_S_MAX } from "./sipp";

const MODULES = "/usr/lib/baresip/modules";

export interface BaresipOptions {
  folder: string;
  user: string;
  secret: string;
  edge: string; // host:port
  localIp: string;
  sipPort: number;
  controlPort: number;
  microphone: string; // WAV, 8 kHz mono
}
export interface BaresipEvent {
  type: string;
  param: string;
  at: number;
}

export class Baresip {
  onEvent: (event: BaresipEvent) => void = () => undefined;
  readonly events: BaresipEvent[] = [];
  exit: number | null = null;
  private readonly child: ChildProcess;
  private control: net.Socket | null = null;
  private rest = "";
  private output = "";

  constructor(private readonly options: BaresipOptions) {
    const { folder, localIp, sipPort } = options;
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of fs.readdirSync(folder)) if (name.startsWith("dump-")) fs.rmSync(join(folder, name), { force: true });
    fs.writeFileSync(
      join(folder, "config"),
      [
        "poll_method epoll",
        `sip_listen ${localIp}:${sipPort}`,
        `audio_source aufile,${options.microphone}`,
        "audio_player nothing,nothing",
        "audio_alert nothing,nothing",
        "ausrc_srate 8000",
        "auplay_srate 8000",
        "ausrc_channels 1",
        "auplay_channels 1",
        `audio_path ${folder}`,
        `module_path ${MODULES}`,
        "module g711.so",
        "module aufile.so",
        "module sndfile.so",
        `snd_path ${folder}`,
        "module_tmp account.so",
        "module_app menu.so",
        "module_app ctrl_tcp.so",
        `ctrl_tcp_listen ${localIp}:${options.controlPort}`,
        "",
      ].join("\n")
    );
    fs.writeFileSync(
      join(folder, "accounts"),
      `<sip:${options.user}@${options.edge}>;auth_pass=${options.secret};answermode=manual;regint=600;audio_codecs=PCMA/8000/1\n`,
      { mode: 0o600 }
    );
    this.child = spawn("baresip", ["-4", "-f", folder, "-t", String(PHONE_S_MAX)], {
      cwd: folder,
      env: { ...process.env, TERM: "dumb" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const hear = (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-8000));
    this.child.stdout?.on("data", hear);
    this.child.stderr?.on("data", hear);
    this.child.on("error", (error) => {
      this.output += error.message;
      this.exit = 127;
    });
    this.child.on("exit", (code) => (this.exit = code ?? 255));
    this.connect();
  }

  // Its control port opens some moments after its start.
  private connect(): void {
    if (this.exit !== null) return;
    const socket = net.connect(this.options.controlPort, this.options.localIp);
    socket.on("connect", () => (this.control = socket));
    socket.on("data", (chunk) => this.take(chunk.toString("utf8")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.control = null;
      if (this.exit === null) setTimeout(() => this.connect(), 100);
    });
  }

  // Netstrings: "LENGTH:JSON,".
  private take(text: string): void {
    this.rest += text;
    for (let match = /^(\d+):/.exec(this.rest); match; match = /^(\d+):/.exec(this.rest)) {
      const begin = (match[0] as string).length,
        length = Number(match[1]);
      if (this.rest.length < begin + length + 1) return;
      const body = this.rest.slice(begin, begin + length);
      this.rest = this.rest.slice(begin + length + 1);
      const value = JSON.parse(body) as { event?: boolean; type?: string; param?: string };
      if (!value.event || !value.type) continue;
      const event = { type: value.type, param: value.param ?? "", at: Date.now() };
      this.events.push(event);
      this.onEvent(event);
    }
  }

  /** Registered, and its control port is open. */
  get ready(): boolean {
    return this.control !== null && /200 OK \(.*binding/.test(this.output);
  }
  private command(command: string): void {
    const body = JSON.stringify({ command });
    this.control?.write(`${Buffer.from(body).length}:${body},`);
  }
  answer(): void {
    this.command("accept");
  }
  hangUp(): void {
    this.command("hangup");
  }
  /** What it heard, a WAV for each call in their order (the module sndfile writes them). */
  heard(): string[] {
    const { folder } = this.options;
    return fs
      .readdirSync(folder)
      .filter((name) => name.endsWith("-dec.wav"))
      .sort()
      .map((name) => join(folder, name));
  }
  get lastWords(): string {
    // eslint-disable-next-line no-control-regex
    return this.output
      .replace(/\x1b\[[0-9;]*m/g, "")
      .trim()
      .split("\n")
      .slice(-4)
      .join(" / ");
  }
  async end(): Promise<void> {
    if (this.exit === null) this.child.kill("SIGTERM");
    for (const end = Date.now() + 3000; this.exit === null && Date.now() < end; ) await pause(20);
    if (this.exit === null) this.child.kill("SIGKILL");
    this.control?.destroy();
  }
}
