// SPDX-License-Identifier: Apache-2.0
// The ring: two soft notes, made here, on the chosen output.
import { setOutputOf } from './devices';

export interface Ring {
  readonly stop: () => void;
  /** Whether the browser lets it be heard. */
  readonly audible: () => boolean;
}
const PERIOD_S = 3;

export function ringStart(): Ring {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = out.stream;
  void setOutputOf(element);
  void context.resume();
  void element.play().catch(() => undefined);
  let next = context.currentTime + 0.05;
  const note = (hz: number, from: number, seconds: number): void => {
    for (const [factor, loud] of [[1, 0.22], [2, 0.06], [3, 0.02]] as const) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = hz * factor;
      gain.gain.setValueAtTime(0.0001, from);
      gain.gain.exponentialRampToValueAtTime(loud, from + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, from + seconds);
      tone.connect(gain).connect(out);
      tone.start(from);
      tone.stop(from + seconds + 0.05);
    }
  };
  const schedule = (): void => {
    while (next < context.currentTime + 1.5) {
      for (let i = 0; i < 2; i++) {
        note(659.3, next + i * 0.55, 0.42);
        note(880, next + i * 0.55 + 0.16, 0.5);
      }
      next += PERIOD_S;
    }
  };
  schedule();
  const timer = setInterval(schedule, 400);
  return {
    audible: () => context.state === 'running' && !element.paused,
    stop: () => {
      clearInterval(timer);
      element.pause();
      element.srcObject = null;
      void context.close();
    },
  };
}
