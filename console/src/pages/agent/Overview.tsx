// SPDX-License-Identifier: Apache-2.0
// Between calls: unfinished notes, and one's last contacts.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { DataTable, type Column } from '../../parts/DataTable';
import { Panel } from '../../parts/Page';
import { StateBadge } from '../../parts/StateBadge';
import { TimeAgo } from '../../parts/Timer';
import { useDraftKeys } from '../../parts/useDraftKeys';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import { msOfUs } from '../../text/format';
import classes from './agent.module.css';
import type { Own } from './own';
import type { TicketForm } from './useTicket';

type Contact = Schemas['ContactRecord'];
const WEEK_US = 7 * 24 * 3600 * 1e6;

export function Unfinished({ open, current }: { readonly open: (contactId: string) => void; readonly current: string }) {
  const t = useText(agentText);
  const { drafts, drop } = useDraftKeys<TicketForm>('ticket.');
  const others = drafts.filter(([id]) => id !== current);
  if (others.length === 0) return null;
  return (
    <Panel title={t.unfinished.title}>
      <ul className={classes.list}>
        {others.map(([id, form]) => (
          <li key={id} className={classes.row}>
            <span>
              {form.caller} <span className="far-soft">{form.at > 0 ? <TimeAgo at={form.at} /> : null} {form.note.slice(0, 60)}</span>
            </span>
            <span className={classes.row}>
              <Button size="compact-sm" onClick={() => open(id)}>
                {t.unfinished.open}
              </Button>
              <ConfirmButton size="compact-sm" question={t.unfinished.dropQuestion} onConfirm={() => drop(id)}>
                {t.unfinished.drop}
              </ConfirmButton>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
export function MyContacts({ own, open }: { readonly own: Own; readonly open: (contact: Contact) => void }) {
  const t = useText(agentText);
  const shared = useText();
  const format = useFormat();
  const names = useDirectory();
  const { data, error, refetch } = useQuery({
    queryKey: ['contacts', 'mine', own.agentId],
    queryFn: () => ok(api.GET('/api/v1/contacts', { params: { query: { agentId: own.agentId, fromUs: String(Math.round(Date.now() * 1000 - WEEK_US)), limit: 20 } } })),
    refetchInterval: 20_000,
  });
  const columns: Column<Contact>[] = [
    { key: 'time', head: shared.word.time, cell: (row) => <span className="far-num">{format.date(msOfUs(row.startedAtUs))}</span>, sort: (row) => Number(row.startedAtUs), downFirst: true },
    { key: 'caller', head: shared.word.caller, cell: (row) => <span className="far-num">{format.phone(row.caller)}</span>, sort: (row) => row.caller?.canonical },
    { key: 'queue', head: shared.word.queue, cell: (row) => names.of('queues', row.queueId), sort: (row) => names.of('queues', row.queueId), wideOnly: true },
    { key: 'result', head: t.history.result, cell: (row) => <StateBadge of="result" state={row.result} plain />, wideOnly: true },
    { key: 'disposition', head: t.history.disposition, cell: (row) => (row.disposition ? names.of('dispositions', row.disposition) : '–') },
    { key: 'talk', head: t.history.talk, cell: (row) => format.clock(Number(row.talkMs)), sort: (row) => Number(row.talkMs), downFirst: true, align: 'right' },
  ];
  return (
    <Panel title={t.history.mine} flush>
      <DataTable label={t.history.mine} columns={columns} rows={data?.contacts} rowKey={(row) => row.contactId} error={error} retry={() => void refetch()} empty={t.history.mineEmpty} onOpen={open} />
    </Panel>
  );
}
