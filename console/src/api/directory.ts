// SPDX-License-Identifier: Apache-2.0
// Names of what is configured: GET /directory, kept for all pages.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useLanguage } from '../text';
import { labelText, type Language } from '../text/table';
import { setTimeZone } from '../text/useFormat';
import { api, ok, type Schemas } from './client';
import { useSession } from './session';

export type Directory = Schemas['DirectoryReply'];
type List = 'queues' | 'reasons' | 'dispositions' | 'sites' | 'businessTypes' | 'teams' | 'numbers' | 'flows';

export interface Names {
  readonly directory: Directory | undefined;
  /** The name of what has an id, in the language that is spoken; the id itself when it is not known (any more). */
  readonly of: (list: List, id: string) => string;
  readonly agent: (id: string) => string;
  /** For choices: value and label, in the configuration's order. */
  readonly options: (list: List) => { value: string; label: string }[];
}
export function useDirectory(): Names {
  const known = useSession().permissions.has('LIVE_READ');
  const language = useLanguage();
  const { data } = useQuery({
    queryKey: ['directory'],
    queryFn: () => ok(api.GET('/api/v1/directory')),
    enabled: known,
    staleTime: 60_000,
    refetchInterval: 120_000,
  });
  useEffect(() => setTimeZone(data?.timeZone), [data?.timeZone]);
  return useMemo(() => namesOf(data, language), [data, language]);
}
const made = new WeakMap<Directory, Map<Language, Names>>();
const unknown = new Map<Language, Names>();

/** Once for all components that ask. */
function namesOf(data: Directory | undefined, language: Language): Names {
  let kept = data ? made.get(data) : unknown;
  if (data && !kept) made.set(data, (kept = new Map()));
  const known = kept?.get(language);
  if (known) return known;
  const index = new Map<string, string>();
  const lists: List[] = ['queues', 'reasons', 'dispositions', 'sites', 'businessTypes', 'teams', 'numbers', 'flows'];
  for (const list of lists) for (const row of data?.[list] ?? []) index.set(`${list}/${row.id}`, labelText(row.name, language, row.id));
  for (const agent of data?.agents ?? []) index.set(`agents/${agent.id}`, agent.name || agent.id);
  const names: Names = {
    directory: data,
    of: (list, id) => index.get(`${list}/${id}`) ?? id,
    agent: (id) => index.get(`agents/${id}`) ?? id,
    options: (list) => (data?.[list] ?? []).map((row) => ({ value: row.id, label: labelText(row.name, language, row.id) })),
  };
  kept?.set(language, names);
  return names;
}
