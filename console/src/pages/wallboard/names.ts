// SPDX-License-Identifier: Apache-2.0
// The directory and the thresholds, asked for once by the page: hundreds of cells read them here.
import { createContext, useContext, useMemo } from 'react';
import { useDirectory, type Names } from '../../api/directory';
import { standing, targetOf, waitStanding, type Standing, type Target } from '../../parts/targets';

export interface Known {
  readonly names: Names;
  readonly serviceLevelMs: (queue: string) => number;
  readonly wait: (queue: string, ms: number) => Standing | undefined;
  readonly levelTarget: (queue: string) => Target | undefined;
  readonly level: (queue: string, value: number | undefined) => Standing | undefined;
  readonly asa: (queue: string, ms: number) => Standing | undefined;
  /** Whose calls an agent may be offered. */
  readonly queuesOf: ReadonlyMap<string, readonly string[]>;
}
const context = createContext<Known | undefined>(undefined);
export const KnownProvider = context.Provider;

export function useMakeKnown(): Known {
  const names = useDirectory();
  return useMemo(() => {
    const { directory } = names;
    const settings = new Map(directory?.queueSettings?.map((queue) => [queue.id, queue]));
    const serviceLevelMs = (queue: string): number => settings.get(queue)?.serviceLevelMs || 20_000;
    const levelTarget = (queue: string): Target | undefined => targetOf(directory?.targets, 'service_level', queue);
    return {
      names,
      serviceLevelMs,
      levelTarget,
      wait: (queue, ms) => waitStanding(ms, serviceLevelMs(queue)),
      level: (queue, value) => standing(value, levelTarget(queue)),
      asa: (queue, ms) => standing(ms, targetOf(directory?.targets, 'asa', queue)),
      queuesOf: new Map(directory?.agents.map((agent) => [agent.id, agent.queues])),
    };
  }, [names]);
}
export function useKnown(): Known {
  const known = useContext(context);
  if (!known) throw new Error('KnownProvider is missing');
  return known;
}
