// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { presetRange, rangeOf, rangeUs, rangeValid } from '../src/parts/range';

const zone = 'Asia/Shanghai';
const now = Date.parse('2026-11-24T17:30:00Z'); // Wednesday the 25th, 01:30 in Shanghai

describe('presets', () => {
  it('follow the days of the zone', () => {
    expect(presetRange('today', now, zone)).toEqual({ from: '2026-11-25', to: '2026-11-25' });
    expect(presetRange('yesterday', now, zone)).toEqual({ from: '2026-11-24', to: '2026-11-24' });
    expect(presetRange('hour', now, zone)).toEqual({ from: '2026-11-25T00:30', to: '2026-11-25T01:31' });
  });
  it('weeks begin on Monday', () => {
    expect(presetRange('week', now, zone)).toEqual({ from: '2026-11-23', to: '2026-11-29' });
    expect(presetRange('last-week', now, zone)).toEqual({ from: '2026-11-16', to: '2026-11-22' });
  });
  it('months, quarters and years are whole', () => {
    expect(presetRange('month', now, zone)).toEqual({ from: '2026-11-01', to: '2026-11-30' });
    expect(presetRange('last-month', Date.parse('2026-01-10T00:00Z'), zone)).toEqual({ from: '2025-12-01', to: '2025-12-31' });
    expect(presetRange('quarter', now, zone)).toEqual({ from: '2026-10-01', to: '2026-12-31' });
    expect(presetRange('last-quarter', Date.parse('2026-02-10T00:00Z'), zone)).toEqual({ from: '2025-10-01', to: '2025-12-31' });
    expect(presetRange('last-year', now, zone)).toEqual({ from: '2025-01-01', to: '2025-12-31' });
  });
});
describe('addresses', () => {
  it('own times go before presets, nonsense is passed over', () => {
    expect(rangeOf(new URLSearchParams('from=2026-11-01&to=2026-11-02T10:00'), 'today', now, zone)).toEqual({ preset: undefined, from: '2026-11-01', to: '2026-11-02T10:00' });
    expect(rangeOf(new URLSearchParams('from=2026-13-41&to=x&range=week'), 'today', now, zone).preset).toBe('week');
    expect(rangeOf(new URLSearchParams('range=never'), 'today', now, zone).preset).toBe('today');
  });
  it('a day is included as the end, a time is not', () => {
    const day = 24 * 3600 * 1e6;
    const one = rangeUs({ from: '2026-11-25', to: '2026-11-25' }, zone);
    expect(Number(one.toUs) - Number(one.fromUs)).toBe(day);
    expect(Number(one.fromUs)).toBe(Date.parse('2026-11-24T16:00:00Z') * 1000);
    const half = rangeUs({ from: '2026-11-25T10:00', to: '2026-11-25T10:30' }, zone);
    expect(Number(half.toUs) - Number(half.fromUs)).toBe(1800 * 1e6);
  });
  it('an empty range is none', () => {
    expect(rangeValid({ from: '2026-11-25', to: '2026-11-25' })).toBe(true);
    expect(rangeValid({ from: '2026-11-25T10:00', to: '2026-11-25T10:00' })).toBe(false);
    expect(rangeValid({ from: '2026-11-26', to: '2026-11-25' })).toBe(false);
    expect(rangeValid({ from: '', to: '' })).toBe(false);
  });
});
