// SPDX-License-Identifier: Apache-2.0
// Stretches of time as people choose them and as addresses and the API hold them. Pure.
import { dayAdd, dayOf, localOf, momentOf } from '../text/format';

export const presets = ['hour', 'today', 'yesterday', 'week', 'last-week', 'days-7', 'days-30', 'month', 'last-month', 'quarter', 'last-quarter', 'year', 'last-year'] as const;
export type Preset = (typeof presets)[number];
/** Local times of the centre: YYYY-MM-DD (as `to`: included) or YYYY-MM-DDTHH:MM (as `to`: not included). */
export interface Range {
  readonly from: string;
  readonly to: string;
}
/** What an address says: range=today, or from=...&to=... */
export interface ChosenRange extends Range {
  readonly preset: Preset | undefined;
}
const two = (n: number): string => String(n).padStart(2, '0');

function months(first: string, count: number): string {
  const at = Number(first.slice(0, 4)) * 12 + Number(first.slice(5, 7)) - 1 + count;
  return `${Math.floor(at / 12)}-${two((at % 12) + 1)}-01`;
}
function spanOfMonths(first: string, count: number): Range {
  return { from: first, to: dayAdd(months(first, count), -1) };
}
export function presetRange(preset: Preset, nowMs: number, zone: string | undefined): Range {
  const today = dayOf(nowMs, zone);
  const monday = dayAdd(today, -((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7));
  const month = `${today.slice(0, 7)}-01`;
  const quarter = months(month, -((Number(today.slice(5, 7)) - 1) % 3));
  const year = `${today.slice(0, 4)}-01-01`;
  switch (preset) {
    case 'hour':
      return { from: localOf(nowMs - 3_600_000, zone).slice(0, 16), to: localOf(nowMs + 60_000, zone).slice(0, 16) };
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: dayAdd(today, -1), to: dayAdd(today, -1) };
    case 'week':
      return { from: monday, to: dayAdd(monday, 6) };
    case 'last-week':
      return { from: dayAdd(monday, -7), to: dayAdd(monday, -1) };
    case 'days-7':
      return { from: dayAdd(today, -6), to: today };
    case 'days-30':
      return { from: dayAdd(today, -29), to: today };
    case 'month':
      return spanOfMonths(month, 1);
    case 'last-month':
      return spanOfMonths(months(month, -1), 1);
    case 'quarter':
      return spanOfMonths(quarter, 3);
    case 'last-quarter':
      return spanOfMonths(months(quarter, -3), 3);
    case 'year':
      return spanOfMonths(year, 12);
    case 'last-year':
      return spanOfMonths(months(year, -12), 12);
  }
}
const LOCAL = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$/;
export function validLocal(text: string | null | undefined): text is string {
  return Boolean(text && LOCAL.test(text) && !Number.isNaN(Date.parse(text.length === 10 ? `${text}T00:00Z` : `${text}Z`)));
}
/** The range that an address names; a preset moves with the days, so that a kept link stays what it says. */
export function rangeOf(params: URLSearchParams, standard: Preset, nowMs: number, zone: string | undefined): ChosenRange {
  const from = params.get('from');
  const to = params.get('to');
  if (validLocal(from) && validLocal(to)) return { preset: undefined, from, to };
  const named = presets.find((preset) => preset === params.get('range')) ?? standard;
  return { preset: named, ...presetRange(named, nowMs, zone) };
}
/** In Unix microseconds, as text; the end is not included. */
export function rangeUs(range: Range, zone: string | undefined): { fromUs: string; toUs: string } {
  const end = range.to.length === 10 ? dayAdd(range.to, 1) : range.to;
  return { fromUs: String(momentOf(range.from, zone) * 1000), toUs: String(momentOf(end, zone) * 1000) };
}
export function rangeValid(range: Range): boolean {
  const end = range.to.length === 10 ? dayAdd(range.to, 1) : range.to;
  return validLocal(range.from) && validLocal(range.to) && range.from < end;
}
