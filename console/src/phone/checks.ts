// SPDX-License-Identifier: Apache-2.0
// Which pair of devices passed the echo test, and whether that still counts. Pure.
export const CHECK_MS = 24 * 3600 * 1000;
export type Checks = Record<string, { at: number; delayMs: number }>;
export interface Device {
  readonly id: string;
  readonly label: string;
}
export interface DeviceChoice {
  readonly microphone: string; // "" : the system's own
  readonly output: string;
}
export interface Devices {
  readonly microphones: readonly Device[];
  readonly outputs: readonly Device[];
  /** Labels are known only after the microphone was allowed once. */
  readonly allowed: boolean;
  readonly supported: boolean;
}
/** The pair as it would be used: ids, and labels because "default" is another device tomorrow. Pure. */
export function pairKey(devices: Devices, chosen: DeviceChoice): string {
  const name = (list: readonly Device[], id: string): string => {
    const device = list.find((one) => one.id === id) ?? list[0];
    return device ? `${device.id}|${device.label}` : 'none';
  };
  return `${name(devices.microphones, chosen.microphone)}+${name(devices.outputs, chosen.output)}`;
}
/** When the pair passed, if that was within a day. Pure. */
export function checkOf(checks: Checks, pair: string, now: number): { at: number; delayMs: number } | undefined {
  const check = checks[pair];
  return check && check.at <= now && now - check.at < CHECK_MS ? check : undefined;
}
