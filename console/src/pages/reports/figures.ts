// SPDX-License-Identifier: Apache-2.0
// Figures of a report by their definitions. Pure.
import type { Definition } from '../../api/definitions';
import type { Range } from '../../parts/range';
import { localOf } from '../../text/format';

export const dimensions = ['all', 'queue', 'agent', 'site', 'number'] as const;
export type Dimension = (typeof dimensions)[number];
export const intervals = ['all', '15m', '30m', '60m', 'day', 'week', 'month', 'quarter', 'year'] as const;
export type Interval = (typeof intervals)[number];

export interface ReportRow {
  readonly fromUs: string;
  readonly toUs: string;
  readonly label: string;
  readonly id: string;
  readonly queue?: object;
  readonly agent?: object;
}
export interface Report {
  readonly rows: readonly ReportRow[];
  readonly totals: readonly ReportRow[];
  readonly before: readonly ReportRow[];
  readonly rowsBefore: readonly ReportRow[];
  readonly timeZone: string;
  readonly dataUntilUs: string;
  readonly cut: boolean;
}
/** A figure by its path; undefined: there is none (a ratio of nothing). Averages of nothing are none either. */
export function figureOf(row: ReportRow | undefined, definition: Definition): number | undefined {
  let at: unknown = row ? (definition.of === 'agent' ? row.agent : row.queue) : undefined;
  for (const step of definition.figure.split('.')) at = at && typeof at === 'object' ? (at as Record<string, unknown>)[step] : undefined;
  if (at === undefined || at === null || at === '') return undefined;
  const value = Number(at);
  if (!Number.isFinite(value)) return undefined;
  return value === 0 && (definition.unit === 'score' || averages.has(definition.id)) && !averaged(row, definition) ? undefined : value;
}
const averages = new Set(['asa', 'aat', 'aht', 'agent_aht', 'service_level_threshold']);
const counted: Record<string, string> = { asa: 'answered', aat: 'abandoned', aht: 'handled', agent_aht: 'handled', survey_score: 'surveysAnswered' };
function averaged(row: ReportRow | undefined, definition: Definition): boolean {
  const of = counted[definition.id];
  const figures = (definition.of === 'agent' ? row?.agent : row?.queue) as Record<string, unknown> | undefined;
  return of !== undefined && Number(figures?.[of] ?? 0) > 0;
}
const standards: Record<'queue' | 'agent', readonly string[]> = {
  queue: ['offered', 'answered', 'abandoned', 'answer_rate', 'service_level', 'asa', 'aht', 'wait_max', 'survey_score'],
  agent: ['agent_handled', 'agent_missed', 'agent_transfers', 'agent_aht', 'agent_talk', 'agent_after_call_work', 'occupancy', 'agent_ready', 'agent_not_ready', 'agent_logged_in'],
};
/** The chosen columns in the order of the definitions; the standard ones when none of the chosen is known. */
export function columnsOf(definitions: readonly Definition[], of: 'queue' | 'agent', chosen: readonly string[] | undefined): Definition[] {
  const all = definitions.filter((row) => row.of === of);
  const kept = all.filter((row) => chosen?.includes(row.id));
  return kept.length > 0 ? kept : all.filter((row) => standards[of].includes(row.id));
}
/** The local time of a row, as an address holds it; whole days stay days. */
export function rangeOfRow(row: ReportRow, zone: string | undefined): Range {
  const from = localOf(Number(row.fromUs) / 1000, zone).slice(0, 16);
  const to = localOf(Number(row.toUs) / 1000, zone).slice(0, 16);
  if (!from.endsWith('T00:00') || !to.endsWith('T00:00')) return { from, to };
  const last = new Date(`${to.slice(0, 10)}T00:00:00Z`);
  last.setUTCDate(last.getUTCDate() - 1);
  return { from: from.slice(0, 10), to: last.toISOString().slice(0, 10) };
}
/** The interval that suits a range when none is chosen. */
export function intervalFor(range: Range): Interval {
  const length = Date.parse(`${range.to.slice(0, 10)}T00:00Z`) - Date.parse(`${range.from.slice(0, 10)}T00:00Z`);
  const days = length / 86_400_000 + 1;
  if (range.from.length > 10 && days <= 1) return '15m';
  return days <= 2 ? '60m' : days <= 62 ? 'day' : days <= 370 ? 'month' : 'quarter';
}
/** Whether an interval gives a table of a bearable length; the server's own limit is 3000. */
export function intervalAllowed(interval: Interval, range: Range): boolean {
  const days = (Date.parse(`${range.to.slice(0, 10)}T00:00Z`) - Date.parse(`${range.from.slice(0, 10)}T00:00Z`)) / 86_400_000 + 1;
  const perDay: Partial<Record<Interval, number>> = { '15m': 96, '30m': 48, '60m': 24, day: 1 };
  return days * (perDay[interval] ?? 0) <= 2900;
}
