// SPDX-License-Identifier: Apache-2.0
// JsSIP in a real Chromium, with a tone for a microphone and an ear that says which tone it hears. Its SIP goes straight to
// an edge's door, so that what fails is the edge's, or through the gateway as the console's own phone does it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, Server } from "node:http";
import { join } from "node:path";
import { Page } from "playwright-core";
import { Deployment } from "../../lib/deployment";
import { DoorLine, doorOf } from "../../lib/door";
import { until } from "../../lib/wait";
import { Desks } from "./browser";

/** JsSIP as one script, out of the packages that the console was built with. */
function jssip(deployment: Deployment): string {
  const modules = ["build/console/work/console/node_modules", "console/node_modules"].map((path) => join(deployment.tree, path)).find((path) => existsSync(join(path, "jssip")));
  if (!modules) throw new Error("JsSIP is not there: build the console (./farseat up, or npm ci in console/)");
  const folder = join(deployment.tree, "build/e2e"), entry = join(folder, "softphone-entry.js"), out = join(folder, "softphone.js");
  mkdirSync(folder, { recursive: true });
  writeFileSync(entry, `import JsSIP from ${JSON.stringify(join(modules, "jssip/lib/JsSIP.js"))};\nwindow.JsSIP = JsSIP;\n`);
  const ran = spawnSync(join(modules, ".bin/esbuild"), [entry, "--bundle", "--format=iife", "--define:global=window", `--outfile=${out}`]);
  if (ran.status !== 0) throw new Error(`esbuild: ${String(ran.stderr)}`);
  return readFileSync(out, "utf8");
}

/** A page's WebSocket at /<phone>, carried to a door. */
export class Bridge {
  private server!: Server;
  port = 0;
  private constructor(private readonly deployment: Deployment, private readonly edge: string) {}

  static async open(deployment: Deployment, edge: string): Promise<Bridge> {
    const self = new Bridge(deployment, edge), script = jssip(deployment);
    self.server = createServer((request, response) => {
      response.setHeader("Content-Type", request.url === "/jssip.js" ? "text/javascript" : "text/html");
      response.end(request.url === "/jssip.js" ? script : "<!doctype html><title>softphone</title><script src=/jssip.js></script>");
    });
    self.server.on("upgrade", (request, socket) => void self.upgrade(request, socket).catch(() => socket.destroy()));
    await new Promise<void>((listening) => self.server.listen(0, "127.0.0.1", listening));
    self.port = self.server.address().port;
    return self;
  }
  close(): void {
    this.server.close();
  }
  private async upgrade(request: { url?: string; headers: Record<string, string | undefined> }, socket: import("node:net").Socket): Promise<void> {
    const line = await DoorLine.open(await doorOf(this.deployment, this.edge), (request.url ?? "").slice(1));
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: sip\r\n\r\n`);
    line.onMessage = (text) => {
      const body = Buffer.from(text);
      socket.write(Buffer.concat([Buffer.from(body.length < 126 ? [0x81, body.length] : [0x81, 126, body.length >> 8, body.length & 255]), body]));
    };
    let input = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      input = Buffer.concat([input, chunk]);
      while (input.length >= 6) {
        const short = (input[1] as number) & 127, at = short === 126 ? 4 : 2, len = short === 126 ? input.readUInt16BE(2) : short;
        if (input.length < at + 4 + len) return;
        const body = Buffer.from(input.subarray(at + 4, at + 4 + len));
        for (let i = 0; i < len; i++) body[i] = (body[i] as number) ^ (input[at + (i & 3)] as number);
        if (((input[0] as number) & 15) === 1) line.send(body.toString("utf8"));
        if (((input[0] as number) & 15) === 8) socket.destroy();
        input = input.subarray(at + 4 + len);
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => line.close());
  }
}

// In the page. `far` is what the tests ask.
const PAGE = `
  window.far = { calls: [], registered: false };
  far.start = (url, phone, hz) => {
    far.sound = new AudioContext();
    const tone = far.sound.createOscillator(), out = far.sound.createMediaStreamDestination(), quiet = far.sound.createGain();
    tone.frequency.value = hz; quiet.gain.value = 0.4; tone.connect(quiet).connect(out); tone.start();
    far.microphone = out.stream;
    far.ua = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(url)], uri: "sip:" + phone + "@farseat", register: true, register_expires: 300, session_timers: false });
    far.ua.on("registered", () => { far.registered = true; });
    far.ua.on("newRTCSession", ({ session, originator }) => { if (originator === "remote") far.take(session); });
    far.ua.start();
  };
  far.options = () => ({ mediaStream: far.microphone, mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } });
  far.take = (session) => {
    const call = { session, state: "ringing", cause: "" };
    far.calls.push(call);
    session.on("confirmed", () => { call.state = "up"; far.listen(call); });
    for (const end of ["ended", "failed"]) session.on(end, (event) => { call.state = "ended"; call.cause = event.cause; });
    session.on("icecandidate", (event) => { if (event.candidate.type === "host") event.ready(); });
  };
  far.listen = (call) => {
    const stream = new MediaStream(call.session.connection.getReceivers().map((one) => one.track));
    call.audio = new Audio(); call.audio.srcObject = stream; call.audio.muted = true; call.audio.play();
    call.ear = far.sound.createAnalyser(); call.ear.fftSize = 4096; far.sound.createMediaStreamSource(stream).connect(call.ear);
  };
  far.dial = (number) => { far.take(far.ua.call("sip:" + number + "@farseat", far.options())); };
  far.last = () => far.calls[far.calls.length - 1];
  far.answer = () => far.last().session.answer(far.options());
  // The loudest tone now [Hz]; 0: silence
  far.hears = () => {
    const ear = far.last().ear, rows = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(rows);
    let best = 0;
    rows.forEach((level, at) => { if (level > rows[best]) best = at; });
    return rows[best] < -60 ? 0 : Math.round(best * far.sound.sampleRate / ear.fftSize);
  };
