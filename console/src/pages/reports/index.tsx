// SPDX-License-Identifier: Apache-2.0
// Figures by time and by who they belong to; every figure opens the contacts that it counts. The address holds what
// is shown, the browser which columns.
import { Button, Select } from '@mantine/core';
import { IconChartLine } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState, type ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { getJson } from '../../api/client';
import { useDefinitions, type Definition } from '../../api/definitions';
import { useDirectory, type Names } from '../../api/directory';
import { serverNow } from '../../parts/clock';
import { DataTable, type Column } from '../../parts/DataTable';
import { ErrorNote } from '../../parts/ErrorNote';
import { ExportMenu } from '../../parts/ExportMenu';
import { Measure } from '../../parts/Measure';
import { Page, Panel } from '../../parts/Page';
import { rangeOf, rangeUs, type Range } from '../../parts/range';
import { RangePicker } from '../../parts/RangePicker';
import { standing, targetOf } from '../../parts/targets';
import { useFormat, useText, type Format } from '../../text';
import { msOfUs } from '../../text/format';
import { reportsText } from '../../text/reports';
import { contactsAddress, type Filter } from '../contacts/filter';
import type { ChartData } from './Chart';
import { ColumnChooser, useChosenColumns } from './ColumnChooser';
import { columnsOf, dimensions, figureOf, intervalAllowed, intervalFor, intervals, rangeOfRow, type Dimension, type Interval, type Report, type ReportRow } from './figures';
import { FunnelPanel } from './FunnelPanel';
import { figureText, Meaning, useTargetText } from './Meaning';
import classes from './reports.module.css';

const Chart = lazy(() => import('./Chart'));
const CHART_KEY = 'farseat.reports.chart';
const BARS_MAX = 40;

