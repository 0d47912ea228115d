// SPDX-License-Identifier: Apache-2.0
// SIP messages as text (RFC 3261) and digest answers (RFC 8760): what a test's phone needs, no more.
import { createHash, randomBytes } from "node:crypto";

export interface SipMessage {
  method: string; // of a request; "" for a response
  uri: string;
  status: number; // of a response; 0 for a request
  reason: string;
  headers: [string, string][];
  body: string;
}

export const token = (): string => randomBytes(6).toString("hex");

export function parse(data: string): SipMessage | null {
  const end = data.indexOf("\r\n\r\n");
  const [start, ...lines] = data.slice(0, end < 0 ? undefined : end).split("\r\n");
  const headers: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
  }
  const body = end < 0 ? "" : data.slice(end + 4);
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(start ?? "");
  if (response) return { method: "", uri: "", status: Number(response[1]), reason: response[2] ?? "", headers, body };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(start ?? "");
  return request ? { method: request[1] as string, uri: request[2] as string, status: 0, reason: "", headers, body } : null;
}

export function header(message: SipMessage, name: string): string {
  return message.headers.find(([key]) => key === name)?.[1] ?? "";
}
export function headers(message: SipMessage, name: string): string[] {
  return message.headers.filter(([key]) => key === name).map(([, value]) => value);
}
export const tagOf = (value: string): string => /;tag=([^;>\s]+)/.exec(value)?.[1] ?? "";
export const uriOf = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value.split(";")[0] ?? "";
export const branchOf = (message: SipMessage): string => /;branch=([^;,\s]+)/.exec(header(message, "via"))?.[1] ?? "";

export function print(start: string, list: [string, string][], body = ""): string {
  return `${start}\r\n${list.map(([name, value]) => `${name}: ${value}\r\n`).join("")}Content-Length: ${Buffer.from(body).length}\r\n\r\n${body}`;
}

/** The Authorization for a challenge (qop=auth; MD5 or SHA-256). */
export function answer(challenge: string, method: string, uri: string, user: string, secret: string): string {
  const get = (name: string): string => new RegExp(`${name}=(?:"([^"]*)"|([^\\s,]+))`, "i").exec(challenge)?.slice(1).find((x) => x !== undefined) ?? "";
  const algorithm = get("algorithm") || "MD5";
  const hash = (text: string): string => createHash(/sha-256/i.test(algorithm) ? "sha256" : "md5").update(text).digest("hex");
  const realm = get("realm"), nonce = get("nonce"), cnonce = token(), nc = "00000001";
  const ha1 = hash(`${user}:${realm}:${secret}`), ha2 = hash(`${method}:${uri}`);
  const response = get("qop") ? hash(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`) : hash(`${ha1}:${nonce}:${ha2}`);
  const opaque = get("opaque");
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=${algorithm}` +
    (get("qop") ? `, qop=auth, nc=${nc}, cnonce="${cnonce}"` : "") + (opaque ? `, opaque="${opaque}"` : "");
}

/** Where an SDP wants its sound, and as what it numbers digits; null: it has no sound. */
export function sdpSound(body: string): { host: string; port: number; events: number; direction: string } | null {
  const port = Number(/^m=audio (\d+) /m.exec(body)?.[1] ?? 0), host = /^c=IN IP4 (\S+)/m.exec(body)?.[1] ?? "";
  const events = Number(/^a=rtpmap:(\d+) telephone-event\/8000/m.exec(body)?.[1] ?? 0);
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(body)?.[1] ?? "sendrecv";
  return port > 0 ? { host, port, events, direction } : null;
}

export function sdp(host: string, port: number, version: number, direction = "sendrecv"): string {
  return ["v=0", `o=- 1 ${version} IN IP4 ${host}`, "s=-", `c=IN IP4 ${host}`, "t=0 0", `m=audio ${port} RTP/AVP 8 101`, "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", `a=${direction}`, ""].join("\r\n");
}
