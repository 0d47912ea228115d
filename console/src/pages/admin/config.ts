// SPDX-License-Identifier: Apache-2.0
// A configuration and what somebody wants to change of it. The draft is a list of edits, an item each, so that it
// stays good when somebody else changes another item meanwhile. Pure.
import { sectionOf, type SectionKey } from './sections';

export type Item = Readonly<Record<string, unknown>>;
export type Config = Readonly<Record<string, unknown>>;

/** One item as it shall be. */
export interface Edit {
  readonly section: SectionKey;
  readonly id: string;
  /** As it was in force when it was edited first; null: it was not there. */
  readonly base: Item | null;
  /** null: it shall go. */
  readonly item: Item | null;
}
export interface FieldChange {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}
export interface Change {
  readonly section: SectionKey;
  readonly id: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly fields: readonly FieldChange[];
  /** Somebody else changed the same item meanwhile. */
  readonly conflict: boolean;
}

/** Without what says nothing: proto3's absent is "", 0, false, an empty list. Lists keep their order. */
export function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((one) => bare(one) ?? (typeof one === 'object' ? {} : one));
  if (value && typeof value === 'object') {
    const kept: Record<string, unknown> = {};
    for (const [key, one] of Object.entries(value)) {
      const inner = bare(one);
      // an empty message has a meaning (a flow's node may be {hangup: {}}), an empty list or text has none
      const message = one !== null && typeof one === 'object' && !Array.isArray(one);
      if (inner !== undefined) kept[key] = inner;
      else if (message) kept[key] = {};
    }
    return Object.keys(kept).length > 0 ? kept : undefined;
  }
  return value === '' || value === 0 || value === false || value === null || value === '0' ? undefined : value;
}
function sortedText(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one && typeof one === 'object' && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}
export function same(a: unknown, b: unknown): boolean {
  return (sortedText(bare(a)) ?? '') === (sortedText(bare(b)) ?? '');
}

export function itemsOf(config: Config, section: SectionKey): readonly Item[] {
  const value = config[section];
  if (Array.isArray(value)) return value as Item[];
  return value && typeof value === 'object' ? [value as Item] : [];
}
export function idOf(section: SectionKey, item: Item): string {
  const row = sectionOf(section);
  if (row.single) return '';
  return row.idKeys.map((key) => String(item[key] ?? '')).join('/');
}
export function itemOf(config: Config, section: SectionKey, id: string): Item | null {
  return itemsOf(config, section).find((item) => idOf(section, item) === id) ?? null;
}

/** The configuration with the edits: changed items keep their place, new ones come last. */
export function withEdits(config: Config, edits: readonly Edit[]): Config {
  const next: Record<string, unknown> = { ...config };
  for (const edit of edits) {
    if (sectionOf(edit.section).single) {
      next[edit.section] = edit.item ?? {};
      continue;
    }
    const items = itemsOf(next, edit.section);
    const at = items.findIndex((item) => idOf(edit.section, item) === edit.id);
    if (edit.item === null) next[edit.section] = items.filter((_item, place) => place !== at);
    else if (at < 0) next[edit.section] = [...items, edit.item];
    else next[edit.section] = items.map((item, place) => (place === at ? edit.item : item));
  }
  return next;
}
/** The edits with one more; an item that is again as in force is no edit. */
export function putEdit(config: Config, edits: readonly Edit[], section: SectionKey, id: string, item: Item | null): Edit[] {
  const before = edits.find((edit) => edit.section === section && edit.id === id);
  const inForce = itemOf(config, section, id);
  const rest = edits.filter((edit) => edit !== before);
  if ((item === null && inForce === null) || (item !== null && inForce !== null && same(item, inForce))) return rest;
  const edit: Edit = { section, id, base: before ? before.base : inForce, item };
  return before ? edits.map((one) => (one === before ? edit : one)) : [...rest, edit];
}
function fieldChanges(before: Item, after: Item): FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.filter((key) => !same(before[key], after[key])).map((key) => ({ key, before: bare(before[key]), after: bare(after[key]) }));
}
/** What the edits change of what is in force now. */
export function changesOf(config: Config, edits: readonly Edit[]): Change[] {
  const changes: Change[] = [];
  for (const { section, id, base, item } of edits) {
    const inForce = itemOf(config, section, id);
    const conflict = !same(inForce ?? {}, base ?? {}) && !same(inForce ?? {}, item ?? {});
    if (item === null && inForce === null) continue;
    if (item === null) changes.push({ section, id, kind: 'removed', fields: [], conflict });
    else if (inForce === null) changes.push({ section, id, kind: 'added', fields: fieldChanges({}, item), conflict });
    else if (!same(inForce, item)) changes.push({ section, id, kind: 'changed', fields: fieldChanges(inForce, item), conflict });
  }
  return changes;
}
/** The edits that lead from one configuration to another: for undo, and for a file that somebody brings. */
export function editsBetween(from: Config, to: Config, sections: readonly SectionKey[]): Edit[] {
  const edits: Edit[] = [];
  for (const section of sections) {
    const ids = new Set([...itemsOf(from, section), ...itemsOf(to, section)].map((item) => idOf(section, item)));
    for (const id of ids) {
      const base = itemOf(from, section, id);
      const item = itemOf(to, section, id);
      if (!same(base ?? {}, item ?? {}) || (base === null) !== (item === null)) edits.push({ section, id, base, item });
    }
  }
  return edits;
}
