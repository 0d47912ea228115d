// SPDX-License-Identifier: Apache-2.0
// WAV files: reading the channels of 16-bit PCM and G.711, and which tones are in them.
import * as fs from "node:fs";
import { ALAW, power, RATE_HZ, toneShare } from "./tone";

export interface Wav { rate: number; channels: Int16Array[]; seconds: number }

function ulaw(code: number): number {
  const bits = ~code & 0xff;
  const value = (((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7);
  return bits & 0x80 ? 0x84 - value : value - 0x84;
}

/** @throws what is wrong with the bytes. */
export function wavRead(bytes: Buffer): Wav {
  const text = (at: number) => bytes.subarray(at, at + 4).toString("latin1");
  if (text(0) !== "RIFF" || text(8) !== "WAVE") throw new Error("no WAV file");
  let format = 0, channels = 0, rate = 0, bits = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = text(at), announced = bytes.readUInt32LE(at + 4), begin = at + 8;
    if (id === "fmt ") {
      format = bytes.readUInt16LE(begin);
      channels = bytes.readUInt16LE(begin + 2);
      rate = bytes.readUInt32LE(begin + 4);
      bits = bytes.readUInt16LE(begin + 14);
    } else if (id === "data") {
      if (!channels || !rate || ![1, 6, 7].includes(format)) throw new Error(`a WAV of format ${format} with ${channels} channels`);
      const size = Math.min(announced, bytes.length - begin), step = (bits / 8) * channels, frames = Math.floor(size / step);
      const sample = (offset: number) => (format === 1 ? bytes.readInt16LE(offset) : format === 6 ? (ALAW[bytes[offset] as number] as number) : ulaw(bytes[offset] as number));
      const sound = Array.from({ length: channels }, (_, c) => Int16Array.from({ length: frames }, (_unused, i) => sample(begin + i * step + (c * bits) / 8)));
      return { rate, channels: sound, seconds: frames / rate };
    }
    at = begin + announced + (announced & 1);
  }
  throw new Error("a WAV file without sound");
}

/** A mono file of 8 kHz in which the samples are repeated. */
export function wavWrite(path: string, samples: Int16Array, times: number): void {
  const size = samples.length * 2 * times;
  const head = Buffer.alloc(44);
  const put = (at: number, value: string | number, bytes = 4) =>
    typeof value === "string" ? head.set(Buffer.from(value), at) : Array.from({ length: bytes }, (_, i) => (head[at + i] = (value >> (8 * i)) & 0xff));
  put(0, "RIFF"), put(4, 36 + size), put(8, "WAVE"), put(12, "fmt "), put(16, 16), put(20, 1, 2), put(22, 1, 2), put(24, RATE_HZ), put(28, RATE_HZ * 2), put(32, 2, 2), put(34, 16, 2);
  put(36, "data"), put(40, size);
  const once = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  fs.writeFileSync(path, Buffer.concat([head, ...Array.from({ length: times }, () => once)]));
}

const WINDOW_MS = 40;
const POWER_MIN = 100 * 100;

/** Stretches of the given tones in a channel, in milliseconds from its beginning; hz 0: silence, -1: other sound. */
export function tonesOf(samples: Int16Array, tones: number[]): { hz: number; from: number; to: number }[] {
  const size = (RATE_HZ * WINDOW_MS) / 1000;
  const found: { hz: number; from: number; to: number }[] = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    const window = samples.subarray(at, at + size);
    const hz = power(window) < POWER_MIN ? 0 : tones.find((tone) => toneShare(window, tone) >= 0.6) ?? -1;
    const last = found[found.length - 1], from = (at * 1000) / RATE_HZ;
    if (last && last.hz === hz) last.to = from + WINDOW_MS;
    else found.push({ hz, from, to: from + WINDOW_MS });
  }
  return found;
}

export const tonesOfWav = (path: string, tones: number[]): { hz: number; from: number; to: number }[] => {
  const sound = wavRead(fs.readFileSync(path)).channels[0];
  return sound ? tonesOf(sound, tones) : [];
};

/** How long a tone was there. */
export const toneMs = (found: { hz: number; from: number; to: number }[], hz: number): number =>
  found.filter((stretch) => stretch.hz === hz).reduce((sum, stretch) => sum + stretch.to - stretch.from, 0);
