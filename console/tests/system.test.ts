// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nearLimit, newest, shownLoad } from '../src/pages/system/load';
import { systemText } from '../src/text/system';

const figure = (name: string, value: number, limit = 0) => ({ name, value, limit, unit: '' });

describe('system', () => {
  it('shows load always, lag when there is some', () => {
    const load = [figure('farseat_acd_contacts', 0), figure('farseat_acd_lag', 0), figure('farseat_acd_records_unstored', 3), figure('farseat_acd_leader', 1)];
    expect(shownLoad(load).map((one) => one.name)).toEqual(['farseat_acd_contacts', 'farseat_acd_lag', 'farseat_acd_records_unstored']);
  });
  it('a limit is near from four fifths on', () => {
    expect(nearLimit(figure('x', 80, 100))).toBe(true);
    expect(nearLimit(figure('x', 79, 100))).toBe(false);
    expect(nearLimit(figure('x', 79, 0))).toBe(false);
  });
  it('what came later counts', () => {
    const row = (instance: string, atUs: string, state: string) => ({ instance, atUs, state });
    expect(newest([row('b', '5', 'ok'), row('a', '5', 'silent')], [row('b', '7', 'failed'), row('a', '4', 'ok')])).toEqual([row('a', '5', 'silent'), row('b', '7', 'failed')]);
  });
  it('has words for every fault of the gateway', () => {
    const table = readFileSync('../services/gateway/api/faults.h', 'utf8');
    const codes = [...table.matchAll(/X\([A-Z_]+, "([a-z-]+)"/g)].map((match) => match[1] ?? '');
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes) {
      expect(Object.keys(systemText.en.meaning), code).toContain(code);
      expect(Object.keys(systemText.en.todo), code).toContain(code);
    }
  });
});
