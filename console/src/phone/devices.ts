// SPDX-License-Identifier: Apache-2.0
// Microphone and output: which there are, which are chosen, and whether this pair has passed the echo test lately.
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { CHECK_MS, checkOf, type Checks, type Device, type DeviceChoice, type Devices } from './checks';

export { pairKey, type Device, type DeviceChoice, type Devices } from './checks';

const CHOICE_KEY = 'farseat.devices';
const CHECK_KEY = 'farseat.phoneChecks';

export const canChooseOutput = typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype;

// --- small stores in localStorage, the same in all tabs -------------------------------------------------------------
const listeners = new Set<() => void>();
function changed(): void {
  for (const listener of listeners) listener();
}
window.addEventListener('storage', (event) => {
  if (event.key === CHOICE_KEY || event.key === CHECK_KEY || event.key?.startsWith('farseat.phoneChoice')) {
    choice = undefined;
    changed();
  }
});
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
function readJson<T>(key: string, otherwise: T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '');
    return value && typeof value === 'object' ? (value as T) : otherwise;
  } catch {
    return otherwise;
  }
}
let choice: DeviceChoice | undefined;
export function deviceChoice(): DeviceChoice {
  choice ??= { microphone: '', output: '', ...readJson<Partial<DeviceChoice>>(CHOICE_KEY, {}) };
  return choice;
}
export function chooseDevices(next: DeviceChoice): void {
  choice = next;
  localStorage.setItem(CHOICE_KEY, JSON.stringify(next));
  changed();
}
export function useDeviceChoice(): DeviceChoice {
  return useSyncExternalStore(subscribe, deviceChoice);
}
/** Where one takes calls: in this browser, or on a telephone on the desk. */
export type PhoneChoice = 'browser' | 'desk';
export function phoneChoice(login: string): PhoneChoice {
  return localStorage.getItem(`farseat.phoneChoice.${login}`) === 'desk' ? 'desk' : 'browser';
}
export function choosePhone(login: string, next: PhoneChoice): void {
  localStorage.setItem(`farseat.phoneChoice.${login}`, next);
  changed();
}
export function usePhoneChoice(login: string): PhoneChoice {
  return useSyncExternalStore(subscribe, () => phoneChoice(login));
}

// --- what passed the echo test ------------------------------------------------------------------------------------
export function rememberCheck(pair: string, delayMs: number): void {
  const now = Date.now();
  const kept = Object.entries(readJson<Checks>(CHECK_KEY, {})).filter(([, check]) => now - check.at < CHECK_MS);
  localStorage.setItem(CHECK_KEY, JSON.stringify({ ...Object.fromEntries(kept), [pair]: { at: now, delayMs } }));
  changed();
}
export function forgetCheck(pair: string): void {
  const { [pair]: _gone, ...kept } = readJson<Checks>(CHECK_KEY, {});
  localStorage.setItem(CHECK_KEY, JSON.stringify(kept));
  changed();
}
const checksText = (): string => localStorage.getItem(CHECK_KEY) ?? '';
export function useCheck(pair: string): { at: number; delayMs: number } | undefined {
  useSyncExternalStore(subscribe, checksText);
  return checkOf(readJson<Checks>(CHECK_KEY, {}), pair, Date.now());
}

// --- what is there ------------------------------------------------------------------------------------------------
const none: Devices = { microphones: [], outputs: [], allowed: false, supported: false };
export async function listDevices(): Promise<Devices> {
  if (!navigator.mediaDevices?.enumerateDevices) return none; // not a secure origin
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind): Device[] => all.filter((device) => device.kind === kind).map((device) => ({ id: device.deviceId, label: device.label }));
  return { microphones: of('audioinput'), outputs: of('audiooutput'), allowed: all.some((device) => device.kind === 'audioinput' && device.label !== ''), supported: true };
}
export function useDevices(): Devices & { refresh: () => void } {
  const [devices, setDevices] = useState<Devices>({ ...none, supported: true });
  const refresh = useCallback(() => void listDevices().then(setDevices), []);
  useEffect(() => {
    refresh();
    navigator.mediaDevices?.addEventListener('devicechange', refresh);
    window.addEventListener('focus', refresh);
    return () => {
      navigator.mediaDevices?.removeEventListener('devicechange', refresh);
      window.removeEventListener('focus', refresh);
    };
  }, [refresh]);
  return { ...devices, refresh };
}
export type MicrophoneFault = 'denied' | 'no-microphone';
/** The chosen microphone; one that is gone gives way to the system's own. Throws a MicrophoneFault. */
export async function openMicrophone(): Promise<MediaStream> {
  const { microphone } = deviceChoice();
  const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const ask = (id: string): Promise<MediaStream> => navigator.mediaDevices.getUserMedia({ audio: id ? { ...sound, deviceId: { exact: id } } : sound });
  try {
    try {
      return await ask(microphone);
    } catch (error) {
      if (microphone && error instanceof DOMException && (error.name === 'OverconstrainedError' || error.name === 'NotFoundError')) return await ask('');
      throw error;
    }
  } catch (error) {
    const denied = error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
    throw (denied ? 'denied' : 'no-microphone') satisfies MicrophoneFault;
  }
}
/** The chosen output for an element; where browsers cannot choose, or the device is gone, it stays the system's own. */
export async function setOutputOf(element: HTMLMediaElement): Promise<void> {
  if (!canChooseOutput) return;
  try {
    await element.setSinkId(deviceChoice().output);
  } catch {
    await element.setSinkId('').catch(() => undefined);
  }
}
/** Loudness 0..1 of a stream, some ten times a second. */
export function useLevel(stream: MediaStream | undefined): number {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    if (!stream) return setLevel(0);
    const context = new AudioContext();
    void context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      let sum = 0;
      for (const value of wave) sum += value * value;
      const db = 20 * Math.log10(Math.sqrt(sum / wave.length) + 1e-6);
      setLevel(Math.max(0, Math.min(1, (db + 60) / 55)));
    }, 90);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }, [stream]);
  return level;
}
