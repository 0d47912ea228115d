// SPDX-License-Identifier: Apache-2.0
// The configuration in force, and this person's changes that are not in force yet (kept in this browser).
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '../../api/client';
import { useMay } from '../../api/session';
import { useDraft } from '../../parts/useDraft';
import { changesOf, putEdit, withEdits, type Change, type Config, type Edit, type Item } from './config';
import type { SectionKey } from './sections';

interface Kept {
  readonly edits: readonly Edit[];
}
const none: Kept = { edits: [] };

export interface ConfigDraft {
  readonly inForce: Config | undefined;
  readonly version: string;
  /** In force, with the edits. */
  readonly draft: Config | undefined;
  readonly edits: readonly Edit[];
  readonly changes: readonly Change[];
  readonly mayChange: boolean;
  readonly error: unknown;
  readonly reload: () => void;
  readonly put: (section: SectionKey, id: string, item: Item | null) => void;
  /** Back to what is in force. */
  readonly revert: (section: SectionKey, id: string) => void;
  readonly replace: (edits: readonly Edit[]) => void;
  readonly clear: () => void;
}
export function useConfigDraft(): ConfigDraft {
  const mayChange = useMay('CONFIG_WRITE');
  const query = useQuery({ queryKey: ['config'], queryFn: () => ok(api.GET('/api/v1/config')), refetchInterval: 30_000 });
  const kept = useDraft<Kept>('config', none);
  const inForce = query.data?.config as Config | undefined;
  const edits = kept.value.edits;
  return useMemo(
    () => ({
      inForce,
      version: String(query.data?.version ?? ''),
      draft: inForce && withEdits(inForce, edits),
      edits,
      changes: inForce ? changesOf(inForce, edits) : [],
      mayChange,
      error: query.error,
      reload: () => void query.refetch(),
      put: (section: SectionKey, id: string, item: Item | null) => {
        if (inForce) kept.set((now) => ({ edits: putEdit(inForce, now.edits, section, id, item) }));
      },
      revert: (section: SectionKey, id: string) => kept.set((now) => ({ edits: now.edits.filter((edit) => edit.section !== section || edit.id !== id) })),
      replace: (next: readonly Edit[]) => kept.set({ edits: next }),
      clear: kept.clear,
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the functions follow from these
    [inForce, edits, mayChange, query.data, query.error],
  );
}
