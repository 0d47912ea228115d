// SPDX-License-Identifier: Apache-2.0
import { IconMicrophoneOff, IconPhoneOff } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import { Link } from 'react-router-dom';
import { useLive, useLiveAgent } from '../../api/live';
import type { LiveState } from '../../api/liveState';
import { useMay } from '../../api/session';
import type { Sorting } from '../../parts/sortRows';
import { StateBadge, agentColour } from '../../parts/StateBadge';
import { Timer } from '../../parts/Timer';
import { VirtualTable, type VirtualColumn } from '../../parts/VirtualTable';
import { useFormat, useLanguage, useText } from '../../text';
import { msOfUs } from '../../text/format';
import { wallboardText } from '../../text/wallboard';
import { AgentActs } from './AgentActs';
import { agentFits, agentGroups, groupOf, sortAgents, type AgentFilter, type AgentGroup, type AgentSort } from './figures';
import { useKnown } from './names';
import classes from './wallboard.module.css';

const stateOf: Record<AgentGroup, string> = {
  ready: 'AGENT_READY',
  ringing: 'AGENT_RINGING',
  busy: 'AGENT_TALKING',
  wrap: 'AGENT_AFTER_CALL_WORK',
  notReady: 'AGENT_NOT_READY',
  out: 'AGENT_LOGGED_OUT',
};
function Cell({ id, column }: { readonly id: string; readonly column: string }) {
  const row = useLiveAgent(id);
  const { names } = useKnown();
  const format = useFormat();
  const t = useText(wallboardText);
  if (!row) return null;
  switch (column) {
    case 'agent':
      return (
        <span className={classes.two}>
          <span title={id}>{row.name || id}</span>
          {!row.phoneReachable && row.state !== 'AGENT_LOGGED_OUT' ? <IconPhoneOff size={15} className={classes.flag} role="img" aria-label={t.noPhone} title={t.noPhone} /> : null}
          {row.muted ? <IconMicrophoneOff size={15} className={classes.flag} role="img" aria-label={t.muted} title={t.muted} /> : null}
        </span>
      );
    case 'state': {
      const reason = row.state === 'AGENT_NOT_READY' && row.reason ? names.of('reasons', row.reason) : undefined;
      const next = !row.nextReason ? undefined : row.nextReason === 'logout' ? t.nextLogout : t.next(names.of('reasons', row.nextReason));
      return <StateBadge of="agent" state={row.state} more={[reason, next].filter(Boolean).join(', ') || undefined} plain />;
    }
    case 'since':
      return <Timer since={row.state === 'AGENT_LOGGED_OUT' ? undefined : msOfUs(row.sinceUs)} />;
    case 'with':
      return row.contactId ? <Link to={`/contact/${row.contactId}`} title={t.openContact}>{format.phone(row.caller)}</Link> : null;
    case 'queue':
      return <span className={classes.soft}>{row.queueId && row.contactId ? names.of('queues', row.queueId) : ''}</span>;
    case 'team':
      return <span className={classes.soft}>{row.team ? names.of('teams', row.team) : ''}</span>;
    case 'site':
      return <span className={classes.soft}>{row.siteId ? names.of('sites', row.siteId) : ''}</span>;
    case 'handled':
      return <>{format.number(row.handledToday)}</>;
    default:
      return <AgentActs agent={row} />;
  }
}
interface AgentsProps {
  readonly filter: AgentFilter;
  readonly onGroup: (group: AgentGroup | '') => void;
}
export function Agents({ filter, onGroup }: AgentsProps) {
  const t = useText(wallboardText);
  const format = useFormat();
  const language = useLanguage();
  const mayAct = useMay('AGENT_ACT_ALL');
  const { queuesOf } = useKnown();
  const [sorting, setSorting] = useState<Sorting>({ key: 'state', down: false });
  const ids = useLive(
    useCallback(
      (state: LiveState) => {
        const rows = [...state.agents.values()].filter((agent) => agentFits(agent, filter, queuesOf.get(agent.agentId)));
        return sortAgents(rows, sorting.key as AgentSort, sorting.down, language);
      },
      [filter, queuesOf, sorting, language],
    ),
    ['agents'],
  );
  const counts = useLive(
    useCallback(
      (state: LiveState) => {
        const of: Record<string, number> = {};
        for (const agent of state.agents.values()) if (agentFits(agent, filter, queuesOf.get(agent.agentId), false)) of[groupOf(agent.state)] = (of[groupOf(agent.state)] ?? 0) + 1;
        return of;
      },
      [filter, queuesOf],
    ),
    ['agents'],
  );
  const columns = useMemo(
    (): VirtualColumn[] => [
      { key: 'agent', head: t.head.agent, track: 'minmax(96px, 2fr)', sorts: true },
      { key: 'state', head: t.head.state, track: 'minmax(124px, 2fr)', sorts: true },
      { key: 'since', head: t.head.since, track: '76px', align: 'right', sorts: true, downFirst: true },
      { key: 'with', head: t.head.with, track: 'minmax(146px, 1.6fr)', from: 600 },
      { key: 'queue', head: t.head.queue, track: 'minmax(70px, 1fr)', from: 820 },
      { key: 'team', head: t.head.team, track: 'minmax(70px, 1fr)', sorts: true, from: 900 },
      { key: 'site', head: t.head.site, track: 'minmax(60px, 1fr)', sorts: true, from: 700 },
      { key: 'handled', head: t.head.handled, track: '76px', align: 'right', sorts: true, downFirst: true, from: 480 },
      ...(mayAct ? [{ key: 'acts', head: t.head.acts, track: '52px', hideHead: true }] : []),
    ],
    [t, mayAct],
  );
  const narrowed = Boolean(filter.queue || filter.team || filter.site || filter.group || filter.name);
  return (
    <>
      <div className={classes.groups} role="group" aria-label={t.filter.state}>
        {agentGroups.map((group) => (
          <button key={group} type="button" className={classes.group} aria-pressed={filter.group === group} onClick={() => onGroup(filter.group === group ? '' : group)}>
            <i style={{ background: agentColour(stateOf[group]) }} aria-hidden="true" />
            <GroupName group={group} /> <strong>{format.number(counts[group] ?? 0)}</strong>
          </button>
        ))}
      </div>
      <VirtualTable
        label={t.agents}
        columns={columns}
        ids={ids}
        Cell={Cell}
        sorting={sorting}
        onSort={setSorting}
        height="max(320px, calc(100vh - 610px))"
        empty={narrowed ? t.agentsNone : t.agentsEmpty}
      />
    </>
  );
}
function GroupName({ group }: { readonly group: AgentGroup }) {
  const shared = useText();
  const t = useText(wallboardText);
  if (group === 'busy') return <>{t.tile.busy}</>;
  const names: Record<string, string> = shared.agentState;
  return <>{names[stateOf[group]]}</>;
}
