// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { cutBytes, formOver } from '../src/pages/agent/ticketForm';

const empty = { seeded: false, subject: '', businessType: '', status: '', disposition: '', note: '', customerId: '', caller: '', at: 0 };
const ticket = { subject: 'Order', businessType: 'order', disposition: '', note: 'first' };

describe('the form over the ticket', () => {
  it('shows what the ticket has until something else is written', () => {
    expect(formOver(empty, ticket)).toEqual({ ...empty, seeded: true, ...ticket });
    expect(formOver({ ...empty, note: 'typed before the ticket came' }, ticket).note).toBe('typed before the ticket came');
  });
  it('a field that was emptied stays empty', () => {
    expect(formOver({ ...empty, seeded: true, note: '' }, ticket).note).toBe('');
  });
  it('without a ticket it is what was typed', () => {
    expect(formOver(empty, undefined)).toBe(empty);
  });
});
describe('the beginning of a text', () => {
  it('never has half a character', () => {
    expect(cutBytes('abc', 10)).toBe('abc');
    expect(cutBytes('客户', 5)).toBe('客');
    expect(cutBytes('a😀b', 4)).toBe('a');
  });
});
