// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkOf, pairKey } from '../src/phone/checks';
import { decideEcho, ECHO_HZ, toneIn, type ToneSample } from '../src/phone/echo';
import { phoneNext, phoneOff, type PhoneCall, type PhoneEvent, type PhoneState } from '../src/phone/machine';

const call: PhoneCall = { id: 'a', kind: 'in', phase: 'ringing', from: '1000' };
const run = (events: PhoneEvent[], from: PhoneState = { ...phoneOff, role: 'phone' }): PhoneState => events.reduce(phoneNext, from);

describe('the phone', () => {
  it('rings, is answered, ends', () => {
    expect(run([{ is: 'call', call }]).call?.phase).toBe('ringing');
    expect(run([{ is: 'call', call }, { is: 'phase', id: 'a', phase: 'up' }]).call?.phase).toBe('up');
    expect(run([{ is: 'call', call }, { is: 'call-end', id: 'a' }]).call).toBeUndefined();
  });
  it('has one call, and events of another change nothing', () => {
    const state = run([{ is: 'call', call }, { is: 'call', call: { ...call, id: 'b' } }, { is: 'phase', id: 'b', phase: 'up' }, { is: 'call-end', id: 'b' }]);
    expect(state.call).toEqual(call);
  });
  it('a fault of the microphone is shown until the next call', () => {
    const state = run([{ is: 'call', call }, { is: 'call-fault', id: 'a', fault: 'denied' }]);
    expect(state.callFault).toBe('denied');
    expect(run([{ is: 'call-end', id: 'a' }, { is: 'call', call: { ...call, id: 'b' } }], state).callFault).toBe('');
  });
  it('a tab that is not the phone has no line and no call', () => {
    const state = run([{ is: 'line', line: 'registered' }, { is: 'call', call }, { is: 'role', role: 'wait' }]);
    expect(state).toEqual({ ...phoneOff, role: 'wait' });
  });
  it('a test replaces the last result', () => {
    const state = run([{ is: 'echo-start' }, { is: 'echo-end', result: 'no-sound', cause: 'x' }]);
    expect(state.echo).toEqual({ running: false, result: 'no-sound', delayMs: 0, cause: 'x' });
    expect(run([{ is: 'echo-start' }], state).echo.result).toBeUndefined();
  });
});
describe('the echo', () => {
  const samples = (tone: (at: number) => boolean): ToneSample[] => Array.from({ length: 300 }, (_, place) => ({ atMs: place * 20, tone: tone(place * 20) }));
  const bursts = [1000, 2000, 3000, 4000];
  it('comes back with its delay', () => {
    const back = samples((at) => bursts.some((burst) => at >= burst + 180 && at < burst + 440));
    expect(decideEcho(back, bursts)).toEqual({ heard: 4, delayMs: 180 });
  });
  it('silence is none, and a tone that never stops is none', () => {
    expect(decideEcho(samples(() => false), bursts)).toEqual({ heard: 0, delayMs: 0 });
    expect(decideEcho(samples(() => true), bursts).heard).toBe(0);
  });
  it('what comes before the burst does not count', () => {
    expect(decideEcho(samples((at) => at >= 200 && at < 500), bursts).heard).toBe(0);
  });
  it('a tone stands out of its neighbours; noise and another tone do not', () => {
    const bin = 48000 / 2048;
    const spectrum = (at: number | undefined, level: number, floor: number): Float32Array => {
      const values = new Float32Array(1024).fill(floor);
      if (at !== undefined) values[Math.round(at / bin)] = level;
      return values;
    };
    expect(toneIn(spectrum(ECHO_HZ, -30, -90), bin)).toBe(true);
    expect(toneIn(spectrum(ECHO_HZ, -30, -35), bin)).toBe(false);
    expect(toneIn(spectrum(ECHO_HZ, -80, -120), bin)).toBe(false);
    expect(toneIn(spectrum(1000, -20, -90), bin)).toBe(false);
    expect(toneIn(spectrum(undefined, 0, -Infinity), bin)).toBe(false);
  });
});
describe('a pair of devices', () => {
  const devices = { microphones: [{ id: 'default', label: 'Built-in' }, { id: 'm1', label: 'Headset' }], outputs: [{ id: 'o1', label: 'Headset' }], allowed: true, supported: true };
  it('another microphone is another pair, also behind the system’s default', () => {
    const before = pairKey(devices, { microphone: '', output: '' });
    expect(pairKey(devices, { microphone: 'm1', output: '' })).not.toBe(before);
    expect(pairKey({ ...devices, microphones: [{ id: 'default', label: 'USB' }] }, { microphone: '', output: '' })).not.toBe(before);
    expect(pairKey(devices, { microphone: 'gone', output: '' })).toBe(before);
  });
  it('counts for a day', () => {
    const checks = { p: { at: 1000, delayMs: 120 } };
    expect(checkOf(checks, 'p', 2000)?.delayMs).toBe(120);
    expect(checkOf(checks, 'q', 2000)).toBeUndefined();
    expect(checkOf(checks, 'p', 1000 + 24 * 3600 * 1000)).toBeUndefined();
    expect(checkOf(checks, 'p', 500)).toBeUndefined();
  });
});
