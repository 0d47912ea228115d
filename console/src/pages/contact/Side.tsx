// SPDX-License-Identifier: Apache-2.0
// Beside the timeline: who the customer is, and the ticket of this contact.
import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { api, ok, sendJson, type Schemas } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { useMay } from '../../api/session';
import { ErrorNote } from '../../parts/ErrorNote';
import { FormField } from '../../parts/FormField';
import { notifyDone, notifyError } from '../../parts/notify';
import { Panel } from '../../parts/Page';
import { StateBadge } from '../../parts/StateBadge';
import { useDraft } from '../../parts/useDraft';
import { useFormat, useText } from '../../text';
import { contactText } from '../../text/contact';
import { msOfUs } from '../../text/format';
import classes from './contact.module.css';

type Ticket = Schemas['Ticket'];

export function CustomerPanel({ caller }: { readonly caller: Schemas['TelephoneNumber'] | undefined }) {
  const t = useText(contactText);
  const format = useFormat();
  const may = useMay('CUSTOMER_READ');
  const number = caller?.kind === 'NUMBER_ANONYMOUS' ? '' : (caller?.canonical || caller?.raw || '');
  const { data, error, refetch } = useQuery({
    queryKey: ['customers', number],
    queryFn: () => ok(api.GET('/api/v1/customers', { params: { query: { number, limit: 1 } } })),
    enabled: may && number !== '',
  });
  if (!may) return null;
  const customer = data?.customers[0];
  return (
    <Panel title={t.customer.title}>
      {error ? <ErrorNote error={error} retry={() => void refetch()} /> : null}
      {number === '' ? <span className={classes.soft}>{t.customer.withheld}</span> : data && !customer ? <span className={classes.soft}>{t.customer.none}</span> : null}
      {customer ? (
        <dl className={classes.pairs}>
          <div>
            <dd>
              <strong style={{ fontWeight: 600 }}>{customer.name || format.phone(caller)}</strong>
            </dd>
          </div>
          {customer.company ? <Pair name={t.customer.company}>{customer.company}</Pair> : null}
          <Pair name={t.customer.numbers}>{customer.numbers.map((one) => format.phone(one)).join(', ')}</Pair>
          {customer.note ? <Pair name={t.customer.note}>{customer.note}</Pair> : null}
          <Pair name={t.customer.contacts}>
            <Link to={`/contacts?range=days-30&number=${encodeURIComponent(number)}`}>{t.customer.all(format.number(customer.contacts))}</Link>
          </Pair>
        </dl>
      ) : null}
    </Panel>
  );
}
function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
export function TicketPanel({ contactId, caller, queueId }: { readonly contactId: string; readonly caller: Schemas['TelephoneNumber'] | undefined; readonly queueId: string }) {
  const t = useText(contactText);
  const may = useMay('TICKET_READ');
  const mayWrite = useMay('TICKET_WRITE');
  const queries = useQueryClient();
  const key = ['tickets', 'of', contactId];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: async () => (await ok(api.GET('/api/v1/tickets', { params: { query: { contactId, limit: 1 } } }))).tickets[0] ?? null,
    enabled: may,
  });
  const [busy, setBusy] = useState(false);
  if (!may) return null;
  async function create(): Promise<void> {
    setBusy(true);
    try {
      await sendJson('/api/v1/tickets', { contactId, queueId, caller, status: 'open' });
      await queries.invalidateQueries({ queryKey: key });
    } catch (fault) {
      notifyError(fault);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Panel title={data ? `${t.ticket.title} ${data.number}` : t.ticket.title} actions={data ? <StateBadge of="ticket" state={data.status} /> : undefined}>
      {error ? <ErrorNote error={error} retry={() => void refetch()} /> : null}
      {data === null ? (
        <>
          <p className={classes.soft} style={{ margin: '0 0 10px' }}>
            {t.ticket.none}
          </p>
          {mayWrite ? (
            <Button size="xs" variant="default" loading={busy} onClick={() => void create()}>
              {t.ticket.create}
            </Button>
          ) : null}
        </>
      ) : null}
      {data ? <TicketView key={data.ticketId} ticket={data} mayWrite={mayWrite} onSaved={() => void queries.invalidateQueries({ queryKey: key })} /> : null}
    </Panel>
  );
}
function TicketView({ ticket, mayWrite, onSaved }: { readonly ticket: Ticket; readonly mayWrite: boolean; readonly onSaved: () => void }) {
  const t = useText(contactText);
  const shared = useText();
  const format = useFormat();
  const names = useDirectory();
  const { subject, status, businessType, disposition, note } = ticket;
  const draft = useDraft(`ticket.edit.${ticket.ticketId}`, { subject, status, businessType, disposition, note });
  const [open, setOpen] = useState(draft.restored);
  const [busy, setBusy] = useState(false);
  const statuses: Record<string, string> = shared.ticketStatus;
  const { data: full } = useQuery({ queryKey: ['ticket', ticket.ticketId, ticket.revision], queryFn: () => ok(api.GET('/api/v1/tickets/{id}', { params: { path: { id: ticket.ticketId } } as never })) });
  async function save(): Promise<void> {
    setBusy(true);
    try {
      const { events: _events, ...fields } = ticket;
      await sendJson(`/api/v1/tickets/${ticket.ticketId}`, { ...fields, ...draft.value }, 'PUT');
      draft.clear();
      setOpen(false);
      notifyDone(t.ticket.saved);
      onSaved();
    } catch (fault) {
      notifyError(fault);
      onSaved(); // somebody else may have changed it: the newest revision is what the next try stands on
    } finally {
      setBusy(false);
    }
  }
  const statusWord = (id: string): string => statuses[id] ?? id;
  if (open)
    return (
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <FormField draft={draft} name="subject" label={t.ticket.subject} maxLength={200} autoFocus />
        <FormField draft={draft} name="status" label={t.ticket.status} required options={Object.keys(statuses).map((value) => ({ value, label: statusWord(value) }))} />
        <FormField draft={draft} name="businessType" label={t.ticket.type} options={names.options('businessTypes')} />
        <FormField draft={draft} name="disposition" label={t.ticket.disposition} options={names.options('dispositions')} />
        <FormField draft={draft} name="note" label={t.ticket.note} lines={3} />
        <div className={classes.buttons}>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              draft.clear();
              setOpen(false);
            }}
          >
            {shared.action.cancel}
          </Button>
          <Button size="xs" type="submit" loading={busy} disabled={!draft.dirty}>
            {shared.action.save}
          </Button>
        </div>
      </form>
    );
  return (
    <>
      <dl className={classes.pairs}>
        {subject ? <Pair name={t.ticket.subject}>{subject}</Pair> : null}
        {businessType ? <Pair name={t.ticket.type}>{names.of('businessTypes', businessType)}</Pair> : null}
        {disposition ? <Pair name={t.ticket.disposition}>{names.of('dispositions', disposition)}</Pair> : null}
        {note ? <Pair name={t.ticket.note}>{note}</Pair> : null}
      </dl>
      {full && full.events.length > 0 ? (
        <details style={{ marginTop: 10 }}>
          <summary>{t.ticket.history}</summary>
          <ul className={classes.history}>
            {full.events.map((event, place) => (
              <li key={place}>
                {format.date(msOfUs(event.atUs))} {event.by} · {event.what} {event.text}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {mayWrite ? (
        <Button size="xs" variant="default" mt={12} onClick={() => setOpen(true)}>
          {shared.action.edit}
        </Button>
      ) : null}
    </>
  );
}
