// SPDX-License-Identifier: Apache-2.0
// Queues, callers and agents as they are now; the address holds the filters.
import { Button, CloseButton, Select, TextInput } from '@mantine/core';
import { IconMaximize, IconSearch } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, type ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router-dom';
import { useLive } from '../../api/live';
import type { LiveState } from '../../api/liveState';
import { KeyHint } from '../../parts/KeyHint';
import { Measure } from '../../parts/Measure';
import { Page, Panel } from '../../parts/Page';
import { useFormat, useText } from '../../text';
import { wallboardText } from '../../text/wallboard';
import { Agents } from './Agents';
import { Callers } from './Callers';
import { agentFits, agentGroups, groupOf, levelOf, sumsOf, type AgentFilter, type AgentGroup } from './figures';
import { KnownProvider, useKnown, useMakeKnown } from './names';
import { Queues, useQueues } from './Queues';
import classes from './wallboard.module.css';

function Tiles({ filter }: { readonly filter: AgentFilter }) {
  const t = useText(wallboardText);
  const format = useFormat();
  const limits = useKnown();
  const { queuesOf } = limits;
  const queues = useQueues(filter.queue);
  const sums = sumsOf(queues);
  const level = levelOf(sums);
  const worst = queues.map((queue) => limits.wait(queue.queueId, Number(queue.longestWaitMs)));
  const agents = useLive(
    useCallback(
      (state: LiveState) => {
        const of = { ready: 0, busy: 0, wrap: 0, notReady: 0, ringing: 0, out: 0 };
        const within = { ...filter, name: '', group: '' as const };
        for (const agent of state.agents.values()) if (agentFits(agent, within, queuesOf.get(agent.agentId), false)) of[groupOf(agent.state)]++;
        return of;
      },
      [filter, queuesOf],
    ),
    ['agents'],
  );
  const wait = worst.includes('off') ? 'off' : worst.includes('near') ? 'near' : undefined;
  const tiles: [string, ReactNode][] = [
    [t.tile.waiting, format.number(sums.waiting)],
    [t.tile.longest, <Measure key="w" is={wait} size={18} quiet>{sums.longestMs > 0 ? format.clock(sums.longestMs) : '–'}</Measure>],
    [t.tile.ready, format.number(agents.ready)],
    [t.tile.busy, format.number(agents.busy + agents.ringing)],
    [t.tile.wrap, format.number(agents.wrap)],
    [t.tile.notReady, format.number(agents.notReady)],
    [t.tile.offered, format.number(sums.offered)],
    [t.tile.answered, format.number(sums.answered)],
    [t.tile.abandoned, format.number(sums.abandoned)],
    [t.tile.level, <Measure key="l" is={limits.level(filter.queue, level)} size={18}>{level === undefined ? '–' : format.percent(level, 0)}</Measure>],
  ];
  return (
    <dl className={classes.tiles} aria-label={t.now}>
      {tiles.map(([name, value]) => (
        <div key={name} className={classes.tile}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
export default function Wallboard() {
  const shared = useText();
  const t = useText(wallboardText);
  const known = useMakeKnown();
  const { names } = known;
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const get = (key: string): string => params.get(key) ?? '';
  const [queue, team, site, name, state] = [get('queue'), get('team'), get('site'), get('name'), get('state')];
  const filter = useMemo((): AgentFilter => ({ queue, team, site, name, group: agentGroups.find((group) => group === state) ?? '' }), [queue, team, site, name, state]);
  const set = (key: string, value: string | null): void =>
    setParams(
      (before) => {
        if (value) before.set(key, value);
        else before.delete(key);
        return before;
      },
      { replace: true },
    );
  const toWall = useCallback(() => {
    void document.documentElement.requestFullscreen?.().catch(() => {}); // not allowed: the page alone then
    navigate(`/wall${queue ? `?queue=${encodeURIComponent(queue)}` : ''}`);
  }, [navigate, queue]);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'f' || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as HTMLElement).closest('input,textarea,select,[contenteditable],[role=menu],[role=dialog]')) return;
      event.preventDefault();
      toWall();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [toWall]);
  const choice = (key: string, label: string, list: 'queues' | 'teams' | 'sites', value: string) =>
    names.options(list).length > 1 ? (
      <Select key={key} aria-label={label} placeholder={label} w={138} data={names.options(list)} value={value || null} onChange={(next) => set(key, next)} clearable clearButtonProps={{ 'aria-label': `${t.filter.clear}: ${label}` }} searchable={names.options(list).length > 8} />
    ) : null;
  return (
    <Page
      wide
      title={shared.nav.wallboard}
      actions={
        <div className={classes.filters}>
          {choice('queue', t.filter.queue, 'queues', queue)}
          {choice('team', t.filter.team, 'teams', team)}
          {choice('site', t.filter.site, 'sites', site)}
          <TextInput
            aria-label={t.filter.name}
            placeholder={t.filter.name}
            w={168}
            leftSection={<IconSearch size={15} />}
            value={name}
            onChange={(event) => set('name', event.currentTarget.value)}
            rightSection={name ? <CloseButton size="sm" aria-label={t.filter.clear} onClick={() => set('name', null)} /> : null}
          />
          <Button variant="default" leftSection={<IconMaximize size={16} />} rightSection={<KeyHint keys="F" />} aria-keyshortcuts="F" onClick={toWall}>
            {t.fullScreen}
          </Button>
        </div>
      }
    >
      <KnownProvider value={known}>
        <Tiles filter={filter} />
        <Panel title={t.queues} flush>
          <Queues only={queue} />
        </Panel>
        <div className={classes.below}>
          <Panel title={t.callers} flush>
            <Callers queue={queue} site={site} />
          </Panel>
          <Panel title={t.agents} flush>
            <Agents filter={filter} onGroup={(group: AgentGroup | '') => set('state', group || null)} />
          </Panel>
        </div>
      </KnownProvider>
    </Page>
  );
}
