// SPDX-License-Identifier: Apache-2.0
// One's own account: language and appearance, password, sessions.
import { Badge, Button, PasswordInput, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, getJson, ok, sendJson } from '../../api/client';
import { useSession } from '../../api/session';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { DataTable, type Column } from '../../parts/DataTable';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyDone, notifyError } from '../../parts/notify';
import { Page, Panel } from '../../parts/Page';
import { chooseLanguage, useFormat, useLanguage, useText, type Language } from '../../text';
import { accountText } from '../../text/account';
import { msOfUs } from '../../text/format';
import classes from './account.module.css';
import { browserName } from './browser';

interface OneSession {
  readonly sessionId: string;
  readonly client: string;
  readonly userAgent: string;
  readonly createdAtUs: string;
  readonly usedAtUs: string;
  readonly current: boolean;
}
const PASSWORD_MIN = 10;
const roleNames = ['agent', 'supervisor', 'quality', 'administrator'] as const;

function Appearance() {
  const t = useText(accountText);
  const shared = useText();
  const language = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choose = (next: string): void => {
    chooseLanguage(next as Language);
    sendJson('/api/v1/me/language', { language: next }).catch(notifyError);
  };
  return (
    <Panel title={t.appearance}>
      <div className={classes.row}>
        <SegmentedControl aria-label={shared.language.choose} data={[{ value: 'zh', label: '中文' }, { value: 'en', label: 'English' }]} value={language} onChange={choose} />
        <SegmentedControl
          aria-label={shared.header.theme}
          data={[
            { value: 'light', label: shared.header.light },
            { value: 'dark', label: shared.header.dark },
            { value: 'auto', label: shared.header.auto },
          ]}
          value={colorScheme}
          onChange={(next) => setColorScheme(next as 'light' | 'dark' | 'auto')}
        />
        <p className={classes.hint}>{t.languageHint}</p>
      </div>
    </Panel>
  );
}
const empty = { now: '', next: '', again: '' };
function Password() {
  const t = useText(accountText);
  const client = useQueryClient();
  const [value, setValue] = useState(empty);
  const [tried, setTried] = useState(false);
  const change = useMutation({
    mutationFn: () => ok(api.POST('/api/v1/me/password', { body: { password: value.now, newPassword: value.next } })),
    onSuccess: () => {
      setValue(empty);
      setTried(false);
      notifyDone(t.changed);
      void client.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
  const faults = {
    now: value.now ? undefined : t.fault.now,
    next: [...value.next].length < PASSWORD_MIN ? t.fault.short : value.next === value.now ? t.fault.same : undefined,
    again: value.again === value.next ? undefined : t.fault.again,
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!faults.now && !faults.next && !faults.again) change.mutate();
  };
  const field = (name: keyof typeof empty, complete: string) => (
    <PasswordInput label={t[name]} name={name} autoComplete={complete} value={value[name]} error={tried && faults[name]} description={name === 'next' ? t.hint : undefined} onChange={(event) => setValue({ ...value, [name]: event.currentTarget.value })} />
  );
  return (
    <Panel title={t.password}>
      <form className={classes.form} onSubmit={submit} noValidate>
        {field('now', 'current-password')}
        {field('next', 'new-password')}
        {field('again', 'new-password')}
        <ErrorNote error={change.error} />
        <Button type="submit" loading={change.isPending} style={{ justifySelf: 'start' }}>
          {t.change}
        </Button>
      </form>
    </Panel>
  );
}
function Sessions() {
  const t = useText(accountText);
  const format = useFormat();
  const client = useQueryClient();
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: async () => (await getJson<{ sessions: OneSession[] }>('/api/v1/me/sessions')).sessions });
  const end = useMutation({
    mutationFn: (ids: readonly string[]) => Promise.all(ids.map((id) => sendJson(`/api/v1/me/sessions/${id}/end`))),
    onSuccess: () => notifyDone(t.ended),
    onError: notifyError,
    onSettled: () => void client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const others = (sessions.data ?? []).filter((one) => !one.current).map((one) => one.sessionId);
  const columns: Column<OneSession>[] = [
    {
      key: 'device',
      head: t.device,
      cell: (one) => (
        <>
          {browserName(one.userAgent)} {one.current ? <Badge variant="light" color="teal" autoContrast>{t.here}</Badge> : null}
        </>
      ),
    },
    { key: 'address', head: t.address, cell: (one) => one.client },
    { key: 'begun', head: t.begun, cell: (one) => format.date(msOfUs(one.createdAtUs)), sort: (one) => Number(one.createdAtUs), wideOnly: true },
    { key: 'used', head: t.used, cell: (one) => format.date(msOfUs(one.usedAtUs)), sort: (one) => Number(one.usedAtUs), downFirst: true },
    {
      key: 'end',
      head: '',
      align: 'right',
      cell: (one) =>
        one.current ? (
          ''
        ) : (
          <ConfirmButton size="compact-xs" variant="subtle" color="red" question={t.endQuestion} onConfirm={() => end.mutate([one.sessionId])}>
            {t.end}
          </ConfirmButton>
        ),
    },
  ];
  return (
    <Panel
      title={t.sessions}
      flush
      actions={
        others.length > 1 ? (
          <ConfirmButton size="xs" question={t.endOthersQuestion} onConfirm={() => end.mutate(others)}>
            {t.endOthers}
          </ConfirmButton>
        ) : undefined
      }
    >
      <p className={classes.about}>{t.sessionsLead}</p>
      <DataTable label={t.sessions} columns={columns} rows={sessions.data} rowKey={(one) => one.sessionId} error={sessions.error} retry={() => void sessions.refetch()} sorting={{ key: 'used', down: true }} />
    </Panel>
  );
}
export default function Account() {
  const t = useText(accountText);
  const shared = useText();
  const person = useSession().person;
  const roles = (person?.roles ?? []).map((role) => shared.role[role as (typeof roleNames)[number]] ?? role).join(', ');
  return (
    <Page title={t.title} lead={t.lead(person?.name ? `${person.name} (${person.login})` : (person?.login ?? ''), roles)}>
      <div className={classes.grid}>
        <Appearance />
        <Password />
        <Sessions />
      </div>
    </Page>
  );
}
