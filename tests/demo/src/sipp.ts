// SPDX-License-Identifier: Apache-2.0
// Phones made of sipp: it signals by a scenario of sip/, its own trace of messages is read as it grows and is the
// phone's clock. A wish (answer, hang up) reaches it as a SIP MESSAGE with the call's Call-ID, on loopback.
import { ChildProcess, spawn } from "node:child_process";
import * as dgram from "node:dgram";
import * as fs from "node:fs";
import { join } from "node:path";
import { pause } from "../../lib/wait";

const SCENARIOS = join(__dirname, "../../../../tests/demo/sip");
const POLL_MS = 30;
export const PHONE_S_MAX = 900; // should the demo itself be killed

/** A message that a phone sent or received; at: Unix time in milliseconds by sipp's clock. */
export interface SipEvent {
  at: number;
  sent: boolean;
  method: string;
  status: number;
  callId: string;
  text: string;
}

export interface SippOptions {
  scenario: string;
  name: string; // of its files
  folder: string;
  localIp: string;
  localPort: number;
  remote: string; // host:port
  args: string[];
}

function parse(head: string, body: string): SipEvent | null {
  const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d+)/.exec(head);
  const start = body.indexOf("\n\n") + 2;
  const text = body.slice(start);
  const first = text.slice(0, text.indexOf("\n")).trim();
  const cseq = /^CSeq:\s*\d+\s+([A-Z]+)/im.exec(text);
  const callId = /^Call-ID:\s*(\S+)/im.exec(text);
  if (!time || !first) return null;
  const status = /^SIP\/2\.0 (\d{3})/.exec(first);
  return {
    at: new Date(`${time[1]}T${time[2]}`).getTime(),
    sent: body.includes("message sent"),
    method: status ? cseq?.[1] ?? "" : first.split(" ")[0] ?? "",
    status: status ? Number(status[1]) : 0,
    callId: callId?.[1] ?? "",
    text,
  };
}

export class Sipp {
  readonly events: SipEvent[] = [];
  exit: number | null = null;
  onEvent: (event: SipEvent) => void = () => undefined;
  private readonly child: ChildProcess;
  private readonly trace: string;
  private fd = -1;
  private rest = "";
  private readonly timer: Timer;
  private complaint = "";

  constructor(private readonly options: SippOptions) {
    fs.mkdirSync(options.folder, { recursive: true });
    this.trace = join(options.folder, `${options.name}.sip`);
    fs.rmSync(this.trace, { force: true });
    const args = [
      "-sf",
      join(SCENARIOS, `${options.scenario}.xml`),
      "-i",
      options.localIp,
      "-p",
      String(options.localPort),
      "-nostdin",
      "-nd",
      "-timeout",
      `${PHONE_S_MAX}s`,
      "-trace_msg",
      "-message_file",
      this.trace,
      "-trace_err",
      "-error_file",
      join(options.folder, `${options.name}.errors`),
      ...options.args,
      options.remote,
    ];
    this.child = spawn("sipp", args, {
      cwd: options.folder,
      env: { ...process.env, TERM: "dumb" },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    }); // a terminal's Ctrl-C is the demo's affair
    this.child.stderr?.on("data", (chunk) => (this.complaint = (this.complaint + chunk.toString()).slice(-2000)));
    this.child.on("error", (error) => {
      this.complaint = error.message;
      this.exit = 127;
    });
    this.child.on("exit", (code) => (this.exit = code ?? 255));
    this.timer = setInterval(() => this.read(), POLL_MS);
  }

  private read(): void {
    if (this.fd < 0) {
      if (!fs.existsSync(this.trace)) return;
      this.fd = fs.openSync(this.trace, "r");
    }
    const buffer = Buffer.alloc(65536);
    for (let n = fs.readSync(this.fd, buffer, 0, 65536, null); n > 0; n = fs.readSync(this.fd, buffer, 0, 65536, null))
      this.rest += buffer.toString("latin1").slice(0, n);
    const blocks = this.rest.split(/^-{47} /m);
    // The last block may still be written to; its Content-Length tells.
    this.rest = blocks.pop() ?? "";
    const open = this.rest;
    for (const block of blocks) this.take(block);
    if (open && this.whole(open)) {
      this.take(open);
      this.rest = "";
    } else if (open) {
      this.rest = "-".repeat(47) + " " + open;
    }
  }

  private whole(block: string): boolean {
    const announced = /message (?:sent \((\d+) bytes\)|received \[(\d+)\] bytes )/.exec(block);
    const start = block.indexOf("\n\n");
    return !!announced && start > 0 && block.length - start - 2 >= Number(announced[1] ?? announced[2]);
  }

  private take(block: string): void {
    const end = block.indexOf("\n");
    const event = end > 0 ? parse(block.slice(0, end), block.slice(end + 1)) : null;
    if (!event) return;
    this.events.push(event);
    this.onEvent(event);
  }

  find(sent: boolean, method: string, status: number, callId?: string): SipEvent | undefined {
    return this.events.find(
      (e) => e.sent === sent && e.method === method && e.status === status && (!callId || e.callId === callId)
    );
  }

  /** The caller's or agent's wish for a call of this phone. */
  wish(callId: string): void {
    const { localIp, localPort } = this.options;
    const text = [
      "MESSAGE sip:demo SIP/2.0",
      `Via: SIP/2.0/UDP ${localIp}:9;branch=z9hG4bK${Math.random().toString(36).slice(2)}`,
      "From: <sip:demo>;tag=1",
      "To: <sip:phone>",
      `Call-ID: ${callId}`,
      "CSeq: 1 MESSAGE",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
    const socket = dgram.createSocket("udp4");
    socket.send(Buffer.from(text), localPort, localIp, () => socket.close());
  }

  get lastWords(): string {
    const file = join(this.options.folder, `${this.options.name}.errors`);
    const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    return (text + this.complaint).trim().split("\n").slice(0, 6).join(" / ");
  }

  async exited(ms: number): Promise<number | null> {
    for (const end = Date.now() + ms; this.exit === null && Date.now() < end; ) await pause(20);
    this.read();
    return this.exit;
  }

  async end(): Promise<void> {
    if (this.exit === null) this.child.kill("SIGTERM");
    if ((await this.exited(2000)) === null) this.child.kill("SIGKILL");
    clearInterval(this.timer);
    if (this.fd >= 0) fs.closeSync(this.fd);
    this.fd = -1;
  }
}

/** The address of the sound in a message's SDP. */
export function soundAddress(text: string): { host: string; port: number } | null {
  const host = /^c=IN IP4 (\S+)/m.exec(text);
  const port = /^m=audio (\d+)/m.exec(text);
  return host && port ? { host: host[1] as string, port: Number(port[1]) } : null;
}

/** A UDP port that is free on an address now. */
export function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket("udp4");
    socket.on("error", reject);
    socket.bind(0, address, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
