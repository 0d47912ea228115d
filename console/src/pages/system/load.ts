// SPDX-License-Identifier: Apache-2.0
// Which of a process's figures are worth a look. Pure.
export interface LoadFigure {
  readonly name: string;
  readonly value: number;
  readonly limit: number; // 0: none
  readonly unit: string;
}
// said in other words, or only worth a word when they are not zero
const inWords = new Set(['farseat_acd_leader', 'farseat_acd_halted', 'farseat_analytics_exporter']);
const quiet = /(sync_lag_seconds|_waiting|_unstored|_unreported|_backlog|_queue|_gaps_total)$/;

/** The figures to show: load always, lag when there is some. */
export function shownLoad(load: readonly LoadFigure[]): LoadFigure[] {
  return load.filter((figure) => !inWords.has(figure.name) && (figure.value !== 0 || !quiet.test(figure.name)));
}
/** Close to its limit. */
export function nearLimit(figure: LoadFigure): boolean {
  return figure.limit > 0 && figure.value >= figure.limit * 0.8;
}
export function figureIn(load: readonly LoadFigure[], name: string): number | undefined {
  return load.find((figure) => figure.name === name)?.value;
}
/** The newer of what /system said and what came live, by instance. */
export function newest<T extends { readonly instance: string; readonly atUs: string; readonly state: string }>(asked: readonly T[], live: readonly T[]): T[] {
  const rows = new Map(asked.map((row) => [row.instance, row]));
  for (const row of live) {
    const known = rows.get(row.instance);
    if (!known || BigInt(row.atUs || 0) > BigInt(known.atUs || 0)) rows.set(row.instance, row);
  }
  return [...rows.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1));
}
