// SPDX-License-Identifier: Apache-2.0
// Sensitive acts, newest first; the address holds the filter.
import { Button, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useSearchParams } from 'react-router-dom';
import { getJson, type Schemas } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { Panel } from '../../parts/Page';
import { useFormat, useText } from '../../text';
import { adminPartsText } from '../../text/adminParts';
import { msOfUs } from '../../text/format';
import classes from './admin.module.css';

type Entry = Schemas['AuditEntry'];
const keys = ['login', 'action', 'target'] as const;

export function Audit() {
  const t = useText(adminPartsText).audit;
  const shared = useText();
  const format = useFormat();
  const [address, setAddress] = useSearchParams();
  const filter = Object.fromEntries(keys.map((key) => [key, address.get(key) ?? '']));
  const [typed, setTyped] = useState(filter);
  const entries = useInfiniteQuery({
    queryKey: ['audit', filter],
    initialPageParam: '0',
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({ limit: '100', ...(pageParam === '0' ? {} : { cursor: pageParam }) });
      for (const [key, value] of Object.entries(filter)) if (value) query.set(key, value);
      return getJson<Schemas['AuditReply']>(`/api/v1/audit?${query}`);
    },
    getNextPageParam: (last) => (Number(last.next) > 0 ? String(last.next) : undefined),
  });
  const rows = entries.data?.pages.flatMap((page) => page.entries);
  const columns: Column<Entry>[] = [
    { key: 'at', head: t.at, cell: (one) => format.date(msOfUs(one.atUs)) },
    { key: 'login', head: t.login, cell: (one) => one.login },
    { key: 'client', head: t.client, cell: (one) => one.client, wideOnly: true },
    { key: 'action', head: t.action, cell: (one) => one.action },
    { key: 'target', head: t.target, cell: (one) => one.target },
    { key: 'outcome', head: t.outcome, cell: (one) => one.outcome },
  ];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setAddress(Object.fromEntries(Object.entries(typed).filter(([, value]) => value)), { replace: true });
  };
  return (
    <Panel title={t.title} flush>
      <p className={classes.about}>{t.about}</p>
      <form className={classes.filter} onSubmit={submit} role="search">
        {keys.map((key) => (
          <TextInput key={key} size="xs" label={t[key]} name={key} value={typed[key] ?? ''} onChange={(event) => setTyped({ ...typed, [key]: event.currentTarget.value })} />
        ))}
        <Button type="submit" size="xs" variant="default">
          {t.filter}
        </Button>
      </form>
      <DataTable label={t.title} columns={columns} rows={rows} rowKey={(one) => `${one.atUs}${one.login}${one.action}${one.target}`} error={entries.error} retry={() => void entries.refetch()} empty={shared.table.empty} />
      {entries.hasNextPage ? (
        <Button variant="subtle" m={8} size="xs" loading={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
          {t.older}
        </Button>
      ) : null}
    </Panel>
  );
}
