// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "garbage, floods, scanners": bounded memory, no crash; established calls keep their sound.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as dgram from "node:dgram";
import * as net from "node:net";
import { token } from "../lib/sip";
import { nowMs, pause, until } from "../lib/wait";
import { say, Scene, TALK_GAP_MS, Talk } from "./scene";

const scene = new Scene(), { deployment } = scene;
const GROWN_KB = 160 * 1024, // SIP's transactions linger for 32 s (RFC 3261 17): what a flood of that length may hold
  FLOOD_MS = 5000, A_BATCH = 60; // about 3000 datagrams a second
let talk: Talk;
const sockets: net.Socket[] = [];

before(async () => {
  await scene.begin();
  talk = await scene.talk(await scene.sit("ann"));
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  await scene.end();
});

const lines = (start: string, more: string[] = []): string => [start, `Via: SIP/2.0/UDP 127.0.8.1:5999;branch=z9hG4bK${token()}`, "Max-Forwards: 70",
  `From: <sip:scanner@127.0.8.1>;tag=${token()}`, "To: <sip:100@127.0.0.1>", `Call-ID: ${token()}`, "CSeq: 1 INVITE", ...more, "Content-Length: 0", "", ""].join("\r\n");
/** What scanners and fools send. */
function junk(i: number): Uint8Array | string {
  switch (i % 12) {
    case 0: return randomBytes(1 + (i % 1200));
    case 1: return lines("INVITE sip:100@127.0.0.1 SIP/2.0");
    case 2: return lines("REGISTER sip:127.0.0.1 SIP/2.0").replace("1 INVITE", "1 REGISTER");
    case 3: return lines("OPTIONS sip:100@127.0.0.1 SIP/2.0").replace("1 INVITE", "1 OPTIONS");
    case 4: return `INVITE sip:${"a".repeat(1000)}@x SIP/2.0\r\n\r\n`;
    case 5: return lines("INVITE sip:100@127.0.0.1 SIP/2.0", [`Contact: <sip:${"%00".repeat(100)}@x>`, "Content-Length: -1"]);
    case 6: return "\r\n\r\n";
    case 7: return lines("BYE sip:100@127.0.0.1 SIP/2.0").replace("1 INVITE", "4294967296 BYE");
    case 8: return lines("SIP/2.0 200 OK");
    case 9: return lines("REGISTER sip:127.0.0.1 SIP/2.0", [`Authorization: Digest username="2001", realm="farseat", nonce="${token()}", uri="sip:x", response="${token()}"`]).replace("1 INVITE", "2 REGISTER");
    case 10: return Buffer.alloc(1400, 0x41);
    default: return lines("INVITE sip:95501@127.0.0.1 SIP/2.0", ["Content-Type: application/sdp"]).replace("Content-Length: 0", "Content-Length: 900");
  }
}
/** Sends batches for FLOOD_MS; @return how many. */
async function flood(host: string, ports: number[], data: (i: number) => Uint8Array | string): Promise<number> {
  const socket = dgram.createSocket("udp4"), began = nowMs();
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  let sent = 0;
  while (nowMs() - began < FLOOD_MS) {
    for (let i = 0; i < A_BATCH; i++, sent++) socket.send(data(sent), ports[sent % ports.length] as number, "127.0.0.1", () => undefined);
    await pause(20); // the rate of the flood
  }
  socket.close();
  return sent;
}
/** While it runs the call keeps its sound, and afterwards the edge is the same process, not much larger. */
async function survive(what: string, run: () => Promise<number>): Promise<void> {
  const pid = deployment.pid("edge-hq"), before_ = deployment.rssKb("edge-hq"), gaps = await scene.listen([talk.call, talk.agentCall]);
  const count = await run();
  const longest = Math.max(...(await gaps())), grown = deployment.rssKb("edge-hq") - before_;
  say(`${what}: ${count} sent; longest gap in the talk ${longest.toFixed(0)} ms; the edge grew by ${grown} kB`);
  assert.equal(deployment.pid("edge-hq"), pid, "the edge is the same process");
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  assert.ok(grown < GROWN_KB, `it grew by ${grown} kB`);
  assert.deepEqual([talk.call.state, talk.agentCall.state], ["up", "up"]);
  assert.equal((await deployment.look("edge-hq", "/readyz")).status, 200);
}

test("a stranger floods the SIP port", async () => {
  await survive("junk as SIP over UDP", () => flood("127.0.8.1", [deployment.edge("hq").port], junk));
});

test("a stranger floods the RTP ports", async () => {
  const first = deployment.port("edge-hq", "RTP_PORT_FIRST"), ports = Array.from({ length: 64 }, (_, i) => first + i);
  const rtp = (i: number): Uint8Array => {
    const packet = Buffer.alloc(i % 5 === 0 ? 4 + (i % 40) : 172, i & 0xff);
    if (i % 5 !== 1) packet[0] = 0x80; // some with other versions, padding, extensions
    packet[1] = i % 3 === 0 ? 101 : 8;
    return packet;
  };
  await survive("junk as RTP", () => flood("127.0.8.2", ports, rtp));
  await talk.call.mark();
  await talk.call.hears(500, 3000);
  const heard = (await talk.call.report()).heard;
  assert.ok(heard.every((stretch) => stretch.hz === 500), "the caller hears his agent only");
});

test("connections over TCP that say nothing, nonsense, or never end a message", async () => {
  await survive("200 rude connections", async () => {
    const { host, port } = deployment.edge("hq");
    for (let i = 0; i < 200; i++) {
      const socket = net.connect(port, host);
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", () => undefined);
      socket.on("connect", () => {
        if (i % 4 === 1) socket.write(randomBytes(2000));
        if (i % 4 === 2) socket.write("INVITE sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP x");
        if (i % 4 === 3) socket.write(lines("INVITE sip:100@127.0.0.1 SIP/2.0").replace("Content-Length: 0", "Content-Length: 999999999"));
      });
    }
    const began = nowMs();
    await until("three seconds beside them", 5000, () => nowMs() - began > 3000);
    return sockets.length;
  });
});

test("the recorder's ports are flooded", async () => {
  const pid = deployment.pid("recording-1"), before_ = deployment.rssKb("recording-1");
  const first = deployment.port("recording-1", "RTP_PORT_FIRST"), ports = [deployment.port("recording-1", "SIP_PORT"), ...Array.from({ length: 16 }, (_, i) => first + i)];
  const count = await flood("127.0.8.3", ports, junk), grown = deployment.rssKb("recording-1") - before_;
  say(`junk at the recorder: ${count} sent; it grew by ${grown} kB`);
  assert.equal(deployment.pid("recording-1"), pid);
  assert.ok(grown < GROWN_KB, `it grew by ${grown} kB`);
});

test("afterwards new calls are taken, and the flooded call is whole", async () => {
  const [, call] = await scene.dial();
  await call.isUp(3000);
  await call.bye();
  await talk.call.bye();
  const record = await scene.record(talk.caller);
  assert.deepEqual([record.result, record.endedBy], ["RESULT_ANSWERED", "ENDED_BY_CALLER"]);
  const part = await until("its recording", 10000, async () => (await deployment.asAdmin("GET", `/recordings?contactId=${talk.contact.contactId}`)).parts.find((one: any) => one.state === "complete"), 200);
  say(`talked ${record.talkMs} ms, recorded ${part.recordedMs} ms, of which ${part.gapMs} ms are missing`);
  assert.ok(Number(part.recordedMs) > Number(record.talkMs) - 1000);
});
