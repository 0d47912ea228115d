// SPDX-License-Identifier: Apache-2.0
// A customer's earlier contacts, by their tickets.
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Page';
import { StateBadge } from '../../parts/StateBadge';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import { msOfUs } from '../../text/format';
import classes from './agent.module.css';

export function HistoryPanel({ customerId, contactId }: { readonly customerId: string | undefined; readonly contactId: string }) {
  const t = useText(agentText);
  const format = useFormat();
  const names = useDirectory();
  const { data, error, refetch } = useQuery({
    queryKey: ['tickets', 'customer', customerId],
    queryFn: () => ok(api.GET('/api/v1/tickets', { params: { query: { customerId: customerId ?? '', limit: 12 } } })),
    enabled: Boolean(customerId),
  });
  const tickets = data?.tickets.filter((ticket) => ticket.contactId !== contactId) ?? [];
  return (
    <Panel title={t.history.title}>
      <ErrorNote error={error} retry={() => void refetch()} />
      {tickets.length === 0 ? <p className={classes.text}>{t.history.empty}</p> : null}
      <ul className={classes.list}>
        {tickets.map((ticket) => (
          <li key={ticket.ticketId} className={classes.past}>
            <div className={classes.row}>
              <span className="far-num">{format.date(msOfUs(ticket.createdAtUs))}</span>
              <StateBadge of="ticket" state={ticket.status} plain />
            </div>
            <div className="far-soft">
              {[names.of('queues', ticket.queueId), names.agent(ticket.agentId), names.of('dispositions', ticket.disposition)].filter(Boolean).join(' · ')}
            </div>
            {ticket.note ? <p className={classes.note}>{ticket.note}</p> : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
