// SPDX-License-Identifier: Apache-2.0
// What each figure of a report means: GET /reports/definitions, kept for all pages.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Label } from '../text';
import { getJson } from './client';

export interface Definition {
  readonly id: string;
  /** Path in QueueKpi, AgentKpi or Funnel: slNegative.value. */
  readonly figure: string;
  readonly of: 'queue' | 'agent' | 'funnel';
  readonly name: Label;
  readonly formula: Label;
  readonly source: string;
  readonly unit: 'count' | 'ms' | 'ratio' | 'score';
  readonly better: 'high' | 'low' | 'neither';
  /** The search of the contacts behind it; "": none. */
  readonly counts: string;
}
export function useDefinitions(): readonly Definition[] | undefined {
  const { data } = useQuery({
    queryKey: ['definitions'],
    queryFn: () => getJson<{ definitions: Definition[] }>('/api/v1/reports/definitions'),
    staleTime: Infinity,
  });
  return useMemo(() => data?.definitions, [data]);
}
