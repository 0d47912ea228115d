// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { nextSorting, sortRows } from '../src/parts/sortRows';

describe('sorting', () => {
  const rows = [{ id: 'a', v: 10 }, { id: 'b', v: undefined }, { id: 'c', v: 9 }, { id: 'd', v: 10 }];
  it('numbers by value; what has none is last both ways; ties keep their order', () => {
    expect(sortRows(rows, (row) => row.v, false, 'en').map((row) => row.id).join('')).toBe('cadb');
    expect(sortRows(rows, (row) => row.v, true, 'en').map((row) => row.id).join('')).toBe('adcb');
  });
  it('texts as people count', () => {
    expect(sortRows(['9', '10', '1'], (row) => row, false, 'zh')).toEqual(['1', '9', '10']);
  });
  it('a head turns its own column around, another begins anew', () => {
    expect(nextSorting(undefined, 'a', false)).toEqual({ key: 'a', down: false });
    expect(nextSorting({ key: 'a', down: false }, 'a', false)).toEqual({ key: 'a', down: true });
    expect(nextSorting({ key: 'a', down: true }, 'b', true)).toEqual({ key: 'b', down: true });
  });
});
