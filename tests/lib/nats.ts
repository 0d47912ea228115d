// SPDX-License-Identifier: Apache-2.0
// One question to the bus, by a service's own key: what lies in a bucket.
import { createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import * as net from "node:net";
import { within } from "./wait";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(bytes: Uint8Array): string {
  let bits = 0, value = 0, text = "";
  for (const byte of bytes) {
    value = (value << 8 | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[value >> (bits - 5) & 31];
  }
  return bits > 0 ? text + ALPHABET[value << (5 - bits) & 31] : text;
}
function unbase32(text: string): Buffer {
  const out: number[] = [];
  let bits = 0, value = 0;
  for (const letter of text.trim()) {
    value = (value << 5 | ALPHABET.indexOf(letter)) & 0xffff;
    bits += 5;
    if (bits >= 8) out.push(value >> (bits -= 8) & 255);
  }
  return Buffer.from(out);
}
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

/** A seed's (SU...) public key as the server knows it, and what signs with it. */
function identity(seed: string): { key: string; sign: (nonce: string) => string } {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), unbase32(seed).subarray(2, 34)]);
  const secret = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  const raw = Buffer.concat([Buffer.from([20 << 3]), spki.subarray(spki.length - 32)]), crc = crc16(raw);
  const url = (data: Buffer): string => data.toString("base64").replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return { key: base32(Buffer.concat([raw, Buffer.from([crc & 255, crc >> 8])])), sign: (nonce) => url(sign(null, Buffer.from(nonce), secret)) };
}

/** The newest value of a key; null: there is none. */
export function bucketGet(host: string, port: number, seedFile: string, user: string, bucket: string, key: string): Promise<Buffer | null> {
  const { key: nkey, sign: signed } = identity(readFileSync(seedFile, "utf8"));
  const socket = net.connect(port, host), inbox = `_INBOX.${user}.${randomBytes(8).toString("hex")}.1`;
  const ask = JSON.stringify({ last_by_subj: `$KV.${bucket}.${key}` });
  let input = Buffer.alloc(0), asked = false;
  const answer = new Promise<Buffer | null>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the bus closed the connection")));
    socket.on("data", (chunk) => {
      input = Buffer.concat([input, chunk]);
      const text = input.toString("latin1"), info = /INFO (\{.*?\}) *\r\n/.exec(text);
      if (/-ERR/.test(text)) reject(new Error(text.slice(text.indexOf("-ERR"))));
      if (info && !asked) {
        asked = true;
        const hello = { verbose: false, pedantic: false, headers: true, no_responders: true, protocol: 1, name: "test", lang: "ts", version: "1", nkey, sig: signed(JSON.parse(info[1] as string).nonce) };
        socket.write(`CONNECT ${JSON.stringify(hello)}\r\nSUB ${inbox} 1\r\nPUB $JS.API.DIRECT.GET.KV_${bucket} ${inbox} ${ask.length}\r\n${ask}\r\n`);
      }
      const message = /HMSG \S+ 1 .*?(\d+) (\d+)\r\n/.exec(text);
      if (!message) return;
      const at = message.index + (message[0] as string).length, head = Number(message[1]), total = Number(message[2]);
      if (input.length < at + total) return;
      const headers = text.slice(at, at + head);
      resolve(/^NATS\/1\.0 404/.test(headers) || /KV-Operation: (DEL|PURGE)/.test(headers) ? null : Buffer.from(input.subarray(at + head, at + total)));
    });
  });
  return within(`${bucket}/${key}`, 5000, answer).finally(() => socket.destroy());
}

/** The length-delimited fields of a protobuf message by number (all that the buckets' rows need). */
export function fieldsOf(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0, shift = 0;
    for (;;) {
      const byte = message[at++] as number;
      value += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint(), len = varint();
    if ((tag & 7) === 0) continue; // a number, which was read as len
    fields.set(tag >> 3, Buffer.from(message.subarray(at, at + len)));
    at += len;
  }
  return fields;
}
