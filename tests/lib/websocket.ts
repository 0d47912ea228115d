// SPDX-License-Identifier: Apache-2.0
// A WebSocket client on a bare socket (RFC 6455), so that tests can also be slow, silent or rude.
import { createHash, randomBytes } from "node:crypto";
import * as net from "node:net";
import { connect, Origin, ready } from "./http";
import { until, within } from "./wait";

export interface Closed { code: number; reason: string }

export class WebSocket {
  readonly messages: any[] = []; // JSON; of the subprotocol sip: texts
  closed: Closed | null = null;
  private constructor(private readonly plain: boolean) {}
  private socket!: net.Socket;
  private input = Buffer.alloc(0);
  private parts: Buffer[] = [];

  /** @return the open socket; an error when the server refuses the upgrade. */
  static async open(origin: Origin, path: string, protocol: string, headers: Record<string, string> = {}): Promise<WebSocket> {
    const self = new WebSocket(protocol === "sip"), key = randomBytes(16).toString("base64");
    self.socket = connect(origin);
    await within("the upgrade to a WebSocket", 5000, new Promise<void>((resolve, reject) => {
      self.socket.on("error", reject);
      self.socket.on(ready(origin), () => self.socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${origin.host}:${origin.port}\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`));
      let head = Buffer.alloc(0), open = false;
      self.socket.on("data", (chunk) => {
        if (open) return self.receive(chunk);
        head = Buffer.concat([head, chunk]);
        const text = head.toString("latin1"), end = text.indexOf("\r\n\r\n");
        if (end < 0) return;
        const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        if (!/^HTTP\/1.1 101/.test(text) || !text.includes(accept) || !new RegExp(`sec-websocket-protocol: ${protocol}\r\n`, "i").test(text))
          return reject(new Error(`no WebSocket: ${text.slice(0, 200)}`));
        open = true;
        resolve();
        self.receive(head.subarray(end + 4));
      });
      self.socket.on("close", () => {
        self.closed ??= { code: 1006, reason: "" };
        reject(new Error("the connection was closed"));
      });
    }));
    return self;
  }

  private receive(chunk: Buffer): void {
    this.input = Buffer.concat([this.input, chunk]);
    while (this.input.length >= 2) {
      const first = this.input[0] as number, short = (this.input[1] as number) & 0x7f;
      const at = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.input.length < at) return;
      const len = short === 126 ? this.input.readUInt16BE(2) : short === 127 ? Number(this.input.readBigUInt64BE(2)) : short;
      if (this.input.length < at + len) return;
      const data = Buffer.from(this.input.subarray(at, at + len));
      this.input = this.input.subarray(at + len);
      this.frame(first & 0x0f, (first & 0x80) !== 0, data);
    }
  }
  private frame(opcode: number, final: boolean, data: Buffer): void {
    if (opcode === 8) {
      this.closed = { code: data.length >= 2 ? data.readUInt16BE(0) : 1005, reason: data.subarray(2).toString("utf8") };
      this.socket.end();
    } else if (opcode === 9) {
      this.send(data, 10);
    } else if (opcode === 0 || opcode === 1) {
      this.parts.push(data);
      if (!final) return;
      const text = Buffer.concat(this.parts).toString("utf8");
      this.messages.push(this.plain ? text : JSON.parse(text));
      this.parts = [];
    }
  }

  /** A masked frame, as clients must send it. */
  send(data: string | Uint8Array, opcode = 1): void {
    const body = Buffer.from(data as string), mask = randomBytes(4);
    const head = body.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | body.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, body.length >> 8, body.length & 0xff]);
    for (let i = 0; i < body.length; i++) body[i] = (body[i] as number) ^ (mask[i % 4] as number);
    if (!this.socket.destroyed) this.socket.write(Buffer.concat([head, mask, body]));
  }
  json(value: unknown): void {
    this.send(JSON.stringify(value));
  }
  raw(data: Uint8Array): void {
    this.socket.write(data);
  }
  /** No more is read until resume: the server's buffers fill. */
  stall(): void {
    this.socket.pause();
  }
  resume(): void {
    this.socket.resume();
  }
  /** The first message from the given place on that fits. */
  message(what: string, ms: number, fits: (message: any) => boolean, from = 0): Promise<any> {
    return until(what, ms, () => this.messages.slice(from).find(fits), 10);
  }
  close(ms: number): Promise<Closed> {
    return until("the WebSocket's end", ms, () => this.closed, 20);
  }
  end(): void {
    this.socket.destroy();
  }
}
