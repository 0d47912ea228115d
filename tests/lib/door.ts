// SPDX-License-Identifier: Apache-2.0
// The door of an edge as the gateway uses it (docs/architecture.md, "A browser's phone"): the hello and its proof,
// frames, SIP within them.
import { createHmac, randomBytes } from "node:crypto";
import * as net from "node:net";
import { join } from "node:path";
import { Deployment } from "./deployment";
import { bucketGet, fieldsOf } from "./nats";
import { until, within } from "./wait";

export interface Door { host: string; port: number; secret: Buffer }

/** Where an edge says that its door is. */
export function doorOf(deployment: Deployment, edge: string): Promise<Door> {
  const natsPort = Number(/:(\d+)/.exec(process.env["FARSEAT_NATS"] ?? "")?.[1] ?? deployment.portBase + 1);
  return until(`the door of ${edge}`, 20000, async () => {
    const row = await bucketGet("127.0.0.1", natsPort, join(deployment.varDir, "secrets/nats/gateway.nk"), "gateway", "browser_doors", edge);
    if (!row) return null;
    const fields = fieldsOf(row), [host, port] = (fields.get(4)?.toString("utf8") ?? "").split(":");
    return { host: host ?? "", port: Number(port), secret: fields.get(5) ?? Buffer.alloc(0) };
  }, 200);
}

export interface Hello { phone: string; client: string; at: number; nonce: string }
export const helloOf = (phone: string): Hello => ({ phone, client: "203.0.113.9:50000", at: Math.floor(Date.now() / 1000), nonce: randomBytes(16).toString("hex") });
export function helloLine(hello: Hello, secret: Buffer): string {
  const text = `${hello.phone} ${hello.client} ${hello.at} ${hello.nonce}`;
  return `FARSEAT/1 ${text} ${createHmac("sha256", secret).update(text).digest("hex")}\n`;
}

/** One browser's connection. */
export class DoorLine {
  closed = false;
  answer = ""; // the door's first line
  onMessage: (text: string) => void = () => undefined;
  private input = Buffer.alloc(0);
  private constructor(private readonly socket: net.Socket) {}

  /** Says a line and waits for the door's answer, or for its end. */
  static async say(door: Door, line: string): Promise<DoorLine> {
    const self = new DoorLine(net.connect(door.port, door.host));
    self.socket.on("error", () => undefined);
    self.socket.on("connect", () => self.socket.write(line));
    await within("the door's answer", 5000, new Promise<void>((done) => {
      self.socket.on("data", (chunk) => {
        self.input = Buffer.concat([self.input, chunk]);
        const end = self.input.toString("latin1").indexOf("\n");
        if (self.answer === "" && end >= 0) {
          self.answer = self.input.subarray(0, end).toString("utf8");
          self.input = self.input.subarray(end + 1);
          done();
        }
        if (self.answer === "OK") self.frames();
      });
      self.socket.on("close", () => {
        self.closed = true;
        done();
      });
    }));
    return self;
  }
  /** A phone's browser; must be let in. */
  static async open(door: Door, phone: string): Promise<DoorLine> {
    const line = await DoorLine.say(door, helloLine(helloOf(phone), door.secret));
    if (line.answer !== "OK") throw new Error(`the door says: ${line.answer || "nothing"}`);
    return line;
  }
  private frames(): void {
    while (this.input.length >= 4) {
      const len = this.input.readUInt32BE(0);
      if (this.input.length < 4 + len) return;
      const text = Buffer.from(this.input.subarray(4, 4 + len)).toString("utf8");
      this.input = this.input.subarray(4 + len);
      this.onMessage(text);
    }
  }
  send(text: string): void {
    const body = Buffer.from(text), head = Buffer.alloc(4);
    head.writeUInt32BE(body.length, 0);
    this.socket.write(Buffer.concat([head, body]));
  }
  sendBytes(data: Uint8Array): void {
    this.socket.write(data);
  }
  close(): void {
    this.socket.destroy();
  }
}
