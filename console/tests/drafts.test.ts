// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { DRAFT_PREFIX, draftStore } from '../src/parts/drafts';

class Memory implements Storage {
  private readonly map = new Map<string, string>();
  constructor(private readonly room = Infinity) {}
  get length(): number {
    return this.map.size;
  }
  key(place: number): string | null {
    return [...this.map.keys()][place] ?? null;
  }
  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    let used = 0;
    for (const [other, text] of this.map) if (other !== key) used += other.length + text.length;
    if (used + key.length + value.length > this.room) throw new DOMException('full', 'QuotaExceededError');
    this.map.set(key, value);
  }
  removeItem(key: string): void {
    this.map.delete(key);
  }
  clear(): void {
    this.map.clear();
  }
}
describe('drafts', () => {
  it('come back as they were, and go when removed', () => {
    const store = draftStore(new Memory(), () => 1000);
    store.write('lin.ticket.1', { note: '客户说…', disposition: 'solved' });
    expect(store.read('lin.ticket.1')).toEqual({ note: '客户说…', disposition: 'solved' });
    store.remove('lin.ticket.1');
    expect(store.read('lin.ticket.1')).toBeUndefined();
  });
  it('what nobody touched for days is forgotten, what others keep is not', () => {
    const memory = new Memory();
    let now = 1_000_000;
    const store = draftStore(memory, () => now);
    store.write('old', { a: 1 });
    memory.setItem('farseat.theme', 'dark');
    memory.setItem(`${DRAFT_PREFIX}broken`, '{"at":');
    now += 2 * 24 * 3600 * 1000;
    store.write('new', { a: 2 });
    now += 2 * 24 * 3600 * 1000;
    store.prune();
    expect(store.read('old')).toBeUndefined();
    expect(store.read('new')).toEqual({ a: 2 });
    expect(memory.getItem(`${DRAFT_PREFIX}broken`)).toBeNull();
    expect(memory.getItem('farseat.theme')).toBe('dark');
  });
  it('a full storage gives up the oldest draft, not the newest keystroke', () => {
    let now = 1;
    const store = draftStore(new Memory(400), () => now++);
    store.write('first', { text: 'x'.repeat(100) });
    store.write('second', { text: 'y'.repeat(100) });
    store.write('third', { text: 'z'.repeat(100) });
    expect(store.read('third')).toEqual({ text: 'z'.repeat(100) });
    expect(store.read('first')).toBeUndefined();
  });
});
