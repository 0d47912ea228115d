// SPDX-License-Identifier: Apache-2.0
// A WAV of 16-bit samples, and where in it a tone sounds.
import { power, toneShare } from "./tone";

const WINDOW_MS = 100;

export class Wav {
  readonly channels: number;
  readonly rateHz: number;
  readonly ms: number;
  private readonly data: Buffer;

  constructor(file: Buffer) {
    const word = (at: number): string => file.subarray(at, at + 4).toString("latin1");
    if (word(0) !== "RIFF" || word(8) !== "WAVE" || word(36) !== "data") throw new Error("no plain WAV");
    if (file.readUInt16LE(20) !== 1 || file.readUInt16LE(34) !== 16) throw new Error("no 16-bit PCM");
    this.channels = file.readUInt16LE(22);
    this.rateHz = file.readUInt32LE(24);
    const len = file.readUInt32LE(40);
    if (len !== file.length - 44) throw new Error(`the header says ${len} bytes of sound, there are ${file.length - 44}`);
    this.data = file.subarray(44);
    this.ms = Math.round((len / (2 * this.channels) / this.rateHz) * 1000);
  }
  samples(channel: number, fromMs = 0, toMs = this.ms): Int16Array {
    const from = Math.floor((fromMs * this.rateHz) / 1000), to = Math.min(Math.floor((toMs * this.rateHz) / 1000), this.data.length / (2 * this.channels));
    return Int16Array.from({ length: Math.max(0, to - from) }, (_, i) => this.data.readInt16LE(((from + i) * this.channels + channel) * 2));
  }
  /** For how long the channel has the tone, nearly alone. */
  toneMs(channel: number, hz: number): number {
    let sum = 0;
    for (let at = 0; at + WINDOW_MS <= this.ms; at += WINDOW_MS) {
      const piece = this.samples(channel, at, at + WINDOW_MS);
      if (power(piece) > 100 * 100 && toneShare(piece, hz) > 0.6) sum += WINDOW_MS;
    }
    return sum;
  }
}
