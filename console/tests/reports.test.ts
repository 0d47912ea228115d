// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Definition } from '../src/api/definitions';
import { columnsOf, figureOf, intervalAllowed, intervalFor, rangeOfRow } from '../src/pages/reports/figures';

const definition = (id: string, figure: string, more: Partial<Definition> = {}): Definition =>
  ({ id, figure, of: 'queue', name: {}, formula: {}, source: '', unit: 'count', better: 'high', counts: '', ...more }) as Definition;
const row = (queue: object) => ({ fromUs: '0', toUs: '0', label: '', id: '', queue });

describe('figures of a report', () => {
  it('are found by their path', () => {
    expect(figureOf(row({ slNegative: { value: 0.375 } }), definition('service_level', 'slNegative.value', { unit: 'ratio' }))).toBe(0.375);
    expect(figureOf(row({ offered: '8' }), definition('offered', 'offered'))).toBe(8);
    expect(figureOf({ ...row({}), agent: { handled: '3' } }, definition('agent_handled', 'handled', { of: 'agent' }))).toBe(3);
  });
  it('a ratio or an average of nothing is none, a count of nothing is 0', () => {
    expect(figureOf(row({}), definition('service_level', 'slNegative.value'))).toBeUndefined();
    expect(figureOf(row({ asaMs: '0', answered: '0' }), definition('asa', 'asaMs', { unit: 'ms' }))).toBeUndefined();
    expect(figureOf(row({ asaMs: '0', answered: '2' }), definition('asa', 'asaMs', { unit: 'ms' }))).toBe(0);
    expect(figureOf(row({ offered: '0' }), definition('offered', 'offered'))).toBe(0);
    expect(figureOf(undefined, definition('offered', 'offered'))).toBeUndefined();
  });
  it('columns stand in the order of the definitions, unknown ones are passed over', () => {
    const all = [definition('offered', 'offered'), definition('answered', 'answered'), definition('aat', 'aatMs'), definition('agent_missed', 'missed', { of: 'agent' })];
    expect(columnsOf(all, 'queue', ['aat', 'offered']).map((one) => one.id)).toEqual(['offered', 'aat']);
    expect(columnsOf(all, 'queue', ['gone']).map((one) => one.id)).toEqual(['offered', 'answered']);
    expect(columnsOf(all, 'agent', undefined).map((one) => one.id)).toEqual(['agent_missed']);
  });
  it('a row names its time', () => {
    const us = (iso: string) => String(Date.parse(iso) * 1000);
    const zone = 'Asia/Shanghai';
    expect(rangeOfRow({ ...row({}), fromUs: us('2026-11-24T01:30Z'), toUs: us('2026-11-24T01:45Z') }, zone)).toEqual({ from: '2026-11-24T09:30', to: '2026-11-24T09:45' });
    expect(rangeOfRow({ ...row({}), fromUs: us('2026-11-22T16:00Z'), toUs: us('2026-11-29T16:00Z') }, zone)).toEqual({ from: '2026-11-23', to: '2026-11-29' });
  });
  it('intervals suit the range', () => {
    expect(intervalFor({ from: '2026-11-24', to: '2026-11-24' })).toBe('60m');
    expect(intervalFor({ from: '2026-11-01', to: '2026-11-30' })).toBe('day');
    expect(intervalFor({ from: '2026-01-01', to: '2026-12-31' })).toBe('month');
    expect(intervalAllowed('15m', { from: '2026-01-01', to: '2026-12-31' })).toBe(false);
    expect(intervalAllowed('15m', { from: '2026-11-01', to: '2026-11-30' })).toBe(true);
  });
});