function nameOf(by: Dimension, id: string, names: Names): string {
  if (by === 'queue') return id ? names.of('queues', id) : '–';
  if (by === 'agent') return names.agent(id);
  if (by === 'site') return id ? names.of('sites', id) : '–';
  return id || '–';
}
function whose(by: Dimension, id: string): Partial<Filter> {
  return by === 'queue' ? { queue: id } : by === 'agent' ? { agent: id } : by === 'site' ? { site: id } : by === 'number' ? { published: id } : {};
}
/** An interval's name, as short as its report allows. */
function labelOf(row: ReportRow, oneDay: boolean, format: Format): string {
  const at = msOfUs(row.fromUs);
  if (row.label.includes('T')) return oneDay ? row.label.slice(11) : `${format.date(at, 'weekday')} ${row.label.slice(11)}`;
  return /^\d{4}-\d{2}-\d{2}$/.test(row.label) ? format.date(at, 'weekday') : row.label;
}
function useReport(query: Record<string, string> | undefined, every: number | false) {
  const path = query && new URLSearchParams(query).toString();
  return useQuery({
    queryKey: ['report', path],
    queryFn: () => getJson<Report>(`/api/v1/reports/table?${path}`),
    enabled: query !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: every,
  });
}
export default function Reports() {
  const shared = useText();
  const t = useText(reportsText);
  const format = useFormat();
  const names = useDirectory();
  const definitions = useDefinitions();
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const zone = format.zone;
  const range = useMemo(() => rangeOf(new URLSearchParams(text), 'today', serverNow(), zone), [text, zone]);
  const by: Dimension = dimensions.find((one) => one === params.get('by')) ?? 'queue';
  const asked = intervals.find((one) => one === params.get('every')) ?? (by === 'all' ? intervalFor(range) : 'all');
  const every: Interval = intervalAllowed(asked, range) ? asked : intervalFor(range);
  const id = by === 'all' ? '' : (params.get('id') ?? '');
  const change = (next: Record<string, string | null>): void =>
    setParams(
      (before) => {
        for (const [key, value] of Object.entries(next)) if (value) before.set(key, value);
        else before.delete(key);
        return before;
      },
      { replace: true },
    );
  const query = useMemo(() => ({ from: range.from, to: range.to, interval: every, by, ...(id ? { id } : {}), before: 'true' }), [range, every, by, id]);
  const goesOn = Number(rangeUs(range, zone).toUs) / 1000 > serverNow();
  const refresh = goesOn ? 60_000 : (false as const);
  const known = names.directory !== undefined;
  const report = useReport(known ? query : undefined, refresh);
  const wantsAll = by !== 'all' && by !== 'agent' && !id;
  const all = useReport(known && wantsAll ? { from: range.from, to: range.to, interval: every, by: 'all', before: 'true' } : undefined, refresh);
  const of = by === 'agent' ? 'agent' : 'queue';
  const [chosen, setChosen] = useChosenColumns(of);
  const columns = useMemo(() => (definitions ? columnsOf(definitions, of, chosen) : []), [definitions, of, chosen?.join()]);
  const rows = report.data ? (every === 'all' ? report.data.totals : report.data.rows) : undefined;
  const total = by === 'all' || id ? report.data?.totals[0] : wantsAll ? all.data?.totals[0] : undefined;
  const before = by === 'all' || id ? report.data?.before[0] : wantsAll ? all.data?.before[0] : undefined;
  const table = useColumns({ by, every, range, columns, zone, total, before, names });
  const foot = [total, before].filter((row): row is ReportRow => row !== undefined);
  const until = msOfUs(report.data?.dataUntilUs);
  const exported = new URLSearchParams(query);
  exported.delete('before');
  return (
    <Page
      wide
      title={shared.nav.reports}
      lead={report.data ? (until ? t.until(format.date(until, 'dateTimeSeconds')) : t.untilNone) : undefined}
      actions={<ExportMenu path={`/api/v1/reports/export?${exported.toString()}`} disabled={!rows || rows.length === 0} />}
    >
      <div className={classes.bar} role="search">
        <RangePicker value={range} onPreset={(preset) => change({ range: preset, from: null, to: null, every: null })} onRange={(own: Range) => change({ from: own.from, to: own.to, range: null, every: null })} />
        <Select aria-label={t.by.label} w={128} allowDeselect={false} checkIconPosition="right" data={dimensions.map((value) => ({ value, label: t.by[value] }))} value={by} onChange={(next) => change({ by: next, id: null })} />
        <Select
          aria-label={t.every.label}
          w={128}
          allowDeselect={false}
          checkIconPosition="right"
          data={intervals.map((value) => ({ value, label: t.every[value], disabled: !intervalAllowed(value, range) }))}
          value={every}
          onChange={(next) => change({ every: next })}
        />
        {by !== 'all' ? <OneOf by={by} id={id} names={names} seen={report.data} onChange={(next) => change({ id: next })} /> : null}
        <ColumnChooser all={definitions?.filter((row) => row.of === of) ?? []} chosen={columns} onChange={setChosen} />
      </div>
      <div className={classes.stack}>
        {range.from.length === 10 && range.to.length === 10 && !id ? <FunnelPanel range={range} every={refresh} /> : null}
        <ChartPanel by={by} every={every} id={id} range={range} columns={columns} report={report.data} all={all.data} names={names} />
        <Panel flush>
          {report.data?.cut ? <p style={{ padding: '10px 16px 0', margin: 0 }}>{t.cut}</p> : null}
          {report.error && !report.data ? (
            <div style={{ padding: 16 }}>
              <ErrorNote error={report.error} retry={() => void report.refetch()} />
            </div>
          ) : (
            <DataTable
              key={`${by}.${every}`}
              label={t.table}
              columns={table}
              rows={definitions ? rows : undefined}
              rowKey={(row) => `${row.fromUs}.${row.id}.${row === before ? 'before' : ''}`}
              error={report.error}
              retry={() => void report.refetch()}
              empty={
                <>
                  <strong>{t.empty}</strong>
                  <br />
                  {t.emptyMore}
                </>
              }
              foot={rows && rows.length > 0 ? foot : []}
              maxHeight="max(420px, calc(100vh - 200px))"
            />
          )}
        </Panel>
      </div>
    </Page>
  );
}
function OneOf({ by, id, names, seen, onChange }: { readonly by: Exclude<Dimension, 'all'>; readonly id: string; readonly names: Names; readonly seen: Report | undefined; readonly onChange: (id: string | null) => void }) {
  const t = useText(reportsText);
  const data =
    by === 'queue'
      ? names.options('queues')
      : by === 'site'
        ? names.options('sites')
        : by === 'agent'
          ? (names.directory?.agents ?? []).map((agent) => ({ value: agent.id, label: agent.name || agent.id }))
          : [...new Set(seen?.totals.map((row) => row.id).filter(Boolean))].map((value) => ({ value, label: value }));
  const list = !id || data.some((row) => row.value === id) ? data : [...data, { value: id, label: nameOf(by, id, names) }];
  return <Select aria-label={t.by[by]} placeholder={t.only[by]} w={150} data={list} value={id || null} onChange={onChange} clearable clearButtonProps={{ 'aria-label': t.only[by] }} searchable={list.length > 8} checkIconPosition="right" />;
}
interface ColumnsOf {
  readonly by: Dimension;
  readonly every: Interval;
  readonly range: Range;
  readonly columns: readonly Definition[];
  readonly zone: string | undefined;
  readonly total: ReportRow | undefined;
  readonly before: ReportRow | undefined;
  readonly names: Names;
}
function useColumns({ by, every, range, columns, zone, total, before, names }: ColumnsOf): Column<ReportRow>[] {
  const t = useText(reportsText);
  const format = useFormat();
  const targetText = useTargetText();
  const { directory } = names;
  return useMemo(() => {
    const oneDay = range.from.slice(0, 10) === range.to.slice(0, 10);
    const summed = (row: ReportRow): string => (row === before ? t.before : t.total);
    const isFoot = (row: ReportRow): boolean => row === total || row === before;
    const made: Column<ReportRow>[] = [];
    const time = every !== 'all';
    if (time)
      made.push({
        key: 'time',
        head: t.time,
        sort: (row) => Number(row.fromUs),
        cell: (row) => <span style={{ whiteSpace: 'nowrap' }}>{isFoot(row) ? summed(row) : labelOf(row, oneDay, format)}</span>,
      });
    if (by !== 'all' || !time)
      made.push({
        key: 'who',
        head: by === 'all' ? t.by.all : t.by[by],
        sort: (row) => nameOf(by, row.id, names),
        cell: (row) => <span style={{ whiteSpace: 'nowrap' }}>{isFoot(row) ? (time ? '' : summed(row)) : by === 'all' ? t.by.all : nameOf(by, row.id, names)}</span>,
      });
    for (const definition of columns) {
      const target = (row: ReportRow) => targetOf(directory?.targets, definition.id, by === 'queue' ? row.id : '');
      const general = targetOf(directory?.targets, definition.id, '');
      const name = format.label(definition.name, definition.id);
      made.push({
        key: definition.id,
        head: name,
        info: <Meaning definition={definition} target={general} />,
        align: 'right',
        downFirst: true,
        sort: (row) => figureOf(row, definition),
        cell: (row): ReactNode => {
          const value = figureOf(row, definition);
          const words = figureText(value, definition.unit, format);
          const wanted = target(row);
          const inner =
            row === before ? (
              <span className={classes.soft}>{words}</span>
            ) : (
              <Measure is={standing(value, wanted)} hint={wanted ? `${t.target.title}: ${targetText(wanted, definition.unit)}` : undefined}>
                {words}
              </Measure>
            );
          if (!definition.counts || !value) return inner;
          const where = isFoot(row) ? whose(by, row.id) : whose(by, row.id);
          return (
            <Link className={classes.figure} to={contactsAddress(rangeOfRow(row, zone), { ...where, counts: definition.counts })} title={t.contacts(name)}>
              {inner}
            </Link>
          );
        },
      });
    }
    return made;
  }, [by, every, range, columns, zone, total, before, names, directory, t, format, targetText]);
}
interface ChartPanelProps {
  readonly by: Dimension;
  readonly every: Interval;
  readonly id: string;
  readonly range: Range;
  readonly columns: readonly Definition[];
  readonly report: Report | undefined;
  readonly all: Report | undefined;
  readonly names: Names;
}
function ChartPanel({ by, every, id, range, columns, report, all, names }: ChartPanelProps) {
  const t = useText(reportsText);
  const format = useFormat();
  const [open, setOpen] = useState(localStorage.getItem(CHART_KEY) !== 'no');
  const [figure, setFigure] = useState<string>();
  const definition = columns.find((row) => row.id === figure) ?? columns[0];
  const data = useMemo((): ChartData | undefined => {
    if (!definition || !report) return undefined;
    const overTime = every !== 'all' && (by === 'all' || id !== '' || by !== 'agent');
    const source = by === 'all' || id ? report : overTime ? all : report;
    if (!source) return undefined;
    const oneDay = range.from.slice(0, 10) === range.to.slice(0, 10);
    if (overTime)
      return {
        kind: 'line',
        unit: definition.unit,
        labels: source.rows.map((row) => labelOf(row, oneDay, format)),
        series: [
          { name: t.chartThis, values: source.rows.map((row) => figureOf(row, definition)) },
          { name: t.chartBefore, values: source.rowsBefore.map((row) => figureOf(row, definition)) },
        ],
      };
    if (by === 'all' || id) return undefined; // one number is no chart
    const rows = [...source.totals].sort((a, b) => (figureOf(b, definition) ?? -1) - (figureOf(a, definition) ?? -1)).slice(0, BARS_MAX);
    const earlier = new Map(source.before.map((row) => [row.id, row]));
    return {
      kind: 'bar',
      unit: definition.unit,
      labels: rows.map((row) => nameOf(by, row.id, names)),
      series: [
        { name: t.chartThis, values: rows.map((row) => figureOf(row, definition)) },
        { name: t.chartBefore, values: rows.map((row) => figureOf(earlier.get(row.id), definition)) },
      ],
    };
  }, [definition, report, all, by, every, id, range, names, format, t]);
  if (!definition || (report && !data && (by === 'all' || id))) return null;
  const name = format.label(definition.name, definition.id);
  const show = (next: boolean): void => {
    localStorage.setItem(CHART_KEY, next ? 'yes' : 'no');
    setOpen(next);
  };
  return (
    <Panel
      title={t.chart}
      flush
      actions={
        <span style={{ display: 'flex', gap: 8, minWidth: 0 }}>
          {open ? (
            <Select
              size="xs"
              style={{ width: 200, minWidth: 90, flexShrink: 1 }}
              aria-label={t.chartOf}
              allowDeselect={false}
              checkIconPosition="right"
              data={columns.map((row) => ({ value: row.id, label: format.label(row.name, row.id) }))}
              value={definition.id}
              onChange={(next) => setFigure(next ?? undefined)}
            />
          ) : null}
          <Button size="xs" variant="subtle" color="gray" style={{ flexShrink: 0 }} leftSection={<IconChartLine size={15} />} aria-expanded={open} onClick={() => show(!open)}>
            {open ? t.chartHide : t.chartShow}
          </Button>
        </span>
      }
    >
      {open ? (
        <Suspense fallback={<div className={classes.chartEmpty} />}>
          {data && data.labels.length > 0 ? <Chart data={data} label={t.chartLabel(name)} className={classes.chart} /> : <div className={classes.chartEmpty}>{report ? t.empty : ''}</div>}
        </Suspense>
      ) : (
        <div style={{ height: 10 }} />
      )}
    </Panel>
  );
}
