// SPDX-License-Identifier: Apache-2.0
// How a figure stands to what is wanted of it. Pure.
export interface Target {
  readonly kpi: string;
  readonly queue: string; // "": every queue that has none of its own
  readonly low: number;
  readonly high: number; // 0: no upper end
}
export type Standing = 'good' | 'near' | 'off';

export function targetOf(targets: readonly Target[] | undefined, kpi: string, queue: string): Target | undefined {
  return targets?.find((row) => row.kpi === kpi && row.queue === queue && queue !== '') ?? targets?.find((row) => row.kpi === kpi && row.queue === '');
}
/** good: within; near: outside by less than a twentieth of the border; undefined: nothing is wanted, or there is no figure. */
export function standing(value: number | undefined, target: Target | undefined): Standing | undefined {
  if (value === undefined || !target || !Number.isFinite(value)) return undefined;
  const high = target.high > 0 ? target.high : Infinity;
  if (value >= target.low && value <= high) return 'good';
  const border = value < target.low ? target.low : high;
  return Math.abs(value - border) < Math.abs(border) * 0.05 ? 'near' : 'off';
}
/** How a longest wait stands to the time T of the service level. */
export function waitStanding(waitMs: number, serviceLevelMs: number): Standing | undefined {
  if (waitMs <= 0) return undefined;
  const limit = serviceLevelMs > 0 ? serviceLevelMs : 20_000;
  return waitMs >= limit ? 'off' : waitMs >= limit * 0.75 ? 'near' : 'good';
}
