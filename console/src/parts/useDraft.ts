// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useRef, useState } from 'react';
import { useSession } from '../api/session';
import { DRAFT_PREFIX, draftStore } from './drafts';

const store = draftStore(localStorage, Date.now);
store.prune();
const listeners = new Set<() => void>();
/** Told when a draft of this tab begins or goes. */
export function onDraft(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
/** Whether a person has a draft under a key now. */
export function hasDraft(login: string, key: string): boolean {
  return store.read(`${login}.${key}`) !== undefined;
}
function tellDraft(): void {
  for (const listener of listeners) listener();
}

export interface Draft<T> {
  readonly value: T;
  /** Take a change; a function gets the newest value. Kept at once. */
  readonly set: (next: T | ((before: T) => T)) => void;
  /** It was sent, or is not wanted: back to the beginning, and forgotten. */
  readonly clear: () => void;
  /** It was there from before (a reload, another tab). */
  readonly restored: boolean;
  /** It differs from the beginning. */
  readonly dirty: boolean;
}
/**
 * A form's values under a key, e.g. `ticket.${contactId}`: kept in this browser, for this person, until cleared; other
 * tabs follow. `initial` counts while nothing is kept, also when it changes later (a reply that comes in).
 */
export function useDraft<T extends object>(key: string, initial: T): Draft<T> {
  const login = useSession().person?.login ?? '';
  const full = `${login}.${key}`;
  const [kept, setKept] = useState<{ key: string; value: T | undefined; restored: boolean }>(() => {
    const value = store.read(full) as T | undefined;
    return { key: full, value, restored: value !== undefined };
  });
  let current = kept;
  if (kept.key !== full) {
    const value = store.read(full) as T | undefined;
    current = { key: full, value, restored: value !== undefined };
    setKept(current);
  }
  const newest = useRef(current.value);
  newest.current = current.value;
  const first = useRef(initial);
  first.current = initial;

  const set = useCallback(
    (next: T | ((before: T) => T)) => {
      const before = { ...first.current, ...newest.current };
      const value = typeof next === 'function' ? next(before) : next;
      const begins = newest.current === undefined;
      newest.current = value;
      store.write(full, value);
      if (begins) tellDraft();
      setKept((last) => ({ key: full, value, restored: last.key === full && last.restored }));
    },
    [full],
  );
  const clear = useCallback(() => {
    newest.current = undefined;
    store.remove(full);
    setKept({ key: full, value: undefined, restored: false });
    tellDraft();
  }, [full]);
  useEffect(() => {
    const follow = (event: StorageEvent): void => {
      if (event.key !== DRAFT_PREFIX + full) return;
      const value = store.read(full) as T | undefined;
      setKept({ key: full, value, restored: value !== undefined });
    };
    window.addEventListener('storage', follow);
    return () => window.removeEventListener('storage', follow);
  }, [full]);
  // fields that came to the form after the draft was kept have their beginning
  const value = current.value === undefined ? initial : { ...initial, ...current.value };
  return { value, set, clear, restored: current.restored, dirty: current.value !== undefined };
}
