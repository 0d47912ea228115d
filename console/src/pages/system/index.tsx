// SPDX-License-Identifier: Apache-2.0
// How each process is, and what does not work in words.
import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '../../api/client';
import { useLive } from '../../api/live';
import type { LiveService, LiveState } from '../../api/liveState';
import { useMay } from '../../api/session';
import { useNow } from '../../parts/clock';
import { DataTable, type Column } from '../../parts/DataTable';
import { ErrorNote } from '../../parts/ErrorNote';
import { Page, Panel } from '../../parts/Page';
import { StateBadge, ToneBadge } from '../../parts/StateBadge';
import { useFormat, useText, type Format } from '../../text';
import { msOfUs } from '../../text/format';
import { systemText } from '../../text/system';
import { figureIn, nearLimit, newest, shownLoad, type LoadFigure } from './load';
import classes from './system.module.css';

const SILENT_MS = 15_000;
const liveServices = (state: LiveState): LiveService[] => [...state.services.values()];

function useSystem() {
  return useQuery({ queryKey: ['system'], queryFn: () => ok(api.GET('/api/v1/system')), refetchInterval: 5000 });
}
function loadText(figure: LoadFigure, format: Format, ofLimit: (value: string, limit: string) => string): string {
  const say = (value: number): string => (figure.unit === 'bytes' ? format.bytes(value) : figure.unit === 's' ? format.duration(value * 1000) : format.number(value));
  return figure.limit > 0 ? ofLimit(say(figure.value), say(figure.limit)) : say(figure.value);
}
export default function System() {
  const shared = useText();
  const t = useText(systemText);
  const { data, error, refetch } = useSystem();
  const live = useLive(liveServices, ['services']);
  const services = useMemo(() => newest(data?.services ?? [], live), [data, live]);
  const faults = data?.faults ?? [];
  const format = useFormat();
  return (
    <Page wide title={shared.nav.system}>
      <div className={classes.stack}>
        {error ? <ErrorNote error={error} retry={() => void refetch()} /> : null}
        <div role="status" aria-live="polite">
          {!data ? (
            error ? null : (
              <Panel flush>
                <div className={classes.well}>{t.loading}</div>
              </Panel>
            )
          ) : faults.length === 0 ? (
            <Panel flush>
              <div className={classes.well}>
                <IconCircleCheckFilled size={26} color="var(--far-good)" aria-hidden />
                <div>
                  <strong>{t.well}</strong>
                  <div className={classes.soft}>{t.wellMore(format.number(services.length))}</div>
                </div>
              </div>
            </Panel>
          ) : (
            <Panel title={t.faults} flush>
              <Faults faults={faults} />
            </Panel>
          )}
        </div>
        <Panel title={t.processes} flush>
          <Processes services={data || live.length > 0 ? services : undefined} />
        </Panel>
        <Replicas services={services} />
      </div>
    </Page>
  );
}
function Faults({ faults }: { readonly faults: readonly { code: string; instance: string; text: string; severity: string }[] }) {
  const t = useText(systemText);
  const meanings: Record<string, string> = t.meaning;
  const todos: Record<string, string> = t.todo;
  return (
    <ul className={classes.faults}>
      {faults.map((fault) => (
        <li key={`${fault.code}/${fault.instance}`} className={classes.fault} data-is={fault.severity}>
          <StateBadge of="health" state={fault.severity} />
          <div>
            <p>
              <strong>{meanings[fault.code] ?? fault.code}</strong>
            </p>
            {todos[fault.code] ? (
              <p>
                <span className={classes.soft}>{t.remedy}: </span>
                {todos[fault.code]}
              </p>
            ) : null}
            <p className={classes.soft}>
              {fault.instance ? t.at(fault.instance) : ''}
              {fault.text ? (
                <>
                  {fault.instance ? ' · ' : ''}
                  <span lang="en">{fault.text}</span>
                </>
              ) : null}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
function State({ row }: { readonly row: LiveService }) {
  const t = useText(systemText);
  const format = useFormat();
  const silent = useNow() - (msOfUs(row.atUs) ?? 0);
  if (row.state === 'silent' || silent > SILENT_MS)
    return (
      <ToneBadge tone="bad">
        {t.silent} <span className={classes.soft}>{t.silentFor(format.duration(silent))}</span>
      </ToneBadge>
    );
  return <StateBadge of="health" state={row.state} />;
}
function Uptime({ row }: { readonly row: LiveService }) {
  const format = useFormat();
  const now = useNow();
  const started = msOfUs(row.startedAtUs);
  return <span title={format.date(started, 'dateTimeSeconds')}>{started ? format.duration(now - started) : '–'}</span>;
}
function Processes({ services }: { readonly services: readonly LiveService[] | undefined }) {
  const t = useText(systemText);
  const format = useFormat();
  const columns = useMemo((): Column<LiveService>[] => {
    const programs: Record<string, string> = t.program;
    const names: Record<string, string> = t.load;
    return [
      {
        key: 'instance',
        head: t.head.instance,
        sort: (row) => row.instance,
        cell: (row) => (
          <>
            <span className={classes.name}>{row.instance}</span>
            <span className={classes.soft}>{programs[row.program] ?? row.program}</span>
          </>
        ),
      },
      { key: 'state', head: t.head.state, sort: (row) => row.state, cell: (row) => <State row={row} /> },
      {
        key: 'load',
        head: t.head.load,
        cell: (row) => (
          <dl className={classes.load}>
            {shownLoad(row.load).map((figure) => (
              <div key={figure.name} title={figure.name} data-near={nearLimit(figure) || undefined}>
                <dt>{names[figure.name] ?? figure.name}</dt>
                <dd>{loadText(figure, format, t.ofLimit)}</dd>
              </div>
            ))}
          </dl>
        ),
      },
      {
        key: 'checks',
        head: t.head.checks,
        wideOnly: true,
        cell: (row) => {
          const bad = row.checks.filter((check) => check.state !== 'ok');
          if (bad.length === 0) return <span className={classes.soft} style={{ whiteSpace: 'nowrap' }} title={row.checks.map((check) => check.name).join(', ')}>{t.checks}</span>;
          return bad.map((check) => (
            <div key={check.name} className={classes.bad}>
              <StateBadge of="health" state={check.state} more={check.name} plain /> <span lang="en" className={classes.soft}>{check.text}</span>
            </div>
          ));
        },
      },
      { key: 'cpu', head: t.head.cpu, align: 'right', wideOnly: true, downFirst: true, sort: (row) => row.cpu, cell: (row) => format.percent(row.cpu, 1) },
      { key: 'memory', head: t.head.memory, align: 'right', wideOnly: true, downFirst: true, sort: (row) => Number(row.memoryBytes), cell: (row) => <span style={{ whiteSpace: 'nowrap' }}>{format.bytes(Number(row.memoryBytes))}</span> },
      { key: 'uptime', head: t.head.uptime, align: 'right', wideOnly: true, sort: (row) => -Number(row.startedAtUs), cell: (row) => <span style={{ whiteSpace: 'nowrap' }}><Uptime row={row} /></span> },
      { key: 'version', head: t.head.version, wideOnly: true, sort: (row) => row.version, cell: (row) => row.version },
    ];
  }, [t, format]);
  return <DataTable label={`${t.processes}: ${t.head.load}`} columns={columns} rows={services} rowKey={(row) => row.instance} empty={t.empty} />;
}
function Replicas({ services }: { readonly services: readonly LiveService[] }) {
  const t = useText(systemText);
  const format = useFormat();
  const may = useMay('CONFIG_READ');
  const { data, error } = useQuery({ queryKey: ['status'], queryFn: () => ok(api.GET('/api/v1/status')), enabled: may, refetchInterval: 5000 });
  const replicas = services.filter((row) => row.program === 'acd');
  const whole = (text: string): string => format.number(Number(text));
  return (
    <Panel title={t.acd.title}>
      <p className={classes.soft} style={{ margin: 0 }}>
        {t.acd.lead}
      </p>
      <div className={classes.replicas}>
        {replicas.map((row) => {
          const leads = figureIn(row.load, 'farseat_acd_leader') === 1;
          const halted = (figureIn(row.load, 'farseat_acd_halted') ?? 0) > 0;
          return (
            <div key={row.instance} className={classes.replica}>
              <strong style={{ fontWeight: 500 }}>{row.instance}</strong>
              <ToneBadge tone={halted ? 'bad' : leads ? 'good' : 'off'}>{halted ? t.acd.halted : leads ? t.acd.leads : t.acd.follows}</ToneBadge>
              <span className={classes.soft}>
                {t.acd.lag}: {format.number(figureIn(row.load, 'farseat_acd_lag') ?? 0)}
              </span>
            </div>
          );
        })}
      </div>
      {error ? <ErrorNote error={error} /> : null}
      {data ? (
        <dl className={classes.facts}>
          <Fact name={t.acd.leader} value={data.leader || '–'} />
          <Fact name={t.acd.position} value={whole(data.position)} />
          <Fact name={t.acd.snapshot} value={whole(data.snapshotPosition)} />
          <Fact name={t.acd.config} value={whole(data.configVersion)} />
          <Fact name={t.acd.core} value={String(data.coreVersion)} />
          <Fact name={t.acd.outstanding} value={format.number(data.commandsOutstanding)} />
          <Fact name={t.acd.unstored} value={whole(data.recordsUnstored)} />
          <Fact name={t.acd.hash} value={BigInt(data.stateHash || 0).toString(16)} />
          <Fact name={t.acd.incarnation} value={data.logIncarnation} />
        </dl>
      ) : null}
    </Panel>
  );
}
function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
