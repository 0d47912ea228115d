// SPDX-License-Identifier: Apache-2.0
// Before anything comes into force: every difference, and the routing core's verdict on the whole.
import { Alert, Badge, Button, Modal, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, sendJson } from '../../api/client';
import { ApiError } from '../../api/errors';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyDone, notifyError } from '../../parts/notify';
import { useFormat, useText } from '../../text';
import { adminText } from '../../text/admin';
import classes from './admin.module.css';
import { bare, type Change, type Config } from './config';
import { toYamlKeys } from './names';
import { jsonKey, sectionOf } from './sections';
import type { ConfigDraft } from './useConfigDraft';
import { valueText } from './values';

export function Difference({ change, config }: { readonly change: Change; readonly config: Config | undefined }) {
  const t = useText(adminText);
  const shared = useText();
  const format = useFormat();
  const fields = sectionOf(change.section).fields;
  const show = (key: string, value: unknown): string => {
    const field = fields.find((one) => jsonKey(one) === key);
    const text = field ? valueText(field, value, config, format, shared.word.yes) : value === undefined ? '' : JSON.stringify(toYamlKeys(value), null, 1);
    return text || '–';
  };
  return (
    <li className={classes.change}>
      <p>
        <Badge variant="light" color={change.kind === 'removed' ? 'red' : change.kind === 'added' ? 'teal' : 'yellow'} autoContrast>
          {t.marks[change.kind]}
        </Badge>{' '}
        <strong>
          {t.one[change.section]} {change.id}
        </strong>
        {change.conflict ? <span className={classes.conflict}> {t.marks.conflict}</span> : null}
      </p>
      {change.fields.length > 0 ? (
        <table className={classes.diff}>
          <tbody>
            {change.fields.map((one) => {
              const field = fields.find((row) => jsonKey(row) === one.key);
              return (
                <tr key={one.key}>
                  <th scope="row">{field ? t.field[field.key] : one.key}</th>
                  {change.kind === 'changed' ? (
                    <td>
                      <del>{show(one.key, one.before)}</del>
                    </td>
                  ) : null}
                  <td>
                    <ins>{show(one.key, one.after)}</ins>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      ) : null}
    </li>
  );
}
export function Plan({ draft, onClose }: { readonly draft: ConfigDraft; readonly onClose: () => void }) {
  const t = useText(adminText);
  const shared = useText();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const [raced, setRaced] = useState(false);
  const config = bare(draft.draft) as never;
  const ask = (dryRun: boolean) => ok(api.PUT('/api/v1/config', { body: { config, expectedVersion: draft.version, note: note.trim(), dryRun } }));
  const verdict = useQuery({ queryKey: ['config', 'plan', draft.version, draft.edits], queryFn: () => ask(true), retry: false, staleTime: 0, gcTime: 0 });
  const apply = useMutation({
    mutationFn: () => ask(false),
    onSuccess: async () => {
      // an edge knows a phone by its secret: a new one gets one that nobody needs to know, so that a browser can be it at once
      for (const change of draft.changes)
        if (change.section === 'phones' && change.kind === 'added') await sendJson(`/api/v1/phones/${encodeURIComponent(change.id)}/secret`).catch(notifyError);
      draft.clear();
      await client.invalidateQueries({ queryKey: ['config'] });
      void client.invalidateQueries({ queryKey: ['directory'] });
      notifyDone(t.plan.applied(String(Number(draft.version) + 1)));
      onClose();
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || (error.code !== 'ECONFLICT' && error.status !== 409)) return;
      setRaced(true);
      draft.reload();
    },
  });
  const conflicts = draft.changes.some((change) => change.conflict);
  const newPhones = draft.changes.some((change) => change.section === 'phones' && change.kind === 'added');
  const warning = verdict.data?.text;
  return (
    <Modal opened onClose={onClose} title={t.plan.title} size="xl" closeButtonProps={{ 'aria-label': shared.action.close }}>
      <p className={classes.hint}>{t.plan.version(draft.version)}</p>
      {raced ? <Alert color="yellow" role="alert" mb={8}>{t.plan.raced}</Alert> : null}
      {conflicts ? <Alert color="red" role="alert" mb={8}>{t.plan.conflicts}</Alert> : null}
      {draft.changes.length === 0 ? <p>{t.plan.nothing}</p> : null}
      <ul className={classes.changes}>
        {draft.changes.map((change) => (
          <Difference key={`${change.section}/${change.id}`} change={change} config={draft.draft} />
        ))}
      </ul>
      {verdict.isFetching ? <p className={classes.hint} role="status">{t.plan.checking}</p> : null}
      {verdict.error ? (
        <Alert color="red" title={t.plan.refused} role="alert" mb={8}>
          <span lang="en">{verdict.error instanceof ApiError ? verdict.error.detail : ''}</span>
        </Alert>
      ) : null}
      {verdict.data && !verdict.isFetching ? (
        <Alert color={warning ? 'yellow' : 'teal'} title={t.plan.accepted} mb={8} role="status">
          {warning ? <span lang="en">{warning}</span> : null}
          {newPhones ? <p style={{ margin: 0 }}>{t.plan.newPhones}</p> : null}
        </Alert>
      ) : null}
      {apply.error && !raced ? <ErrorNote error={apply.error} /> : null}
      <form
        className={classes.apply}
        onSubmit={(event) => {
          event.preventDefault();
          setRaced(false);
          apply.mutate();
        }}
      >
        <TextInput label={t.plan.note} name="note" maxLength={200} value={note} className={classes.grow ?? ''} onChange={(event) => setNote(event.currentTarget.value)} />
        <Button type="submit" disabled={!verdict.data || verdict.isFetching || draft.changes.length === 0} loading={apply.isPending}>
          {t.plan.apply}
        </Button>
      </form>
    </Modal>
  );
}
