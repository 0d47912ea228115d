// SPDX-License-Identifier: Apache-2.0
// The wallboard for a screen that nobody sits at: large, without a frame, turning its pages by itself. It stays with
// its last figures, and says so, when the connection goes.
import { useQuery } from '@tanstack/react-query';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate, useSearchParams } from 'react-router-dom';
import { getJson } from '../../api/client';
import { useConnection, useLive } from '../../api/live';
import type { LiveQueue, LiveState } from '../../api/liveState';
import { useNow } from '../../parts/clock';
import { Measure } from '../../parts/Measure';
import { useFormat, useText } from '../../text';
import { msOfUs } from '../../text/format';
import { wallboardText } from '../../text/wallboard';
import { levelOf, sumsOf } from './figures';
import { KnownProvider, useKnown, useMakeKnown } from './names';
import { useQueues } from './Queues';
import { wallLayout } from './wallLayout';
import classes from './wall.module.css';

const TURN_MS = 12_000;
const IDLE_MS = 2_500;
const SOON_MS = 3_600_000;

function Card({ row }: { readonly row: LiveQueue }) {
  const t = useText(wallboardText);
  const format = useFormat();
  const known = useKnown();
  const waitMs = Number(row.longestWaitMs);
  const level = levelOf(row);
  const [wait, reached] = [known.wait(row.queueId, row.waiting > 0 ? waitMs : 0), known.level(row.queueId, level)];
  const worst = [wait, reached].includes('off') ? 'off' : [wait, reached].includes('near') ? 'near' : (reached ?? wait);
  return (
    <section className={classes.card} data-is={worst} aria-label={known.names.of('queues', row.queueId)}>
      <h2 className={classes.name}>{known.names.of('queues', row.queueId)}</h2>
      <div className={classes.large}>
        <div>
          <b>{format.number(row.waiting)}</b>
          <small>{t.wall.waiting}</small>
        </div>
        <div>
          <b>
            <Measure is={wait} size={26} quiet>
              {row.waiting > 0 ? format.clock(waitMs) : '–'}
            </Measure>
          </b>
          <small>{t.wall.longest}</small>
        </div>
        <div>
          <b>
            <Measure is={reached} size={26} quiet>
              {level === undefined ? '–' : format.percent(level, 0)}
            </Measure>
          </b>
          <small>{t.wall.level}</small>
        </div>
      </div>
      <div className={classes.small}>
        <Figure name={t.wall.ready} value={row.agentsReady} />
        <Figure name={t.wall.talking} value={row.agentsTalking} />
        <Figure name={t.wall.wrap} value={row.agentsAfterCallWork} />
        <Figure name={t.wall.notReady} value={row.agentsNotReady} />
        <Figure name={t.wall.answered} value={row.answered} />
        <Figure name={t.wall.abandoned} value={row.abandoned} />
      </div>
    </section>
  );
}
function Figure({ name, value }: { readonly name: string; readonly value: number }) {
  const format = useFormat();
  return (
    <span>
      <b>{format.number(value)}</b> <small>{name}</small>
    </span>
  );
}
/** The screen does not go dark while the wall is shown. */
function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let gone = false;
    const take = (): void => {
      if (document.visibilityState !== 'visible' || !navigator.wakeLock) return;
      navigator.wakeLock.request('screen').then(
        (taken) => (gone ? void taken.release() : (lock = taken)),
        () => {}, // the machine says no: its own settings decide
      );
    };
    take();
    document.addEventListener('visibilitychange', take);
    return () => {
      gone = true;
      document.removeEventListener('visibilitychange', take);
      void lock?.release();
    };
  }, []);
}
function useSize(): { width: number; height: number } {
  const [size, setSize] = useState({ width: window.innerWidth, height: window.innerHeight });
  useEffect(() => {
    const look = (): void => setSize({ width: window.innerWidth, height: window.innerHeight });
    window.addEventListener('resize', look);
    return () => window.removeEventListener('resize', look);
  }, []);
  return size;
}
/** When this login ends by itself, if that is soon. */
function useSessionEnd(nowMs: number): number | undefined {
  const { data } = useQuery({
    queryKey: ['wall', 'sessions'],
    queryFn: () => getJson<{ sessions?: { current?: boolean; expiresAtUs?: string }[] }>('/api/v1/me/sessions'),
    refetchInterval: 600_000,
    retry: false,
  });
  const end = msOfUs(data?.sessions?.find((session) => session.current)?.expiresAtUs);
  return end !== undefined && end - nowMs < SOON_MS ? end : undefined;
}
const heardAt = (state: LiveState): number => Math.max(0, ...[...state.queues.values()].map((queue) => Number(queue.atUs))) / 1000;

