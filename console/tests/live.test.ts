// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { backoffMs, liveApply, liveStateNew } from '../src/api/liveState';

describe('live state', () => {
  it('everything at once replaces what was; what is gone is told', () => {
    const state = liveStateNew();
    liveApply(state, { all: { agents: [{ agentId: 'lin' }, { agentId: 'mei' }], queues: [{ queueId: 'sales', atUs: '5' }], contacts: [], atUs: '7' } });
    const mei = state.agents.get('mei');
    const changed = liveApply(state, { all: { agents: [{ agentId: 'lin', state: 'AGENT_READY' }], queues: [], contacts: [] } });
    expect(mei).toBeDefined();
    expect([...state.agents.keys()]).toEqual(['lin']);
    expect(changed.keys).toEqual(new Set(['agents', 'agents/mei', 'agents/lin', 'queues', 'queues/sales']));
  });
  it('a change touches its own rows only', () => {
    const state = liveStateNew();
    liveApply(state, { all: { agents: [{ agentId: 'lin' }, { agentId: 'mei' }] } });
    const lin = state.agents.get('lin');
    const changed = liveApply(state, { agents: [{ agentId: 'mei', state: 'AGENT_READY' }] });
    expect(changed.keys).toEqual(new Set(['agents/mei']));
    expect(state.agents.get('lin')).toBe(lin);
    expect(state.agents.get('mei')?.state).toBe('AGENT_READY');
  });
  it('a contact that ended goes', () => {
    const state = liveStateNew();
    liveApply(state, { contacts: [{ contactId: 'a', state: 'CONTACT_QUEUED' }] });
    const changed = liveApply(state, { contacts: [{ contactId: 'a', state: 'CONTACT_ENDED' }] });
    expect(state.contacts.size).toBe(0);
    expect(changed.keys).toEqual(new Set(['contacts', 'contacts/a']));
  });
  it('services outlive the first message, which has none', () => {
    const state = liveStateNew();
    liveApply(state, { services: [{ instance: 'acd-1', state: 'ok' }] });
    liveApply(state, { all: { agents: [] } });
    expect(state.services.get('acd-1')?.state).toBe('ok');
  });
  it('foreign frames change nothing', () => {
    const state = liveStateNew();
    for (const frame of [null, 3, 'x', [], {}, { agents: 5 }, { agents: [{}] }, { contacts: [{ contactId: '' }] }]) expect(liveApply(state, frame).keys.size).toBe(0);
  });
});
describe('tries of a connection', () => {
  it('come further apart, within ten seconds', () => {
    expect(backoffMs(0, 0)).toBe(250);
    expect(backoffMs(0, 1)).toBe(500);
    expect(backoffMs(50, 1)).toBe(10_000);
    for (let tries = 1; tries < 20; tries++) expect(backoffMs(tries, 0.5)).toBeGreaterThanOrEqual(backoffMs(tries - 1, 0.5));
  });
});
