// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react';
import { useLive } from '../../api/live';
import type { LiveQueue, LiveState } from '../../api/liveState';
import { DataTable, type Column } from '../../parts/DataTable';
import { Measure } from '../../parts/Measure';
import { useFormat, useText } from '../../text';
import { wallboardText } from '../../text/wallboard';
import { levelOf } from './figures';
import { useKnown } from './names';
import classes from './wallboard.module.css';

const allQueues = (state: LiveState): LiveQueue[] => [...state.queues.values()];

/** The queues that a page shows, in the configuration's order. */
export function useQueues(only: string, wanted?: readonly string[]): LiveQueue[] {
  const rows = useLive(allQueues, ['queues']);
  const { directory } = useKnown().names;
  return useMemo(() => {
    const order = new Map(directory?.queues.map((queue, place) => [queue.id, place]));
    // what is no longer configured is not shown, once the configuration is known
    const known = rows.filter((row) => (!only || row.queueId === only) && (!wanted?.length || wanted.includes(row.queueId)) && (!directory || order.has(row.queueId)));
    return known.sort((a, b) => (order.get(a.queueId) ?? 0) - (order.get(b.queueId) ?? 0) || (a.queueId < b.queueId ? -1 : 1));
  }, [rows, directory, only, wanted]);
}
function Count({ of }: { readonly of: number }) {
  const format = useFormat();
  return <span className={of === 0 ? classes.zero : undefined}>{format.number(of)}</span>;
}
export function Queues({ only }: { readonly only: string }) {
  const t = useText(wallboardText);
  const format = useFormat();
  const limits = useKnown();
  const { names } = limits;
  const rows = useQueues(only);
  const columns = useMemo((): Column<LiveQueue>[] => {
    const count = (key: keyof typeof t.head, of: (row: LiveQueue) => number, more: Partial<Column<LiveQueue>> = {}): Column<LiveQueue> => ({
      key,
      head: t.head[key],
      align: 'right',
      downFirst: true,
      sort: of,
      cell: (row) => <Count of={of(row)} />,
      ...more,
    });
    const levelHint = (row: LiveQueue): string => {
      const low = limits.levelTarget(row.queueId)?.low;
      return t.hint.level(String(limits.serviceLevelMs(row.queueId) / 1000)) + (low ? `. ${t.hint.levelTarget(format.percent(low, 0))}` : '');
    };
    return [
      { key: 'queue', head: t.head.queue, sort: (row) => names.of('queues', row.queueId), cell: (row) => <strong style={{ fontWeight: 500 }}>{names.of('queues', row.queueId)}</strong> },
      count('waiting', (row) => row.waiting, { cell: (row) => (row.waiting > 0 ? <strong>{format.number(row.waiting)}</strong> : <Count of={0} />) }),
      {
        key: 'longest',
        head: t.head.longest,
        align: 'right',
        downFirst: true,
        sort: (row) => Number(row.longestWaitMs),
        cell: (row) =>
          row.waiting > 0 ? (
            <Measure is={limits.wait(row.queueId, Number(row.longestWaitMs))} hint={t.hint.wait(String(limits.serviceLevelMs(row.queueId) / 1000))} quiet>
              {format.clock(Number(row.longestWaitMs))}
            </Measure>
          ) : (
            <span className={classes.zero}>–</span>
          ),
      },
      count('ready', (row) => row.agentsReady),
      count('talking', (row) => row.agentsTalking),
      count('wrap', (row) => row.agentsAfterCallWork, { wideOnly: true }),
      count('notReady', (row) => row.agentsNotReady, { wideOnly: true }),
      count('loggedIn', (row) => row.agentsLoggedIn, { wideOnly: true }),
      count('offered', (row) => row.offered, { wideOnly: true }),
      count('answered', (row) => row.answered, { wideOnly: true }),
      count('abandoned', (row) => row.abandoned, {
        wideOnly: true,
        cell: (row) => (
          <span title={row.shortAbandoned > 0 ? t.hint.abandonedShort(format.number(row.shortAbandoned)) : undefined}>
            <Count of={row.abandoned} />
          </span>
        ),
      }),
      {
        key: 'level',
        head: t.head.level,
        align: 'right',
        sort: (row) => levelOf(row),
        cell: (row) => {
          const level = levelOf(row);
          return level === undefined ? (
            <span className={classes.zero}>–</span>
          ) : (
            <Measure is={limits.level(row.queueId, level)} hint={levelHint(row)}>
              {format.percent(level, 0)}
            </Measure>
          );
        },
      },
      {
        key: 'asa',
        head: t.head.asa,
        hint: t.hint.asa,
        align: 'right',
        wideOnly: true,
        downFirst: true,
        sort: (row) => (row.answered > 0 ? Number(row.averageSpeedOfAnswerMs) : undefined),
        cell: (row) =>
          row.answered > 0 ? (
            <Measure is={limits.asa(row.queueId, Number(row.averageSpeedOfAnswerMs))} quiet>
              {format.duration(Number(row.averageSpeedOfAnswerMs))}
            </Measure>
          ) : (
            <span className={classes.zero}>–</span>
          ),
      },
    ];
  }, [t, format, names, limits]);
  return <DataTable label={t.queuesTable} columns={columns} rows={rows.length === 0 && !names.directory ? undefined : rows} rowKey={(row) => row.queueId} empty={t.queuesEmpty} maxHeight={420} />;
}
