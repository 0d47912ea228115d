// SPDX-License-Identifier: Apache-2.0
// Rows as bench/kit/row.c prints them, quantiles, and what a process of the deployment has used.
import { readdirSync, readFileSync } from "node:fs";
import { Deployment } from "../../tests/lib/deployment";
import { nowMs, pause } from "../../tests/lib/wait";

export interface Row { name: string; unit: string; value: number; reference: string; referenceValue: number; conditions: string; digits: number }

export function print(row: Row): void {
  const text = JSON.stringify, ratio = row.referenceValue > 0 ? row.value / row.referenceValue : 0;
  process.stdout.write(`{"name": ${text(row.name)}, "unit": ${text(row.unit)}, "value": ${row.value.toFixed(row.digits)}, "reference": ${text(row.reference)}, ` +
    `"reference_value": ${row.referenceValue.toFixed(row.digits)}, "ratio": ${ratio.toFixed(2)}, "conditions": ${text(row.conditions)}}\n`);
}
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1) + 0.5)] ?? NaN;
}
export const median = (values: readonly number[]): number => quantile(values, 0.5);
export const spread = (values: readonly number[], digits: number): string => `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;

/** CPU that a service's threads have had [s], as the kernel's scheduler counts it. */
export function cpuSeconds(deployment: Deployment, name: string): number {
  const pid = deployment.pid(name);
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  return ns / 1e9;
}
/** Until it uses less than a twentieth of a core, or the time is over. */
export async function idle(deployment: Deployment, name: string, msMax: number): Promise<void> {
  for (const end = nowMs() + msMax; nowMs() < end; ) {
    const cpu = cpuSeconds(deployment, name), began = nowMs();
    await pause(300);
    if ((cpuSeconds(deployment, name) - cpu) * 1000 < (nowMs() - began) / 20) return;
  }
}
/** Into the log, how long what was done has taken. */
let began = nowMs();
export function done(what: string): void {
  process.stderr.write(`${what}: ${Math.round(nowMs() - began)} ms\n`);
  began = nowMs();
}
/** A bench must not stay when something hangs: bench.sh would kill it, but not what it has started. */
export function endAfter(seconds: number): void {
  setTimeout(() => {
    process.stderr.write(`bench: not done after ${seconds} s\n`);
    process.exit(1);
  }, seconds * 1000).unref();
}
