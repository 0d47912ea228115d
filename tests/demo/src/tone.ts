// SPDX-License-Identifier: Apache-2.0
// Sound by which parties are known: steady tones, and how much of a piece of sound a tone is.

export const RATE_HZ = 8000;
export const FRAME_SAMPLES = 160; // 20 ms

// ITU-T G.711 A-law, as libmedia has it.
export function alawEncode(sample: number): number {
  const negative = sample < 0;
  let value = Math.min(32767, negative ? -sample - 1 : sample) >> 3;
  let exponent = 0;
  if (value >= 32) {
    exponent = 1;
    while (value >= 64) {
      value >>= 1;
      exponent++;
    }
  }
  const mantissa = exponent === 0 ? value >> 1 : (value >> 1) & 0x0f;
  return ((negative ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

function alawDecodeOne(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 0x0f;
  const value = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return bits & 0x80 ? value : -value;
}

export const ALAW: Int16Array = Int16Array.from({ length: 256 }, (_, code) => alawDecodeOne(code));

/** One second of a tone in A-law; whole hertz, so it can be repeated. */
export function toneSecond(hz: number, amplitude = 8000): Uint8Array {
  return Uint8Array.from({ length: RATE_HZ }, (_, i) => alawEncode(Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / RATE_HZ))));
}

/** Mean square of the samples. */
export function power(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] as number) ** 2;
  return samples.length ? sum / samples.length : 0;
}

/** The part of the samples' power that lies at a frequency: 1 for a pure tone (Goertzel, with a Hann window so that
 *  neighbours do not leak in). */
export function toneShare(samples: ArrayLike<number>, hz: number): number {
  const n = samples.length;
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / RATE_HZ);
  let s1 = 0, s2 = 0, total = 0, windowSum = 0, windowPower = 0;
  for (let i = 0; i < n; i++) {
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / n);
    const value = (samples[i] as number) * weight;
    total += value * value;
    windowSum += weight;
    windowPower += weight * weight;
    const s0 = value + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  if (total === 0) return 0;
  const magnitude = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  // A pure tone of amplitude A: magnitude = (A/2)^2 windowSum^2, total = A^2/2 windowPower.
  return Math.min(1, ((2 * magnitude) / (windowSum * windowSum)) * (windowPower / total));
}