export default function Wall() {
  const known = useMakeKnown();
  return (
    <KnownProvider value={known}>
      <Board />
    </KnownProvider>
  );
}
function Board() {
  const t = useText(wallboardText);
  const navigate = useNavigate();
  const { names } = useKnown();
  const [params] = useSearchParams();
  const wanted = useMemo(() => params.getAll('queue').flatMap((list) => list.split(',')).filter(Boolean), [params]);
  const queues = useQueues('', wanted);
  const { width, height } = useSize();
  const layout = wallLayout(width, height, queues.length);
  const [page, setPage] = useState(0);
  const [paused, setPaused] = useState(false);
  const [idle, setIdle] = useState(false);
  const box = useRef<HTMLElement>(null);
  const place = page % layout.pages;
  useAwake();
  useEffect(() => box.current?.focus(), []);
  useEffect(() => {
    if (layout.pages < 2 || paused) return;
    const timer = setTimeout(() => setPage((place + 1) % layout.pages), TURN_MS);
    return () => clearTimeout(timer);
  }, [place, layout.pages, paused]);
  useEffect(() => {
    let timer = setTimeout(() => setIdle(true), IDLE_MS);
    const move = (): void => {
      setIdle(false);
      clearTimeout(timer);
      timer = setTimeout(() => setIdle(true), IDLE_MS);
    };
    window.addEventListener('pointermove', move);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('pointermove', move);
    };
  }, []);
  const leave = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen();
    navigate(`/wallboard${wanted.length === 1 ? `?queue=${encodeURIComponent(wanted[0] ?? '')}` : ''}`);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === 'f') document.fullscreenElement ? void document.exitFullscreen() : void document.documentElement.requestFullscreen?.().catch(() => {});
    else if (key === 'escape') leave();
    else if (key === 'arrowright') setPage((place + 1) % layout.pages);
    else if (key === 'arrowleft') setPage((place + layout.pages - 1) % layout.pages);
    else if (key === ' ' && event.target === box.current) setPaused(!paused);
    else return;
    event.preventDefault();
  };
  const shown = queues.slice(place * layout.perPage, (place + 1) * layout.perPage);
  return (
    <main ref={box} className={classes.wall} data-idle={idle || undefined} tabIndex={-1} onKeyDown={press} title={idle ? undefined : t.wall.keys}>
      <Head centre={names.directory?.centre ?? ''} />
      {shown.length === 0 ? (
        <div className={classes.empty}>{t.wall.noQueues}</div>
      ) : (
        <div className={classes.cards} style={{ gridTemplateColumns: `repeat(${layout.columns}, minmax(0, 1fr))`, gridAutoRows: 'minmax(0, 1fr)' }}>
          {shown.map((row) => (
            <Card key={row.queueId} row={row} />
          ))}
        </div>
      )}
      <footer className={classes.bottom}>
        <Foot queues={queues} />
        {layout.pages > 1 ? (
          <span className={classes.dots} role="img" aria-label={`${t.wall.page(place + 1, layout.pages)}${paused ? `, ${t.wall.paused}` : ''}`}>
            {paused ? <span>{t.wall.paused}</span> : null}
            {Array.from({ length: layout.pages }, (_, dot) => (
              <i key={dot} data-on={dot === place || undefined} />
            ))}
          </span>
        ) : null}
        <button type="button" className={classes.leave} style={layout.pages > 1 ? undefined : { marginLeft: 'auto' }} onClick={leave}>
          {t.wall.leave}
        </button>
      </footer>
    </main>
  );
}
function Head({ centre }: { readonly centre: string }) {
  const t = useText(wallboardText);
  const format = useFormat();
  const now = useNow();
  const connection = useConnection();
  const heard = useLive(heardAt, ['queues']);
  const ends = useSessionEnd(now);
  const at = heard > 0 ? format.date(heard, 'seconds') : '–';
  return (
    <header className={classes.top}>
      <h1 className={classes.title}>{centre || t.wall.title}</h1>
      <div role="status">
        {connection === 'lost' || connection === 'stale' ? (
          <span className={classes.bad} data-is={connection}>
            <IconPlugConnectedX size={26} aria-hidden />
            {connection === 'lost' ? t.wall.lost(at) : t.wall.stale(at)}
          </span>
        ) : ends !== undefined ? (
          <span className={classes.bad} data-is="stale">
            {t.wall.sessionEnds(format.date(ends))}
          </span>
        ) : null}
      </div>
      <span className={classes.clock}>{format.date(now, 'time')}</span>
    </header>
  );
}
function Foot({ queues }: { readonly queues: readonly LiveQueue[] }) {
  const t = useText(wallboardText);
  const format = useFormat();
  const sums = sumsOf(queues);
  const level = levelOf(sums);
  const figures: [string, string][] = [
    [t.tile.waiting, format.number(sums.waiting)],
    [t.tile.offered, format.number(sums.offered)],
    [t.tile.answered, format.number(sums.answered)],
    [t.tile.abandoned, format.number(sums.abandoned)],
    [t.tile.level, level === undefined ? '–' : format.percent(level, 0)],
  ];
  return (
    <>
      {figures.map(([name, value]) => (
        <span key={name}>
          {name} <b>{value}</b>
        </span>
      ))}
    </>
  );
}
