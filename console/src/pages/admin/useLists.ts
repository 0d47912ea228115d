// SPDX-License-Identifier: Apache-2.0
// What fields may choose from beside the configuration itself.
import { useQuery } from '@tanstack/react-query';
import { getJson } from '../../api/client';
import { useFormat, type Label } from '../../text';

interface PromptList {
  readonly prompts?: readonly { readonly name: string }[];
}
interface Definitions {
  readonly definitions?: readonly { readonly id: string; readonly name?: Label }[];
}
export function usePrompts(): readonly string[] {
  const { data } = useQuery({ queryKey: ['prompts'], queryFn: () => getJson<PromptList>('/api/v1/prompts'), staleTime: 30_000 });
  return (data?.prompts ?? []).map((prompt) => prompt.name);
}
export function useKpis(): readonly { value: string; label: string }[] {
  const format = useFormat();
  const { data } = useQuery({ queryKey: ['kpiDefinitions'], queryFn: () => getJson<Definitions>('/api/v1/reports/definitions'), staleTime: 600_000 });
  const seen = new Set<string>();
  return (data?.definitions ?? [])
    .filter((row) => !seen.has(row.id) && seen.add(row.id))
    .map((row) => ({ value: row.id, label: format.label(row.name, row.id) }));
}
