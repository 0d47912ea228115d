// SPDX-License-Identifier: Apache-2.0
// What people have typed and not sent, kept in the browser at each keystroke: a reload, a crash, a lost network or a
// restart of the server costs nothing. Pure but for the Storage that it is given.
export interface DraftStore {
  readonly read: (key: string) => unknown;
  readonly write: (key: string, value: unknown) => void;
  readonly remove: (key: string) => void;
  /** Forget what nobody has touched for that long. */
  readonly prune: () => void;
}
export const DRAFT_PREFIX = 'farseat.draft.';
const KEEP_MS = 3 * 24 * 3600 * 1000;

interface Kept {
  readonly at: number;
  readonly value: unknown;
}
function parse(text: string | null): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(text ?? '');
    return kept && typeof kept === 'object' && typeof (kept as Kept).at === 'number' ? (kept as Kept) : undefined;
  } catch {
    return undefined; // somebody else's, or cut
  }
}
export function draftStore(storage: Storage, now: () => number): DraftStore {
  const keys = (): string[] => {
    const found: string[] = [];
    for (let i = 0; i < storage.length; i++) {
      const key = storage.key(i);
      if (key?.startsWith(DRAFT_PREFIX)) found.push(key);
    }
    return found;
  };
  const prune = (): void => {
    for (const key of keys()) {
      const kept = parse(storage.getItem(key));
      if (!kept || kept.at + KEEP_MS < now() || kept.at > now() + KEEP_MS) storage.removeItem(key);
    }
  };
  return {
    read: (key) => parse(storage.getItem(DRAFT_PREFIX + key))?.value,
    write: (key, value) => {
      const text = JSON.stringify({ at: now(), value });
      try {
        storage.setItem(DRAFT_PREFIX + key, text);
      } catch {
        prune(); // the storage is full: what is old goes first
        const oldest = keys().sort((a, b) => (parse(storage.getItem(a))?.at ?? 0) - (parse(storage.getItem(b))?.at ?? 0));
        for (const old of oldest) {
          if (old === DRAFT_PREFIX + key) continue;
          storage.removeItem(old);
          try {
            return storage.setItem(DRAFT_PREFIX + key, text);
          } catch {
            continue;
          }
        }
      }
    },
    remove: (key) => storage.removeItem(DRAFT_PREFIX + key),
    prune,
  };
}
