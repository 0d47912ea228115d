// SPDX-License-Identifier: Apache-2.0
// Mouths and ears of the phones that sipp signals for: RTP with a tone of the phone's own, RFC 4733 digits, and what
// comes back: which tones when, and the longest pause. A thread of its own, so that nothing else delays it.
import * as dgram from "node:dgram";
import { parentPort } from "node:worker_threads";
import { ALAW, FRAME_SAMPLES, power, RATE_HZ, toneSecond, toneShare } from "./tone";
import { Heard, SoundAsk, SoundTell } from "./sound";

const FRAME_MS = 20;
const PT_PCMA = 8;
const PT_EVENT = 101;
const DIGITS = "0123456789*#";
const EVENT_FRAMES = 8; // 160 ms
const WINDOW = 2 * FRAME_SAMPLES;
const TONE_SHARE_MIN = 0.6;
const POWER_MIN = 100 * 100;

interface Mouth {
  host: string;
  port: number;
  tone: Uint8Array;
  sequence: number;
  timestamp: number;
  ssrc: number;
  at: number; // into the tone
  event: { code: number; frame: number; timestamp: number } | null;
  digits: number[];
}
interface Voice {
  socket: dgram.Socket;
  mouth: Mouth | null;
  tones: number[]; // what may be heard
  window: Int16Array;
  filled: number;
  windowAt: number;
  heard: Heard[];
  packets: number;
  lastAt: number;
  gapMsMax: number;
  gapAt: number;
}

const voices = new Map<string, Voice>();
const now = () => performance.timeOrigin + performance.now();
const tell = (message: SoundTell) => parentPort?.postMessage(message);

function label(voice: Voice): number {
  const samples = voice.window;
  if (power(samples) < POWER_MIN) return 0;
  for (const hz of voice.tones) if (toneShare(samples, hz) >= TONE_SHARE_MIN) return hz;
  return -1; // prompts, music
}

function hear(voice: Voice, packet: Buffer): void {
  if (packet.length < 12 + FRAME_SAMPLES || ((packet[1] as number) & 0x7f) !== PT_PCMA) return;
  const at = now();
  if (voice.packets++ > 0 && at - voice.lastAt > voice.gapMsMax) {
    voice.gapMsMax = at - voice.lastAt;
    voice.gapAt = voice.lastAt;
  }
  voice.lastAt = at;
  if (voice.filled === 0) voice.windowAt = at - FRAME_MS;
  for (let i = 0; i < FRAME_SAMPLES; i++) voice.window[voice.filled + i] = ALAW[packet[12 + i] as number] as number;
  voice.filled += FRAME_SAMPLES;
  if (voice.filled < WINDOW) return;
  voice.filled = 0;
  const hz = label(voice);
  const last = voice.heard[voice.heard.length - 1];
  if (last && last.hz === hz && voice.windowAt - last.to < 200) last.to = at;
  else if (voice.heard.length < 5000) voice.heard.push({ hz, from: voice.windowAt, to: at });
}

