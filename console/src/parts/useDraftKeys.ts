// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { useSession } from '../api/session';
import { DRAFT_PREFIX, draftStore } from './drafts';
import { onDraft } from './useDraft';

const store = draftStore(localStorage, Date.now);

/** This person's drafts whose key begins so, as [rest of the key, value]; follows changes in all tabs. */
export function useDraftKeys<T>(prefix: string): { drafts: readonly (readonly [string, T])[]; drop: (rest: string) => void } {
  const login = useSession().person?.login ?? '';
  const start = `${login}.${prefix}`;
  const [, again] = useState(0);
  useEffect(() => {
    const look = (): void => again((turn) => turn + 1);
    window.addEventListener('storage', look);
    const stop = onDraft(look);
    return () => {
      window.removeEventListener('storage', look);
      stop();
    };
  }, []);
  const drafts: (readonly [string, T])[] = [];
  for (let place = 0; place < localStorage.length; place++) {
    const key = localStorage.key(place);
    if (!key?.startsWith(DRAFT_PREFIX + start)) continue;
    const value = store.read(key.slice(DRAFT_PREFIX.length)) as T | undefined;
    if (value) drafts.push([key.slice(DRAFT_PREFIX.length + start.length), value]);
  }
  return {
    drafts,
    drop: (rest) => {
      store.remove(start + rest);
      again((turn) => turn + 1);
    },
  };
}
