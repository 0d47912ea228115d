// SPDX-License-Identifier: Apache-2.0
// The search of finished contacts; the address holds time and filters.
import { Button, CloseButton, Select, TextInput } from '@mantine/core';
import { IconArrowsRightLeft, IconFilter, IconMicrophone, IconSearch, IconStar } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router-dom';
import { api, ok, type Schemas } from '../../api/client';
import { useDefinitions } from '../../api/definitions';
import { useDirectory, type Names } from '../../api/directory';
import { useMay } from '../../api/session';
import { serverNow } from '../../parts/clock';
import { DataTable, type Column } from '../../parts/DataTable';
import { ExportMenu } from '../../parts/ExportMenu';
import { Page, Panel } from '../../parts/Page';
import { rangeOf, type Range } from '../../parts/range';
import { RangePicker } from '../../parts/RangePicker';
import { StateBadge } from '../../parts/StateBadge';
import { useFormat, useText } from '../../text';
import { msOfUs } from '../../text/format';
import { contactsText } from '../../text/contacts';
import classes from './contacts.module.css';
import { filterOf, searchQuery, type Filter, type FilterKey } from './filter';

export type ContactRecord = Schemas['ContactRecord'];
const PAGE = 100;

function useColumns(names: Names): Column<ContactRecord>[] {
  const t = useText(contactsText);
  const format = useFormat();
  return useMemo(() => {
    const length = (key: 'wait' | 'talk' | 'duration', of: (row: ContactRecord) => string, more: Partial<Column<ContactRecord>> = {}): Column<ContactRecord> => ({
      key,
      head: t.head[key],
      align: 'right',
      cell: (row) => (Number(of(row)) > 0 ? format.clock(Number(of(row))) : <span className={classes.soft}>–</span>),
      ...more,
    });
    return [
      { key: 'time', head: t.head.time, cell: (row) => <span style={{ whiteSpace: 'nowrap' }}>{format.date(msOfUs(row.startedAtUs), 'short')}</span> },
      { key: 'caller', head: t.head.caller, cell: (row) => <span className={classes.who}>{format.phone(row.caller)}{row.callerName && row.caller?.kind !== 'NUMBER_ANONYMOUS' ? <span className={classes.soft}> {row.callerName}</span> : null}</span> },
      { key: 'dialled', head: t.head.dialled, wideOnly: true, cell: (row) => row.published || row.dialled },
      { key: 'queue', head: t.head.queue, wideOnly: true, cell: (row) => <span className={classes.cut}>{row.queueId ? names.of('queues', row.queueId) : '–'}</span> },
      { key: 'agents', head: t.head.agents, wideOnly: true, cell: (row) => (row.agentIds.length > 0 ? <span className={classes.cut}>{row.agentIds.map(names.agent).join(', ')}</span> : <span className={classes.soft}>–</span>) },
      { key: 'result', head: t.head.result, cell: (row) => <StateBadge of="result" state={row.result} plain /> },
      length('wait', (row) => row.waitMs, { wideOnly: true }),
      length('talk', (row) => row.talkMs, { wideOnly: true }),
      length('duration', (row) => row.durationMs),
      { key: 'disposition', head: t.head.disposition, wideOnly: true, cell: (row) => <span className={classes.cut}>{row.disposition ? names.of('dispositions', row.disposition) : ''}</span> },
      {
        key: 'marks',
        head: t.head.marks,
        wideOnly: true,
        cell: (row) => (
          <span className={classes.marks}>
            {row.recordingIds.length > 0 ? <IconMicrophone size={16} role="img" aria-label={t.recorded} title={t.recorded} /> : null}
            {row.transfers > 0 ? <IconArrowsRightLeft size={16} role="img" aria-label={t.transferred(String(row.transfers))} title={t.transferred(String(row.transfers))} /> : null}
            {row.surveyAnswered ? (
              <span title={t.score(String(row.surveyScore))}>
                <IconStar size={15} role="img" aria-label={t.score(String(row.surveyScore))} style={{ verticalAlign: -2 }} />
                {row.surveyScore}
              </span>
            ) : null}
          </span>
        ),
      },
    ];
  }, [t, format, names]);
}
/** A text filter that is asked for when typing pauses. */
function NumberField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const t = useText(contactsText);
  const [typed, setTyped] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => latest.current(typed.trim()), 500);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typed.trim());
      }}
    >
      <TextInput type="search" inputMode="tel" aria-label={`${t.number}. ${t.numberHint}`} title={t.numberHint} placeholder={t.number} leftSection={<IconSearch size={15} />} w={150} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
    </form>
  );
}
export default function Contacts() {
  const shared = useText();
  const t = useText(contactsText);
  const format = useFormat();
  const names = useDirectory();
  const seesAll = useMay('CONTACT_READ_ALL');
  const definitions = useDefinitions();
  const [params, setParams] = useSearchParams();
  const columns = useColumns(names);
  const text = params.toString();
  const zone = format.zone;
  const range = useMemo(() => rangeOf(new URLSearchParams(text), 'today', serverNow(), zone), [text, zone]);
  const filter = useMemo(() => filterOf(new URLSearchParams(text)), [text]);
  const query = useMemo(() => searchQuery(filter, range, zone), [filter, range, zone]);
  const change = (next: Record<string, string | null>): void =>
    setParams(
      (before) => {
        for (const [key, value] of Object.entries(next)) if (value) before.set(key, value);
        else before.delete(key);
        return before;
      },
      { replace: true },
    );
  const search = useInfiniteQuery({
    queryKey: ['contacts', query],
    queryFn: ({ pageParam, signal }) => ok(api.GET('/api/v1/contacts', { params: { query: { ...query, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } as never }, signal })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor || undefined,
    enabled: names.directory !== undefined || !zone,
  });
  const rows = useMemo(() => search.data?.pages.flatMap((page) => page.contacts), [search.data]);
  const others: FilterKey[] = ['site', 'published', 'disposition'];
  const [wide, setWide] = useState(others.some((key) => filter[key]));
  const results: Record<string, string> = shared.contactResult;
  const choice = (key: FilterKey, label: string, data: { value: string; label: string }[], width = 132): ReactNode => (
    <Select key={key} aria-label={label} placeholder={label} w={width} data={withValue(data, filter[key])} value={filter[key] || null} onChange={(next) => change({ [key]: next })} clearable clearButtonProps={{ 'aria-label': t.without(label) }} searchable={data.length > 8} checkIconPosition="right" />
  );
  const chips: [FilterKey, string][] = [];
  const figure = definitions?.find((row) => row.counts === filter.counts && row.id === filter.counts) ?? definitions?.find((row) => row.counts === filter.counts);
  if (filter.counts) chips.push(['counts', t.counts(figure ? format.label(figure.name, figure.id) : filter.counts)]);
  if (filter.customer) chips.push(['customer', t.customer]);
  const narrowed = (Object.keys(filter) as FilterKey[]).some((key) => filter[key]);
  const done = rows && !search.hasNextPage;
  return (
    <Page
      wide
      title={shared.nav.contacts}
      lead={seesAll ? undefined : t.own}
      actions={
        seesAll ? <ExportMenu path={`/api/v1/contacts/export?${new URLSearchParams(query).toString()}`} disabled={!rows || rows.length === 0} /> : null
      }
    >
      <div className={classes.bar} role="search">
        <RangePicker value={range} onPreset={(preset) => change({ range: preset, from: null, to: null })} onRange={(own: Range) => change({ from: own.from, to: own.to, range: null })} />
        <NumberField value={filter.number} onChange={(number) => change({ number })} />
        {choice('queue', t.queue, names.options('queues'))}
        {seesAll ? choice('agent', t.agent, (names.directory?.agents ?? []).map((agent) => ({ value: agent.id, label: agent.name || agent.id }))) : null}
        {choice('result', t.result, Object.keys(results).filter((key) => key !== 'RESULT_UNKNOWN').map((key) => ({ value: key, label: results[key] ?? key })))}
        {wide ? (
          <>
            {choice('site', t.site, names.options('sites'), 130)}
            {choice('published', t.published, numbersOf(names), 160)}
            {choice('disposition', t.disposition, names.options('dispositions'))}
          </>
        ) : (
          <Button variant="subtle" color="gray" leftSection={<IconFilter size={16} />} onClick={() => setWide(true)}>
            {t.filters}
          </Button>
        )}
        {narrowed ? (
          <Button variant="subtle" onClick={() => change(Object.fromEntries(Object.keys(filter).map((key) => [key, null])))}>
            {t.clear}
          </Button>
        ) : null}
      </div>
      {chips.length > 0 ? (
        <div className={classes.chips}>
          {chips.map(([key, words]) => (
            <span key={key} className={classes.chip}>
              {words}
              <CloseButton size="xs" radius="xl" aria-label={t.without(words)} onClick={() => change({ [key]: null })} />
            </span>
          ))}
        </div>
      ) : null}
      <Panel flush>
        <DataTable
          label={t.table}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.contactId}
          href={(row) => `/contact/${row.contactId}`}
          error={search.error}
          retry={() => void search.refetch()}
          empty={
            <>
              <strong>{t.empty}</strong>
              <br />
              {t.emptyMore}
            </>
          }
          maxHeight="max(360px, calc(100vh - 236px))"
        />
        {rows && rows.length > 0 ? (
          <div className={classes.foot}>
            <span aria-live="polite">{(done ? t.shownAll : t.shown)(format.number(rows.length))}</span>
            {search.hasNextPage ? (
              <Button size="xs" variant="default" loading={search.isFetchingNextPage} onClick={() => void search.fetchNextPage()}>
                {t.more}
              </Button>
            ) : null}
          </div>
        ) : null}
      </Panel>
    </Page>
  );
}
/** What is chosen stays shown, also when it is not configured any more. */
function withValue(data: { value: string; label: string }[], value: string): { value: string; label: string }[] {
  return !value || data.some((row) => row.value === value) ? data : [...data, { value, label: value }];
}
function numbersOf(names: Names): { value: string; label: string }[] {
  return names.options('numbers').map((row) => ({ value: row.value, label: row.label === row.value ? row.value : `${row.value} ${row.label}` }));
}
export type { Filter };
