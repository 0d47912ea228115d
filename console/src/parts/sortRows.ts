// SPDX-License-Identifier: Apache-2.0
// Sorting of tables. Pure.
export interface Sorting {
  readonly key: string;
  readonly down: boolean;
}
export type SortValue = string | number | undefined;

/** Rows in order; what has no value comes last both ways, ties keep their order. */
export function sortRows<T>(rows: readonly T[], value: (row: T) => SortValue, down: boolean, locale: string): T[] {
  const collator = new Intl.Collator(locale, { numeric: true });
  const keyed = rows.map((row, place) => ({ row, place, value: value(row) }));
  keyed.sort((a, b) => {
    if (a.value === undefined || b.value === undefined) return a.value === b.value ? a.place - b.place : a.value === undefined ? 1 : -1;
    const order = typeof a.value === 'number' && typeof b.value === 'number' ? a.value - b.value : collator.compare(String(a.value), String(b.value));
    return (down ? -order : order) || a.place - b.place;
  });
  return keyed.map((entry) => entry.row);
}
/** The next sorting when a column's head is used: up, down, up ... */
export function nextSorting(now: Sorting | undefined, key: string, downFirst: boolean): Sorting {
  return now?.key === key ? { key, down: !now.down } : { key, down: downFirst };
}
