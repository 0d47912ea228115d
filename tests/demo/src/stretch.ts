// SPDX-License-Identifier: Apache-2.0
// Which tones are in a recording, and when; and the file that a softphone speaks.
import * as fs from "node:fs";
import { power, RATE_HZ, toneSecond, toneShare, ALAW } from "../../lib/tone";
import { Wav } from "../../lib/wav";

const WINDOW_MS = 40;
const POWER_MIN = 100 * 100;
const TONE_SHARE_MIN = 0.6;

/** A stretch of one kind of sound, in milliseconds from the beginning; hz 0: silence, -1: other sound than the tones. */
export interface Stretch {
  hz: number;
  from: number;
  to: number;
}

export function stretchesOf(samples: Int16Array, tones: number[]): Stretch[] {
  const size = (RATE_HZ * WINDOW_MS) / 1000;
  const found: Stretch[] = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    const window = samples.subarray(at, at + size);
    const hz = power(window) < POWER_MIN ? 0 : tones.find((tone) => toneShare(window, tone) >= TONE_SHARE_MIN) ?? -1;
    const last = found[found.length - 1],
      from = (at * 1000) / RATE_HZ;
    if (last && last.hz === hz) last.to = from + WINDOW_MS;
    else found.push({ hz, from, to: from + WINDOW_MS });
  }
  return found;
}
export const stretchesOfFile = (path: string, tones: number[]): Stretch[] =>
  stretchesOf(new Wav(fs.readFileSync(path)).samples(0), tones);

/** How long a tone was there. */
export const toneMs = (found: Stretch[], hz: number): number =>
  found.filter((stretch) => stretch.hz === hz).reduce((sum, stretch) => sum + stretch.to - stretch.from, 0);

/** A WAV of 8 kHz, mono, 16 bits, that holds a tone. */
export function toneFile(path: string, hz: number, seconds: number): void {
  const second = Int16Array.from(toneSecond(hz), (code) => ALAW[code] as number);
  const size = second.byteLength * seconds,
    head = Buffer.alloc(44);
  const put = (at: number, value: string | number, bytes = 4): void => {
    if (typeof value === "string") head.set(Buffer.from(value), at);
    else for (let i = 0; i < bytes; i++) head[at + i] = (value >> (8 * i)) & 0xff;
  };
  const fields: [number, string | number, number?][] = [
    [0, "RIFF"],
    [4, 36 + size],
    [8, "WAVE"],
    [12, "fmt "],
    [16, 16],
    [20, 1, 2],
    [22, 1, 2],
    [24, RATE_HZ],
    [28, RATE_HZ * 2],
    [32, 2, 2],
    [34, 16, 2],
    [36, "data"],
    [40, size],
  ];
  for (const [at, value, bytes] of fields) put(at, value, bytes);
  const once = new Uint8Array(second.buffer);
  fs.writeFileSync(path, Buffer.concat([head, ...Array.from({ length: seconds }, () => once)]));
}
