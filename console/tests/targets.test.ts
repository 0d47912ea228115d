// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { standing, targetOf, waitStanding } from '../src/parts/targets';

const targets = [
  { kpi: 'service_level', queue: '', low: 0.8, high: 0 },
  { kpi: 'service_level', queue: 'vip', low: 0.9, high: 0 },
  { kpi: 'asa', queue: '', low: 0, high: 20_000 },
];
describe('targets', () => {
  it("a queue's own goes before the general one", () => {
    expect(targetOf(targets, 'service_level', 'vip')?.low).toBe(0.9);
    expect(targetOf(targets, 'service_level', 'sales')?.low).toBe(0.8);
    expect(targetOf(targets, 'service_level', '')?.low).toBe(0.8);
    expect(targetOf(targets, 'aht', 'sales')).toBeUndefined();
    expect(targetOf(undefined, 'asa', '')).toBeUndefined();
  });
  it('both ends are included, and close is not off', () => {
    expect(standing(0.8, targets[0])).toBe('good');
    expect(standing(0.78, targets[0])).toBe('near');
    expect(standing(0.5, targets[0])).toBe('off');
    expect(standing(20_000, targets[2])).toBe('good');
    expect(standing(20_500, targets[2])).toBe('near');
    expect(standing(40_000, targets[2])).toBe('off');
  });
  it('says nothing about what is not there', () => {
    expect(standing(undefined, targets[0])).toBeUndefined();
    expect(standing(0.5, undefined)).toBeUndefined();
  });
  it('a wait stands to T', () => {
    expect(waitStanding(0, 20_000)).toBeUndefined();
    expect(waitStanding(5_000, 20_000)).toBe('good');
    expect(waitStanding(15_000, 20_000)).toBe('near');
    expect(waitStanding(20_000, 20_000)).toBe('off');
    expect(waitStanding(20_000, 0)).toBe('off');
  });
});
