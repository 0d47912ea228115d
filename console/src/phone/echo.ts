// SPDX-License-Identifier: Apache-2.0
// Does what is sent come back? Bursts of a tone go out with the microphone; what returns is looked at for them.
// decideEcho is pure; listenForEcho watches a stream.
export const ECHO_HZ = 1850; // seldom strong in speech, and well within G.711
export const BURST_MS = 260;
const DELAY_MAX_MS = 1500;

export interface ToneSample {
  readonly atMs: number;
  readonly tone: boolean;
}
/**
 * Bursts began at these times; samples say when the tone was heard. A burst counts when the tone begins after it, within
 * 1.5 s, and it was quiet just before: so a tone that never stops is no echo.
 */
export function decideEcho(samples: readonly ToneSample[], bursts: readonly number[]): { heard: number; delayMs: number } {
  const delays: number[] = [];
  for (const burst of bursts) {
    const onset = samples.findIndex((sample, place) => sample.atMs > burst && sample.atMs <= burst + DELAY_MAX_MS && sample.tone && place > 0 && !samples[place - 1]?.tone);
    const sample = samples[onset];
    if (sample) delays.push(sample.atMs - burst);
  }
  delays.sort((a, b) => a - b);
  return { heard: delays.length, delayMs: Math.round(delays[Math.floor(delays.length / 2)] ?? 0) };
}
/** Whether a tone of ECHO_HZ stands out of a spectrum (dB a bin). */
export function toneIn(spectrum: Float32Array, hzPerBin: number): boolean {
  const centre = Math.round(ECHO_HZ / hzPerBin);
  let peak = -Infinity;
  let around = 0;
  let count = 0;
  for (let bin = centre - 30; bin <= centre + 30; bin++) {
    const value = Math.max(spectrum[bin] ?? -160, -160);
    if (Math.abs(bin - centre) <= 2) peak = Math.max(peak, value);
    else if (Math.abs(bin - centre) > 6) {
      around += value;
      count++;
    }
  }
  return peak > -62 && peak - around / Math.max(1, count) > 18;
}
/** Watch a stream until `until`; the caller stops it. Also tells whether anything at all came. */
export function listenForEcho(context: AudioContext, stream: MediaStream): { samples: ToneSample[]; stop: () => void; loudest: () => number } {
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  analyser.smoothingTimeConstant = 0;
  source.connect(analyser);
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  const wave = new Float32Array(analyser.fftSize);
  const samples: ToneSample[] = [];
  let loudest = 0;
  const timer = setInterval(() => {
    analyser.getFloatFrequencyData(spectrum);
    analyser.getFloatTimeDomainData(wave);
    for (const value of wave) loudest = Math.max(loudest, Math.abs(value));
    samples.push({ atMs: performance.now(), tone: toneIn(spectrum, context.sampleRate / analyser.fftSize) });
  }, 20);
  return {
    samples,
    loudest: () => loudest,
    stop: () => {
      clearInterval(timer);
      source.disconnect();
    },
  };
}
/** A burst of the tone into a node, now. */
export function burstInto(context: AudioContext, into: AudioNode): void {
  const tone = context.createOscillator();
  const gain = context.createGain();
  tone.frequency.value = ECHO_HZ;
  const from = context.currentTime;
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(0.3, from + 0.01);
  gain.gain.setValueAtTime(0.3, from + BURST_MS / 1000 - 0.01);
  gain.gain.linearRampToValueAtTime(0, from + BURST_MS / 1000);
  tone.connect(gain).connect(into);
  tone.start(from);
  tone.stop(from + BURST_MS / 1000 + 0.05);
}
