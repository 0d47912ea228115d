// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { contactsAddress, filterOf, searchQuery } from '../src/pages/contacts/filter';

describe('filters of contacts', () => {
  it('come from the address and go to the API', () => {
    const filter = filterOf(new URLSearchParams('number=%2B86 139-1234&queue=sales&counts=answered_within&other=1'));
    expect(searchQuery(filter, { from: '2026-11-25', to: '2026-11-25' }, 'Asia/Shanghai')).toEqual({
      fromUs: '1795536000000000',
      toUs: '1795622400000000',
      number: '+861391234',
      queueId: 'sales',
      counts: 'answered_within',
    });
  });
  it('a figure has the address of its contacts', () => {
    const address = contactsAddress({ from: '2026-11-25T09:00', to: '2026-11-25T09:30' }, { agent: 'a 1', counts: 'handled', queue: '' });
    expect(address).toBe('/contacts?from=2026-11-25T09%3A00&to=2026-11-25T09%3A30&agent=a+1&counts=handled');
    expect(filterOf(new URLSearchParams(address.split('?')[1])).agent).toBe('a 1');
  });
});
