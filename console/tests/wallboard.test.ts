// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { LiveAgent, LiveContact, LiveQueue } from '../src/api/liveState';
import { agentFits, groupOf, levelOf, sortAgents, sumsOf, waitingCallers, type AgentFilter } from '../src/pages/wallboard/figures';

const agent = (agentId: string, more: Partial<LiveAgent> = {}): LiveAgent =>
  ({ agentId, name: agentId, state: 'AGENT_READY', sinceUs: '1', team: 'a', siteId: 'hq', queueId: '', handledToday: 0, ...more }) as LiveAgent;
const contact = (contactId: string, more: Partial<LiveContact>): LiveContact =>
  ({ contactId, state: 'CONTACT_QUEUED', queueId: 'sales', siteId: 'hq', position: 0, queuedAtUs: '1', ...more }) as LiveContact;
const none: AgentFilter = { queue: '', team: '', site: '', group: '', name: '' };

describe('figures of the wallboard', () => {
  it('sums queues, and has no service level when nothing was counted', () => {
    const queue = (more: Partial<LiveQueue>) => ({ waiting: 0, longestWaitMs: '0', offered: 0, answered: 0, abandoned: 0, answeredWithin: 0, ...more }) as LiveQueue;
    const sums = sumsOf([queue({ waiting: 2, longestWaitMs: '9000', answered: 8, answeredWithin: 7, abandoned: 2 }), queue({ waiting: 1, longestWaitMs: '12000' })]);
    expect(sums).toMatchObject({ waiting: 3, longestMs: 12000, answered: 8 });
    expect(levelOf(sums)).toBeCloseTo(0.7);
    expect(levelOf(sumsOf([]))).toBeUndefined();
  });
  it('filters by state, team, site, queue and name', () => {
    expect(agentFits(agent('lin'), none, [])).toBe(true);
    expect(agentFits(agent('lin', { state: 'AGENT_LOGGED_OUT' }), none, [])).toBe(false);
    expect(agentFits(agent('lin', { state: 'AGENT_LOGGED_OUT' }), { ...none, group: 'out' }, [])).toBe(true);
    expect(agentFits(agent('lin'), { ...none, team: 'b' }, [])).toBe(false);
    expect(agentFits(agent('lin'), { ...none, queue: 'sales' }, ['sales'])).toBe(true);
    expect(agentFits(agent('lin'), { ...none, queue: 'sales' }, ['support'])).toBe(false);
    expect(agentFits(agent('lin', { name: 'Lin Wei' }), { ...none, name: 'WEI' }, [])).toBe(true);
    expect(groupOf('AGENT_RESERVED')).toBe('ringing');
  });
  it('sorts agents by state and by time in it', () => {
    const rows = [agent('c', { state: 'AGENT_NOT_READY', sinceUs: '5' }), agent('a', { sinceUs: '9' }), agent('b', { sinceUs: '3' })];
    expect(sortAgents(rows, 'state', false, 'en')).toEqual(['b', 'a', 'c']);
    expect(sortAgents(rows, 'since', true, 'en')).toEqual(['b', 'c', 'a']);
    expect(sortAgents(rows, 'agent', true, 'en')).toEqual(['c', 'b', 'a']);
  });
  it('callers stand in their order', () => {
    const rows = [contact('x', { position: 2 }), contact('y', { position: 1 }), contact('z', { state: 'CONTACT_TALKING' }), contact('w', { queueId: 'support', position: 1, queuedAtUs: '2' })];
    expect(waitingCallers(rows, '', '')).toEqual(['y', 'w', 'x']);
    expect(waitingCallers(rows, 'support', '')).toEqual(['w']);
    expect(waitingCallers(rows, '', 'branch')).toEqual([]);
  });
});