function frame(mouth: Mouth, marker: boolean, type: number, timestamp: number, payload: Uint8Array): Buffer {
  const packet = Buffer.alloc(12 + payload.length);
  packet[0] = 0x80;
  packet[1] = type | (marker ? 0x80 : 0);
  packet.writeUInt16BE(mouth.sequence++ & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(mouth.ssrc, 8);
  packet.set(payload, 12);
  return packet;
}

// An event goes on for EVENT_FRAMES frames; its end is sent three times (RFC 4733 2.5.1.4).
function eventFrames(mouth: Mouth, event: NonNullable<Mouth["event"]>): Buffer[] {
  event.frame++;
  const end = event.frame >= EVENT_FRAMES;
  const duration = event.frame * FRAME_SAMPLES;
  const payload = Uint8Array.from([event.code, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff]);
  const packets = Array.from({ length: end ? 3 : 1 }, () => frame(mouth, event.frame === 1, PT_EVENT, event.timestamp, payload));
  if (end) mouth.event = null;
  return packets;
}

function speak(id: string, voice: Voice, mouth: Mouth): void {
  let packets: Buffer[];
  const digit = mouth.event ? undefined : mouth.digits.shift();
  if (digit !== undefined) {
    mouth.event = { code: digit, frame: 0, timestamp: mouth.timestamp };
    tell({ tell: "digit", id, digit: DIGITS[digit] as string, at: now() });
  }
  if (mouth.event) {
    packets = eventFrames(mouth, mouth.event);
  } else {
    packets = [frame(mouth, false, PT_PCMA, mouth.timestamp, mouth.tone.subarray(mouth.at, mouth.at + FRAME_SAMPLES))];
    mouth.at = (mouth.at + FRAME_SAMPLES) % RATE_HZ;
  }
  mouth.timestamp += FRAME_SAMPLES;
  for (const packet of packets) voice.socket.send(packet, mouth.port, mouth.host, () => undefined);
}

function open(id: string, address: string): void {
  const socket = dgram.createSocket("udp4");
  const voice: Voice = {
    socket, mouth: null, tones: [], window: new Int16Array(WINDOW), filled: 0, windowAt: 0, heard: [], packets: 0, lastAt: 0, gapMsMax: 0, gapAt: 0,
  };
  socket.on("message", (packet) => hear(voice, packet));
  socket.on("error", (error) => tell({ tell: "failed", id, text: error.message }));
  socket.bind(0, address, () => {
    voices.set(id, voice);
    tell({ tell: "opened", id, port: socket.address().port });
  });
}

function start(voice: Voice, ask: Extract<SoundAsk, { ask: "start" }>): void {
  Object.assign(voice, { tones: ask.tones, filled: 0, heard: [], packets: 0, lastAt: 0, gapMsMax: 0, gapAt: 0 });
  voice.mouth = {
    host: ask.host, port: ask.port, tone: toneSecond(ask.hz, ask.hz > 0 ? 8000 : 0), sequence: (Math.random() * 0x8000) | 0, timestamp: (Math.random() * 0x7fffffff) | 0,
    ssrc: (Math.random() * 0x7fffffff) | 0, at: 0, event: null, digits: [],
  };
}

// A call that has ended hears nothing any more; whoever asks gets an answer all the same.
function gone(ask: SoundAsk): void {
  if (ask.ask === "report") tell({ tell: "report", id: ask.id, heard: [], packets: 0, gapMsMax: 0, gapAt: 0, sinceMs: 0 });
  else if (ask.ask === "mark") tell({ tell: "marked", id: ask.id });
  else if (ask.ask === "press") tell({ tell: "digit", id: ask.id, digit: ask.digit, at: now() });
}

parentPort?.on("message", (ask: SoundAsk) => {
  const voice = voices.get(ask.id);
  if (ask.ask === "open") open(ask.id, ask.address);
  else if (!voice) gone(ask);
  else if (ask.ask === "start") start(voice, ask);
  else if (ask.ask === "press") voice.mouth?.digits.push(DIGITS.indexOf(ask.digit));
  else if (ask.ask === "report") {
    const sinceMs = voice.packets > 0 ? now() - voice.lastAt : Infinity;
    tell({ tell: "report", id: ask.id, heard: voice.heard, packets: voice.packets, gapMsMax: voice.gapMsMax, gapAt: voice.gapAt, sinceMs });
    if (ask.stop) voice.mouth = null;
  } else if (ask.ask === "mark") {
    // The pause since the last packet counts on: packets and lastAt are those of one that has just been.
    Object.assign(voice, { heard: [], packets: voice.packets > 0 ? 1 : 0, gapMsMax: 0, gapAt: 0 });
    tell({ tell: "marked", id: ask.id });
  } else {
    voices.delete(ask.id);
    voice.socket.close();
  }
});

// Frames are due by the clock; who was late sends what is missing, at most half a second of it.
let due = now();
setInterval(() => {
  const at = now();
  if (at - due > 500) due = at - FRAME_MS;
  for (; due <= at; due += FRAME_MS) for (const [id, voice] of voices) if (voice.mouth) speak(id, voice, voice.mouth);
}, 10);
