// SPDX-License-Identifier: Apache-2.0
// Who calls: found by the number, or by name, or made now.
import { Button, TextInput } from '@mantine/core';
import { IconPencil, IconSearch } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, sendJson, type Schemas } from '../../api/client';
import { useSession } from '../../api/session';
import { ErrorNote } from '../../parts/ErrorNote';
import { FormField } from '../../parts/FormField';
import { notifyDone } from '../../parts/notify';
import { Panel } from '../../parts/Page';
import { Restored } from '../../parts/Restored';
import { TimeAgo } from '../../parts/Timer';
import { hasDraft, useDraft, type Draft } from '../../parts/useDraft';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import { msOfUs } from '../../text/format';
import classes from './agent.module.css';
import { useTicketOf, type TicketForm } from './useTicket';

export type Customer = Schemas['Customer'];
interface Form {
  name: string;
  company: string;
  language: string;
  note: string;
}
interface Number_ {
  raw: string;
  canonical: string;
  kind: string;
}
function CustomerForm({ customer, number, onDone, onCancel }: { readonly customer: Customer | undefined; readonly number: Number_ | undefined; readonly onDone: (customer: Customer) => void; readonly onCancel: () => void }) {
  const t = useText(agentText);
  const shared = useText();
  const queries = useQueryClient();
  const draft = useDraft<Form>(`customer.${customer?.customerId ?? `new.${number?.canonical ?? ''}`}`, {
    name: customer?.name ?? '',
    company: customer?.company ?? '',
    language: customer?.language ?? '',
    note: customer?.note ?? '',
  });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  async function save(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      const body = { ...(customer ?? { numbers: number?.canonical ? [number] : [] }), ...draft.value, name: draft.value.name.trim() };
      const saved = customer ? await sendJson<Customer>(`/api/v1/customers/${customer.customerId}`, body, 'PUT') : await sendJson<Customer>('/api/v1/customers', body);
      draft.clear();
      notifyDone(t.customer.saved);
      await queries.invalidateQueries({ queryKey: ['customers'] });
      onDone(saved);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  }
  return (
    <form className={classes.form} aria-label={t.customer.title} onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <Restored draft={draft} />
      <div className={classes.pair}>
        <FormField draft={draft} name="name" label={t.customer.name} required />
        <FormField draft={draft} name="company" label={t.customer.company} />
      </div>
      <FormField draft={draft} name="language" label={t.customer.language} options={[{ value: 'zh', label: '中文' }, { value: 'en', label: 'English' }]} />
      <FormField draft={draft} name="note" label={t.customer.note} lines={2} />
      <ErrorNote error={error} />
      <div className={classes.foot}>
        <Button type="submit" size="xs" loading={busy} disabled={!draft.value.name.trim()}>
          {customer ? t.customer.save : t.customer.create}
        </Button>
        <Button size="xs" variant="default" onClick={() => { draft.clear(); onCancel(); }}>
          {shared.action.cancel}
        </Button>
      </div>
    </form>
  );
}
function Search({ onChoose }: { readonly onChoose: (customer: Customer) => void }) {
  const t = useText(agentText);
  const format = useFormat();
  const [name, setName] = useState('');
  const { data, error } = useQuery({
    queryKey: ['customers', 'name', name.trim()],
    queryFn: () => ok(api.GET('/api/v1/customers', { params: { query: { name: name.trim(), limit: 8 } } })),
    enabled: name.trim().length > 0,
  });
  return (
    <div className={classes.form}>
      <TextInput label={t.customer.searchLabel} placeholder={t.customer.searchHint} leftSection={<IconSearch size={15} />} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <ErrorNote error={error} />
      {name.trim() && data?.customers.length === 0 ? <p className={classes.text}>{t.customer.nobody}</p> : null}
      <ul className={classes.list}>
        {name.trim()
          ? data?.customers.map((customer) => (
              <li key={customer.customerId} className={classes.row}>
                <span>
                  {customer.name} <span className="far-soft">{[customer.company, format.phone(customer.numbers[0])].filter(Boolean).join(' · ')}</span>
                </span>
                <Button size="compact-xs" variant="default" onClick={() => onChoose(customer)}>
                  {t.customer.use}
                </Button>
              </li>
            ))
          : null}
      </ul>
    </div>
  );
}
/** The customer of a contact: chosen by the agent, else the ticket's, else by the number. */
export function useCustomerOf(contactId: string, number: string, draft: Draft<TicketForm>): { customer: Customer | undefined; error: unknown; pending: boolean } {
  const ticket = useTicketOf(contactId);
  const id = draft.value.customerId || ticket.data?.customerId || '';
  const byId = useQuery({
    queryKey: ['customers', 'id', id],
    queryFn: () => ok(api.GET('/api/v1/customers/{id}', { params: { path: { id } } })),
    enabled: id !== '',
  });
  const byNumber = useQuery({
    queryKey: ['customers', 'number', number],
    queryFn: async () => (await ok(api.GET('/api/v1/customers', { params: { query: { number, limit: 1 } } }))).customers[0] ?? null,
    enabled: number !== '' && id === '',
    refetchInterval: (query) => (query.state.data ? false : 3000),
  });
  const customer = (id ? byId.data : byNumber.data) ?? undefined;
  return { customer, error: id ? byId.error : byNumber.error, pending: id ? byId.isPending : number !== '' && byNumber.isPending };
}
interface CustomerPanelProps {
  readonly contactId: string;
  readonly caller: Number_ | undefined;
  readonly draft: Draft<TicketForm>;
}
export function CustomerPanel({ contactId, caller, draft }: CustomerPanelProps) {
  const t = useText(agentText);
  const shared = useText();
  const format = useFormat();
  const number = caller && caller.kind !== 'NUMBER_ANONYMOUS' ? caller.canonical : '';
  const { customer, error, pending } = useCustomerOf(contactId, number, draft);
  const [editing, setEditing] = useState('');
  const [searching, setSearching] = useState(false);
  const choose = (chosen: Customer): void => {
    draft.set((before) => ({ ...before, customerId: chosen.customerId, at: Date.now() }));
    setSearching(false);
  };
  // Who is not known yet is made by a button, so that the ticket stays in sight; what was begun is open again.
  const key = customer?.customerId ?? `new.${number}`;
  const login = useSession().person?.login ?? '';
  const edits = editing === key || hasDraft(login, `customer.${key}`);
  return (
    <Panel
      title={t.customer.title}
      actions={
        !pending && !edits ? (
          <Button size="compact-xs" variant={customer?.name ? 'subtle' : 'light'} color={customer?.name ? 'gray' : 'sea'} leftSection={<IconPencil size={14} />} onClick={() => setEditing(key)}>
            {customer?.name ? shared.action.edit : t.customer.create}
          </Button>
        ) : undefined
      }
    >
      <ErrorNote error={error} />
      {customer ? (
        <>
          <p className={classes.person}>
            <strong>{customer.name || t.customer.unknown}</strong>
            {customer.company ? <span>{customer.company}</span> : null}
          </p>
          <p className={classes.text}>
            {[format.phone(customer.numbers[0] ?? caller), t.customer.contacts(format.number(customer.contacts)), customer.language === 'zh' ? '中文' : customer.language === 'en' ? 'English' : ''].filter(Boolean).join(' · ')}
            {msOfUs(customer.lastContactAtUs) ? (
              <>
                {' · '}
                {t.customer.last} <TimeAgo at={msOfUs(customer.lastContactAtUs)} />
              </>
            ) : null}
          </p>
          {customer.note && !edits ? <p className={classes.note}>{customer.note}</p> : null}
          {draft.value.customerId ? <p className={classes.text}>{t.customer.linked}</p> : null}
          {edits ? <CustomerForm key={customer.customerId} customer={customer} number={caller} onDone={() => setEditing('')} onCancel={() => setEditing('')} /> : null}
        </>
      ) : pending ? (
        <p className={classes.text}>{shared.table.loading}</p>
      ) : (
        <>
          <p className={classes.text}>{number ? t.customer.unknown : t.customer.withheld}</p>
          {edits ? <CustomerForm customer={undefined} number={number ? caller : undefined} onDone={(made) => { setEditing(''); choose(made); }} onCancel={() => setEditing('')} /> : null}
        </>
      )}
      {searching ? (
        <Search onChoose={choose} />
      ) : (
        <Button size="compact-xs" variant="subtle" mt={8} leftSection={<IconSearch size={14} />} onClick={() => setSearching(true)}>
          {t.customer.another}
        </Button>
      )}
    </Panel>
  );
}
