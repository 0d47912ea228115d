// SPDX-License-Identifier: Apache-2.0
// What the wallboard works out of the live rows. Pure.
import type { LiveAgent, LiveContact, LiveQueue } from '../../api/liveState';

export interface Sums {
  waiting: number;
  longestMs: number;
  offered: number;
  answered: number;
  abandoned: number;
  answeredWithin: number;
}
export function sumsOf(queues: readonly LiveQueue[]): Sums {
  const sums: Sums = { waiting: 0, longestMs: 0, offered: 0, answered: 0, abandoned: 0, answeredWithin: 0 };
  for (const queue of queues) {
    sums.waiting += queue.waiting;
    sums.longestMs = Math.max(sums.longestMs, Number(queue.longestWaitMs));
    sums.offered += queue.offered;
    sums.answered += queue.answered;
    sums.abandoned += queue.abandoned;
    sums.answeredWithin += queue.answeredWithin;
  }
  return sums;
}
/** Today's service level: answered within T, of answered and abandoned; undefined: there was none. */
export function levelOf(sums: { answered: number; abandoned: number; answeredWithin: number }): number | undefined {
  const counted = sums.answered + sums.abandoned;
  return counted > 0 ? sums.answeredWithin / counted : undefined;
}
export const agentGroups = ['ready', 'ringing', 'busy', 'wrap', 'notReady', 'out'] as const;
export type AgentGroup = (typeof agentGroups)[number];
const groups: Record<string, AgentGroup> = {
  AGENT_READY: 'ready',
  AGENT_RESERVED: 'ringing',
  AGENT_RINGING: 'ringing',
  AGENT_TALKING: 'busy',
  AGENT_HOLDING: 'busy',
  AGENT_AFTER_CALL_WORK: 'wrap',
  AGENT_NOT_READY: 'notReady',
  AGENT_LOGGED_OUT: 'out',
};
export function groupOf(state: string): AgentGroup {
  return groups[state] ?? 'out';
}
export interface AgentFilter {
  readonly queue: string; // of those who may be offered its calls
  readonly team: string;
  readonly site: string;
  readonly group: AgentGroup | '';
  readonly name: string;
}
export function agentFits(agent: LiveAgent, filter: AgentFilter, queues: readonly string[] | undefined, withGroup = true): boolean {
  if (filter.team && agent.team !== filter.team) return false;
  if (filter.site && agent.siteId !== filter.site) return false;
  if (filter.queue && agent.queueId !== filter.queue && !queues?.includes(filter.queue)) return false;
  if (filter.name && !`${agent.name} ${agent.agentId}`.toLocaleLowerCase().includes(filter.name.toLocaleLowerCase())) return false;
  const group = groupOf(agent.state);
  if (!withGroup) return true;
  return filter.group ? group === filter.group : group !== 'out';
}
export type AgentSort = 'agent' | 'state' | 'since' | 'handled' | 'team' | 'site';

export function sortAgents(agents: readonly LiveAgent[], by: AgentSort, down: boolean, locale: string): string[] {
  const collator = collators.get(locale) ?? new Intl.Collator(locale, { numeric: true });
  collators.set(locale, collator);
  const place = (agent: LiveAgent): number => agentGroups.indexOf(groupOf(agent.state));
  const order = (a: LiveAgent, b: LiveAgent): number => {
    switch (by) {
      case 'state':
        return place(a) - place(b) || Number(a.sinceUs) - Number(b.sinceUs);
      case 'since':
        return Number(b.sinceUs) - Number(a.sinceUs); // upwards: who is shortest in his state
      case 'handled':
        return a.handledToday - b.handledToday;
      case 'team':
        return collator.compare(a.team, b.team);
      case 'site':
        return collator.compare(a.siteId, b.siteId);
      default:
        return 0;
    }
  };
  return [...agents]
    .sort((a, b) => (down ? -1 : 1) * order(a, b) || (by === 'agent' && down ? -1 : 1) * collator.compare(a.name || a.agentId, b.name || b.agentId) || (a.agentId < b.agentId ? -1 : 1))
    .map((agent) => agent.agentId);
}
const collators = new Map<string, Intl.Collator>();

/** Who waits, longest first within a queue; an offered caller keeps his place. */
export function waitingCallers(contacts: Iterable<LiveContact>, queue: string, site: string): string[] {
  const rows = [...contacts].filter(
    (contact) => (contact.state === 'CONTACT_QUEUED' || contact.state === 'CONTACT_RINGING') && (!queue || contact.queueId === queue) && (!site || contact.siteId === site),
  );
  const place = (contact: LiveContact): number => (contact.position > 0 ? contact.position : 0);
  rows.sort((a, b) => place(a) - place(b) || Number(a.queuedAtUs) - Number(b.queuedAtUs) || (a.contactId < b.contactId ? -1 : 1));
  return rows.map((contact) => contact.contactId);
}
