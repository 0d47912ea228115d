// SPDX-License-Identifier: Apache-2.0
// Who may log in.
import { Badge, Button, Checkbox, Drawer, Modal, Select, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, ok, okFetch, sendJson, type Schemas } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { DataTable, type Column } from '../../parts/DataTable';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyDone, notifyError } from '../../parts/notify';
import { Panel } from '../../parts/Page';
import { useText } from '../../text';
import { adminPartsText } from '../../text/adminParts';
import classes from './admin.module.css';

type Person = Schemas['Person'];
const roles = ['agent', 'supervisor', 'quality', 'administrator'] as const;
const LOGIN = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const nobody: Person = { login: '', name: '', agentId: '', roles: [], disabled: false, language: '' };

interface Made {
  readonly login: string;
  readonly password: string;
}
function usePut(onDone: (made: Made | undefined) => void) {
  const client = useQueryClient();
  const t = useText(adminPartsText).people;
  return useMutation({
    mutationFn: (body: { person: Person; generatePassword: boolean }) => ok(api.POST('/api/v1/people', { body })),
    onSuccess: (reply, { person, generatePassword }) => {
      void client.invalidateQueries({ queryKey: ['people'] });
      notifyDone(t.saved);
      onDone(generatePassword ? { login: person.login, password: reply.password } : undefined);
    },
  });
}
function PersonForm({ person, people, onClose, onMade }: { readonly person: Person; readonly people: readonly Person[]; readonly onClose: () => void; readonly onMade: (made: Made) => void }) {
  const t = useText(adminPartsText).people;
  const shared = useText();
  const names = useDirectory();
  const client = useQueryClient();
  const isNew = person.login === '';
  const [value, setValue] = useState(person);
  const [tried, setTried] = useState(false);
  const put = usePut((made) => {
    if (made) onMade(made);
    onClose();
  });
  const remove = useMutation({
    mutationFn: () => okFetch(`/api/v1/people/${encodeURIComponent(person.login)}`, { method: 'DELETE' }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  const end = useMutation({ mutationFn: () => sendJson(`/api/v1/people/${encodeURIComponent(person.login)}/end-sessions`), onSuccess: () => notifyDone(t.ended), onError: notifyError });
  const faults = {
    login: !LOGIN.test(value.login) ? t.fault.login : isNew && people.some((one) => one.login === value.login) ? t.fault.exists : undefined,
    roles: value.roles.length === 0 ? t.fault.roles : undefined,
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!faults.login && !faults.roles) put.mutate({ person: value, generatePassword: isNew });
  };
  return (
    <Drawer opened onClose={onClose} position="right" title={isNew ? t.add : t.edit(person.login)} closeButtonProps={{ 'aria-label': shared.action.close }}>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput label={t.login} description={t.loginHint} name="login" withAsterisk disabled={!isNew} value={value.login} error={tried && faults.login} autoCapitalize="none" spellCheck={false} onChange={(event) => setValue({ ...value, login: event.currentTarget.value })} />
        <TextInput label={t.name} name="name" value={value.name} maxLength={100} onChange={(event) => setValue({ ...value, name: event.currentTarget.value })} />
        <Checkbox.Group label={t.roles} withAsterisk error={tried && faults.roles} value={value.roles} onChange={(next) => setValue({ ...value, roles: next })}>
          <div className={classes.roles}>
            {roles.map((role) => (
              <Checkbox key={role} value={role} label={shared.role[role]} description={t.roleHint[role]} />
            ))}
          </div>
        </Checkbox.Group>
        <Select
          label={t.agent}
          description={t.agentHint}
          name="agent"
          clearable
          searchable
          data={(names.directory?.agents ?? []).map((agent) => ({ value: agent.id, label: agent.name ? `${agent.name} (${agent.id})` : agent.id }))}
          value={value.agentId || null}
          onChange={(next) => setValue({ ...value, agentId: next ?? '' })}
        />
        <Select label={t.language} name="language" data={[{ value: '', label: t.languageAny }, { value: 'zh', label: '中文' }, { value: 'en', label: 'English' }]} value={value.language} onChange={(next) => setValue({ ...value, language: next ?? '' })} />
        {isNew ? <p className={classes.hint}>{t.generated}</p> : <Checkbox label={t.disabled} checked={value.disabled} onChange={(event) => setValue({ ...value, disabled: event.currentTarget.checked })} />}
        <ErrorNote error={put.error ?? remove.error} />
        {!isNew ? (
          <div className={classes.marks}>
            <ConfirmButton size="xs" question={t.newPasswordQuestion(person.login)} onConfirm={() => put.mutate({ person, generatePassword: true })}>
              {t.newPassword}
            </ConfirmButton>
            <ConfirmButton size="xs" question={t.endQuestion(person.login)} onConfirm={() => end.mutate()}>
              {t.endSessions}
            </ConfirmButton>
          </div>
        ) : null}
        <div className={classes.formFoot}>
          {!isNew ? (
            <ConfirmButton color="red" variant="subtle" question={t.removeQuestion(person.login)} onConfirm={() => remove.mutate()}>
              {t.remove}
            </ConfirmButton>
          ) : null}
          <span className={classes.grow} />
          <Button variant="default" onClick={onClose}>
            {shared.action.cancel}
          </Button>
          <Button type="submit" loading={put.isPending}>
            {shared.action.save}
          </Button>
        </div>
      </form>
    </Drawer>
  );
}
export function People() {
  const t = useText(adminPartsText).people;
  const shared = useText();
  const names = useDirectory();
  const people = useQuery({ queryKey: ['people'], queryFn: async () => (await ok(api.GET('/api/v1/people'))).people });
  const [editing, setEditing] = useState<Person>();
  const [made, setMade] = useState<Made>();
  const columns: Column<Person>[] = [
    { key: 'login', head: t.login, cell: (one) => one.login, sort: (one) => one.login },
    { key: 'name', head: t.name, cell: (one) => one.name, sort: (one) => one.name },
    { key: 'roles', head: t.roles, cell: (one) => one.roles.map((role) => shared.role[role as (typeof roles)[number]] ?? role).join(', '), sort: (one) => one.roles.join() },
    { key: 'agent', head: shared.word.agent, cell: (one) => (one.agentId ? names.agent(one.agentId) : ''), sort: (one) => one.agentId },
    {
      key: 'state',
      head: shared.word.state,
      cell: (one) => (
        <Badge variant="light" color={one.disabled ? 'gray' : 'teal'} autoContrast>
          {one.disabled ? t.off : t.active}
        </Badge>
      ),
      sort: (one) => (one.disabled ? 1 : 0),
    },
  ];
  return (
    <>
      <Panel
        title={t.title}
        flush
        actions={
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setEditing(nobody)}>
            {t.add}
          </Button>
        }
      >
        <p className={classes.about}>{t.about}</p>
        <DataTable label={t.title} columns={columns} rows={people.data} rowKey={(one) => one.login} error={people.error} retry={() => void people.refetch()} onOpen={setEditing} sorting={{ key: 'login', down: false }} />
      </Panel>
      {editing ? <PersonForm key={editing.login} person={editing} people={people.data ?? []} onClose={() => setEditing(undefined)} onMade={setMade} /> : null}
      {made ? (
        <Modal opened onClose={() => setMade(undefined)} title={t.passwordOf(made.login)} centered closeButtonProps={{ 'aria-label': shared.action.close }}>
          <p className={classes.hint}>{t.once}</p>
          <code className={classes.secret}>{made.password}</code>
        </Modal>
      ) : null}
    </>
  );
}
