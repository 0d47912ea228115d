// SPDX-License-Identifier: Apache-2.0
// HTTP as a program would speak it: JSON in and out, and the bytes as they came.
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as tls from "node:tls";

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  cookies: string[]; // set-cookie
  body: Buffer;
  text: string;
  json: any; // of whatever shape: what it must be is what the tests say
}
export interface Ask { token?: string; body?: unknown; raw?: string | Uint8Array; headers?: Record<string, string | number>; timeoutMs?: number; from?: string }

/** Where a server is; ca: the authority that its certificate must be of, "": plain HTTP. */
export interface Origin { host: string; port: number; ca: string | Buffer }
/** Of FARSEAT_API and FARSEAT_CA, as `farseat env` sets them. */
export function originOf(url: string, caFile: string): Origin {
  const [, scheme, host, port] = /^(https?):\/\/([^:/]+):(\d+)/.exec(url) ?? [];
  return { host: host ?? "", port: Number(port), ca: scheme === "https" ? readFileSync(caFile) : "" };
}
/** A bare connection, over TLS where the server has it. */
export function connect(origin: Origin): net.Socket {
  return origin.ca ? tls.connect({ host: origin.host, port: origin.port, ca: origin.ca, ALPNProtocols: ["http/1.1"] }) : net.connect(origin.port, origin.host);
}
/** The event of a connection that can be written to. */
export const ready = (origin: Origin): "secureConnect" | "connect" => (origin.ca ? "secureConnect" : "connect");

export class Http implements Origin {
  private readonly agent: http.Agent;
  constructor(readonly host: string, readonly port: number, readonly ca: string | Buffer = "") {
    this.agent = ca ? new https.Agent({ keepAlive: true, maxSockets: 64, ca }) : new http.Agent({ keepAlive: true, maxSockets: 64 });
  }

  ask(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const headers: Record<string, string | number> = { ...ask.headers };
    let data: string | Uint8Array | undefined = ask.raw;
    if (ask.token) headers["authorization"] = `Bearer ${ask.token}`;
    if (ask.body !== undefined) data = JSON.stringify(ask.body);
    if (data !== undefined) headers["content-length"] = typeof data === "string" ? Buffer.from(data).length : data.length;
    if (data !== undefined && !headers["content-type"]) headers["content-type"] = "application/json";
    return new Promise((resolve, reject) => {
      const request = (this.ca ? https : http).request({ host: this.host, port: this.port, method, path, headers, agent: ask.from ? false : this.agent,
        ...(this.ca && ask.from ? { ca: this.ca } : {}), ...(ask.from ? { localAddress: ask.from } : {}) });
      const ms = ask.timeoutMs ?? 12000;
      request.setTimeout(ms, () => request.destroy(new Error(`${method} ${path}: no answer within ${ms} ms`)));
      request.on("error", reject);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const body = Buffer.concat(chunks), text = body.toString("utf8");
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, cookies: [response.headers["set-cookie"] ?? []].flat(), body, text, json });
        });
      });
      request.end(data);
    });
  }
  end(): void {
    this.agent.destroy();
  }
}

export interface Login { accessToken: string; refreshToken: string; expiresInS: number; person: any; permissions: string[] }

/** The gateway's API. */
export class Api extends Http {
  async login(login: string, password: string): Promise<Login> {
    const answer = await this.ask("POST", "/api/v1/login", { body: { login, password } });
    if (answer.status !== 200) throw new Error(`login of ${login}: ${answer.status} ${answer.text}`);
    return answer.json as Login;
  }
  /** A question that must succeed. */
  async good(method: string, path: string, ask: Ask = {}): Promise<any> {
    const answer = await this.ask(method, `/api/v1${path}`, ask);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 400)}`);
    return answer.json;
  }
}