`;

export class Softphone {
  private constructor(readonly page: Page, readonly phone: string) {}

  static async open(desks: Desks, bridge: Bridge, phone: string, hz: number): Promise<Softphone> {
    const page = await desks.page();
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    return new Softphone(page, phone).start(`ws://127.0.0.1:${bridge.port}/${phone}`, hz);
  }
  /** With a ticket of GET /me/phone, in a page of the gateway's own. */
  static async through(desks: Desks, phone: string, ticket: string, hz: number): Promise<Softphone> {
    const page = await desks.page();
    await page.goto("/");
    await page.evaluate(jssip(desks.deployment));
    return new Softphone(page, phone).start(`${desks.origin.replace(/^http/, "ws")}/sip?ticket=${ticket}`, hz);
  }
  private async start(url: string, hz: number): Promise<this> {
    await this.page.evaluate(PAGE);
    await this.page.evaluate(`far.start(${JSON.stringify(url)}, "${this.phone}", ${hz})`);
    await until(`${this.phone} registered in the browser`, 8000, () => this.page.evaluate("far.registered"));
    return this;
  }
  async dial(number: string): Promise<void> {
    await this.page.evaluate(`far.dial("${number}")`);
  }
  async answer(): Promise<void> {
    await this.page.evaluate("far.answer()");
  }
  is(state: "ringing" | "up" | "ended", ms = 8000): Promise<unknown> {
    return until(`the browser's call being ${state}`, ms, () => this.page.evaluate(`far.calls.length > 0 && far.last().state === "${state}"`));
  }
  /** Within two per cent, as a Fourier transform's rows are. */
  hears(hz: number, ms = 8000): Promise<unknown> {
    return until(`${this.phone} hearing ${hz} Hz in the browser`, ms, async () => {
      const heard = await this.page.evaluate("far.hears()") as number;
      if (Math.abs(heard - hz) > 20) throw new Error(`hears ${heard}`);
      return true;
    });
  }
  do(what: string): Promise<unknown> {
    return this.page.evaluate(`far.last().session.${what}`).then(() => undefined);
  }
}
