// SPDX-License-Identifier: Apache-2.0
// A contact's ticket and what the agent writes into it: a draft until it is saved.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, sendJson, type Schemas } from '../../api/client';
import { ApiError, isNetworkError } from '../../api/errors';
import { useSession } from '../../api/session';
import { useDraft, type Draft } from '../../parts/useDraft';
import { cutBytes, formOver, type TicketForm } from './ticketForm';

export { formOver, type TicketForm } from './ticketForm';

export type Ticket = Schemas['Ticket'];
const NOTE_BYTES = 1000; // the ACD's record holds so much; the ticket holds all
const FACT_MS = 2500;

export function useTicketOf(contactId: string) {
  return useQuery({
    queryKey: ['tickets', 'of', contactId],
    queryFn: async () => (await ok(api.GET('/api/v1/tickets', { params: { query: { contactId, limit: 1 } } }))).tickets[0] ?? null,
    enabled: contactId !== '',
    refetchInterval: (query) => (query.state.data ? false : 2000),
  });
}
export function useTicketDraft(contactId: string, caller: string): Draft<TicketForm> {
  return useDraft<TicketForm>(`ticket.${contactId}`, { seeded: false, subject: '', businessType: '', status: '', disposition: '', note: '', customerId: '', caller, at: 0 });
}
export type Saving = 'idle' | 'saving' | 'saved' | 'offline';

/** Save: the disposition to the contact (ACD), everything to the ticket. Throws nothing; the draft stays until all is done. */
export function useSaveTicket(contactId: string, draft: Draft<TicketForm>) {
  const agentId = useSession().person?.agentId ?? '';
  const queries = useQueryClient();
  const [saving, setSaving] = useState<Saving>('idle');
  const [error, setError] = useState<unknown>();

  const read = async (): Promise<Ticket | undefined> => (await ok(api.GET('/api/v1/tickets', { params: { query: { contactId, limit: 1 } } }))).tickets[0];
  // The ACD's fact about the disposition changes the ticket too: let it pass first, then write over it.
  async function factPassed(disposition: string, before: Ticket): Promise<Ticket> {
    const until = performance.now() + FACT_MS;
    for (;;) {
      const now = (await read()) ?? before;
      if ((now.revision !== before.revision && now.disposition === disposition) || performance.now() > until) return now;
      await new Promise((done) => setTimeout(done, 150));
    }
  }
  async function write(form: TicketForm): Promise<void> {
    let ticket = await read();
    if (!ticket) throw new ApiError('ENOTFOUND', '', 404);
    const { disposition, note, subject, businessType, status, customerId } = formOver(form, ticket);
    if (disposition && (ticket.disposition !== disposition || ticket.note !== note)) {
      await sendJson(`/api/v1/contacts/${contactId}/disposition?agentId=${encodeURIComponent(agentId)}`, { disposition, note: cutBytes(note, NOTE_BYTES) }).catch((fault: unknown) => {
        // long over: the contact's record is closed, the ticket is not
        if (!(fault instanceof ApiError) || fault.code !== 'ENOTFOUND') throw fault;
      });
      ticket = await factPassed(disposition, ticket);
    }
    for (let tries = 0; ; tries++) {
      const { events: _events, ...fields } = ticket;
      const next = { ...fields, note, subject, businessType, disposition, status: status || ticket.status, customerId: customerId || ticket.customerId };
      try {
        await sendJson<Ticket>(`/api/v1/tickets/${ticket.ticketId}`, next, 'PUT');
        return;
      } catch (fault) {
        if (!(fault instanceof ApiError) || fault.code !== 'ECONFLICT' || tries >= 3) throw fault;
        ticket = (await read()) ?? ticket;
      }
    }
  }
  async function save(): Promise<boolean> {
    const form = draft.value;
    setSaving('saving');
    setError(undefined);
    try {
      await write(form);
      draft.clear();
      setSaving('saved');
      await queries.invalidateQueries({ queryKey: ['tickets'] });
      return true;
    } catch (fault) {
      setSaving(isNetworkError(fault) ? 'offline' : 'idle');
      setError(isNetworkError(fault) ? undefined : fault);
      return false;
    }
  }
  return { save, saving, error, touched: () => saving === 'saved' && setSaving('idle') };
}
