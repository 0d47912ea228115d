// SPDX-License-Identifier: Apache-2.0
// Blind transfer: search agents and queues, with how they are now.
import { Modal, TextInput } from '@mantine/core';
import { IconSearch, IconUser, IconUsersGroup } from '@tabler/icons-react';
import { useState, type KeyboardEvent } from 'react';
import { useDirectory } from '../../api/directory';
import { useLive } from '../../api/live';
import type { LiveState } from '../../api/liveState';
import { StateBadge } from '../../parts/StateBadge';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import classes from './agent.module.css';

interface TransferDialogProps {
  readonly opened: boolean;
  readonly me: string;
  readonly onClose: () => void;
  readonly onChoose: (target: { agentId: string } | { queueId: string }) => void;
}
const order = ['AGENT_READY', 'AGENT_AFTER_CALL_WORK', 'AGENT_RINGING', 'AGENT_RESERVED', 'AGENT_TALKING', 'AGENT_HOLDING', 'AGENT_NOT_READY'];
const agentsOf = (state: LiveState): string => JSON.stringify([...state.agents.values()].filter((agent) => agent.state !== 'AGENT_LOGGED_OUT').map((agent) => [agent.agentId, agent.name, agent.state]));
const queuesOf = (state: LiveState): string => JSON.stringify([...state.queues.values()].map((queue) => [queue.queueId, queue.waiting, queue.agentsReady]));

export function TransferDialog({ opened, me, onClose, onChoose }: TransferDialogProps) {
  const t = useText(agentText);
  const shared = useText();
  const format = useFormat();
  const names = useDirectory();
  const [search, setSearch] = useState('');
  const agents = JSON.parse(useLive(agentsOf, ['agents'])) as [string, string, string][];
  const queues = JSON.parse(useLive(queuesOf, ['queues'])) as [string, number, number][];
  const fits = (...texts: string[]): boolean => texts.some((text) => text.toLowerCase().includes(search.trim().toLowerCase()));
  const people = agents
    .filter(([id, name]) => id !== me && fits(id, name))
    .sort((a, b) => order.indexOf(a[2]) - order.indexOf(b[2]) || a[1].localeCompare(b[1], format.language))
    .slice(0, 50);
  const lines = queues.filter(([id]) => fits(id, names.of('queues', id))).slice(0, 50);
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('input, [data-target]')];
    const next = all[all.indexOf(document.activeElement as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t.transfer.title} size={480} centered closeButtonProps={{ 'aria-label': shared.action.close }}>
      <div onKeyDown={move}>
        <p className={classes.lead}>{t.transfer.lead}</p>
        <TextInput data-autofocus aria-label={t.transfer.search} placeholder={t.transfer.search} leftSection={<IconSearch size={16} />} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <div className={classes.targets}>
          {lines.length > 0 ? <h3 className={classes.subhead}>{t.transfer.queues}</h3> : null}
          {lines.map(([id, waiting, ready]) => (
            <button key={id} type="button" data-target className={classes.target} onClick={() => onChoose({ queueId: id })}>
              <IconUsersGroup size={17} aria-hidden />
              <span className={classes.grow}><span className="far-hidden">{t.transfer.to} </span>{names.of('queues', id)}</span>
              <span className="far-soft">
                {t.transfer.waiting(format.number(waiting))} · {t.transfer.readyCount(format.number(ready))}
              </span>
            </button>
          ))}
          {people.length > 0 ? <h3 className={classes.subhead}>{t.transfer.agents}</h3> : null}
          {people.map(([id, name, state]) => (
            <button key={id} type="button" data-target className={classes.target} title={state === 'AGENT_READY' ? undefined : t.transfer.busyHint} onClick={() => onChoose({ agentId: id })}>
              <IconUser size={17} aria-hidden />
              <span className={classes.grow}><span className="far-hidden">{t.transfer.to} </span>{name || id}</span>
              <StateBadge of="agent" state={state} plain />
            </button>
          ))}
          {people.length + lines.length === 0 ? <p className={classes.text}>{t.transfer.none}</p> : null}
        </div>
      </div>
    </Modal>
  );
}
