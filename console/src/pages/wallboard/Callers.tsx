// SPDX-License-Identifier: Apache-2.0
// Who waits: place, caller, queue, how long.
import { useCallback } from 'react';
import { Link } from 'react-router-dom';
import { useLive, useLiveContact } from '../../api/live';
import type { LiveState } from '../../api/liveState';
import { useNow } from '../../parts/clock';
import { Measure } from '../../parts/Measure';
import { StateBadge } from '../../parts/StateBadge';
import { VirtualTable, type VirtualColumn } from '../../parts/VirtualTable';
import { useFormat, useText } from '../../text';
import { msOfUs } from '../../text/format';
import { wallboardText } from '../../text/wallboard';
import { waitingCallers } from './figures';
import { useKnown } from './names';
import classes from './wallboard.module.css';

function Wait({ queue, since }: { readonly queue: string; readonly since: number | undefined }) {
  const now = useNow();
  const format = useFormat();
  const limits = useKnown();
  if (since === undefined) return <>–</>;
  return (
    <Measure is={limits.wait(queue, now - since)} quiet>
      {format.clock(now - since)}
    </Measure>
  );
}
function Cell({ id, column }: { readonly id: string; readonly column: string }) {
  const row = useLiveContact(id);
  const { names } = useKnown();
  const format = useFormat();
  const t = useText(wallboardText);
  if (!row) return null;
  switch (column) {
    case 'position':
      return <>{row.position > 0 ? row.position : '–'}</>;
    case 'caller':
      return (
        <Link to={`/contact/${id}`} title={t.openContact}>
          {row.callerName || format.phone(row.caller)}
        </Link>
      );
    case 'queue':
      return <>{row.queueId ? names.of('queues', row.queueId) : t.unnamed}</>;
    case 'state':
      return <StateBadge of="contact" state={row.state} more={row.state === 'CONTACT_RINGING' && row.agentId ? names.agent(row.agentId) : undefined} plain />;
    default:
      return <Wait queue={row.queueId} since={msOfUs(row.queuedAtUs) ?? msOfUs(row.stateSinceUs)} />;
  }
}
export function Callers({ queue, site }: { readonly queue: string; readonly site: string }) {
  const t = useText(wallboardText);
  const ids = useLive(
    useCallback((state: LiveState) => waitingCallers(state.contacts.values(), queue, site), [queue, site]),
    ['contacts'],
  );
  const columns: VirtualColumn[] = [
    { key: 'position', head: t.head.position, track: '64px' },
    { key: 'caller', head: t.head.caller, track: 'minmax(130px, 3fr)' },
    { key: 'queue', head: t.head.queue, track: 'minmax(80px, 2fr)' },
    { key: 'state', head: t.head.state, track: 'minmax(96px, 2fr)', from: 480 },
    { key: 'wait', head: t.head.wait, track: '88px', align: 'right' },
  ];
  return <VirtualTable label={t.callers} columns={columns} ids={ids} Cell={Cell} height="max(260px, calc(100vh - 560px))" empty={<span className={classes.soft}>{t.callersEmpty}</span>} />;
}
