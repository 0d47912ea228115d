// SPDX-License-Identifier: Apache-2.0
// What stands beside the call: the phone, today's figures, the queues that one serves.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import { api, ok } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { useLive } from '../../api/live';
import type { LiveState } from '../../api/liveState';
import { useSession } from '../../api/session';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Page';
import { ToneBadge } from '../../parts/StateBadge';
import { PhoneCheck } from '../../phone/PhoneCheck';
import { PhoneChoice } from '../../phone/PhoneChoice';
import { usePhoneChoice } from '../../phone/devices';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import { msOfUs } from '../../text/format';
import { phoneText } from '../../text/phone';
import classes from './agent.module.css';
import { useMissing, type Own } from './own';
import { usePhoneWord } from './PhoneLine';

export function PhonePanel({ own }: { readonly own: Own }) {
  const t = useText(phoneText);
  const shared = useText();
  const desk = useText(agentText);
  const { word, good } = usePhoneWord(own);
  const choice = usePhoneChoice(useSession().person?.login ?? '');
  const missing = useMissing();
  const [open, setOpen] = useState(false);
  const working = own.state !== 'AGENT_LOGGED_OUT';
  return (
    <Panel title={t.title} actions={<ToneBadge tone={good ? 'good' : working ? 'warn' : 'off'} plain>{word}</ToneBadge>}>
      <div className={classes.stack}>
        <PhoneChoice />
        {working && !own.phoneReachable ? <p className={classes.text} role="status">{desk.state.noPhone}</p> : null}
        {choice === 'browser' ? (
          <div className={classes.row}>
            <span className="far-soft">{missing && missing !== 'line' ? t.check.missing[missing] : ''}</span>
            <Button size="xs" variant="default" onClick={() => setOpen(true)}>
              {t.echoTitle}
            </Button>
          </div>
        ) : null}
      </div>
      <Modal opened={open} onClose={() => setOpen(false)} title={t.title} size={460} centered closeButtonProps={{ 'aria-label': shared.action.close }}>
        <PhoneCheck />
      </Modal>
    </Panel>
  );
}
/** GET /reports/mine, of today. */
export function TodayPanel({ own }: { readonly own: Own }) {
  const t = useText(agentText);
  const format = useFormat();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['reports', 'mine'],
    queryFn: () => ok(api.GET('/api/v1/reports/mine')),
    refetchInterval: 30_000,
  });
  const free = own.state === 'AGENT_READY' || own.state === 'AGENT_NOT_READY';
  useEffect(() => {
    if (!free) return;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: ['reports', 'mine'] }), 4000); // records need a moment
    return () => clearTimeout(timer);
  }, [free, queries]);
  const mine = data?.agents.find((agent) => agent.agentId === own.agentId) ?? data?.agents[0];
  const time = (text: string | undefined): string => {
    const ms = Number(text ?? 0);
    return ms > 0 ? format.duration(ms > 600_000 ? Math.round(ms / 60_000) * 60_000 : ms) : '–';
  };
  const figures: [string, string][] = [
    [t.today.handled, format.number(Number(mine?.handled ?? 0))],
    [t.today.aht, time(mine?.ahtMs)],
    [t.today.talk, time(mine?.talkMs)],
    [t.today.afterCall, time(mine?.afterCallWorkMs)],
    [t.today.loggedIn, time(mine?.loggedInMs)],
    [t.today.ready, time(mine?.readyMs)],
    [t.today.notReady, time(mine?.notReadyMs)],
    [t.today.occupancy, mine?.occupancy ? format.percent(mine.occupancy.value, 0) : '–'],
    [t.today.missed, format.number(Number(mine?.missed ?? 0))],
  ];
  return (
    <Panel title={t.today.title} actions={data && msOfUs(data.dataUntilUs) ? <span className="far-soft">{t.today.until(format.date(msOfUs(data.dataUntilUs), 'time'))}</span> : undefined}>
      {error ? <ErrorNote error={error} retry={() => void refetch()} /> : null}
      <dl className={classes.figures}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="far-num">{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
const waitingIn = (state: LiveState): string => JSON.stringify([...state.queues.values()].map((queue) => [queue.queueId, queue.waiting, queue.agentsReady]));

export function QueuesPanel({ own }: { readonly own: Own }) {
  const t = useText(agentText);
  const format = useFormat();
  const names = useDirectory();
  const rows = JSON.parse(useLive(waitingIn, ['queues'])) as [string, number, number][];
  const mine = names.directory?.agents.find((agent) => agent.id === own.agentId)?.queues ?? [];
  const shown = rows.filter(([id]) => mine.length === 0 || mine.includes(id));
  return (
    <Panel title={t.idle.waiting}>
      {shown.length === 0 ? <p className={classes.text}>{t.idle.noQueues}</p> : null}
      <ul className={classes.list}>
        {shown.map(([id, waiting, ready]) => (
          <li key={id} className={classes.row}>
            <span>{names.of('queues', id)}</span>
            <span className="far-num">
              <strong className={waiting > 0 ? classes.some : undefined}>{t.transfer.waiting(format.number(waiting))}</strong>
              <span className="far-soft"> · {t.transfer.readyCount(format.number(ready))}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
