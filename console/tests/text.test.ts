// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en } from '../src/text/en';
import { labelText } from '../src/text/table';
import { zh } from '../src/text/zh';

function leaves(table: object, path = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, value] of Object.entries(table)) {
    const here = path ? `${path}.${key}` : key;
    if (value && typeof value === 'object') for (const [inner, leaf] of leaves(value as object, here)) found.set(inner, leaf);
    else found.set(here, value);
  }
  return found;
}
function compare(name: string, english: object, chinese: object): void {
  const left = leaves(english);
  const right = leaves(chinese);
  expect([...right.keys()].sort(), name).toEqual([...left.keys()].sort());
  for (const [key, value] of left) {
    expect(typeof right.get(key), `${name}: ${key}`).toBe(typeof value);
    if (typeof value === 'string') expect(value.trim() && String(right.get(key)).trim(), `${name}: ${key} is empty`).not.toBe('');
  }
}
describe('the two tables', () => {
  it('have the same keys, and no empty text', () => compare('shared', en, zh));
  it('so have the pages’ pieces', async () => {
    const dir = new URL('../src/text/', import.meta.url);
    let pieces = 0;
    for (const file of readdirSync(dir)) {
      if (!/\.tsx?$/.test(file) || ['index.ts', 'language.ts', 'useFormat.ts'].includes(file)) continue;
      const module = (await import(/* @vite-ignore */ new URL(file, dir).href)) as Record<string, unknown>;
      for (const [name, value] of Object.entries(module)) {
        if (!value || typeof value !== 'object' || !('en' in value) || !('zh' in value)) continue;
        compare(`${file} ${name}`, value.en as object, value.zh as object);
        pieces++;
      }
    }
    expect(pieces).toBeGreaterThan(0);
  });
  it('a label falls back to the other language, then to the id', () => {
    expect(labelText({ zh: '销售', en: 'Sales' }, 'zh', 'sales')).toBe('销售');
    expect(labelText({ en: 'Sales', zh: '' }, 'zh', 'sales')).toBe('Sales');
    expect(labelText(undefined, 'en', 'sales')).toBe('sales');
  });
});
