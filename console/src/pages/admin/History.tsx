// SPDX-License-Identifier: Apache-2.0
// Configurations that were in force, and the way back to one.
import { Badge } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getJson, type Schemas } from '../../api/client';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { DataTable, type Column } from '../../parts/DataTable';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyDone, notifyError } from '../../parts/notify';
import { Panel } from '../../parts/Page';
import { useFormat, useText } from '../../text';
import { adminPartsText } from '../../text/adminParts';
import { msOfUs } from '../../text/format';
import classes from './admin.module.css';
import { changesOf, editsBetween, type Config } from './config';
import { Difference } from './Plan';
import { sectionKeys } from './sections';
import type { ConfigDraft } from './useConfigDraft';

type Version = Schemas['ConfigVersion'];
const configOf = async (version: string): Promise<Config> => ((await getJson<Schemas['ConfigVersionReply']>(`/api/v1/config/history/${version}`)).config ?? {}) as Config;

function Differences({ version, before }: { readonly version: string; readonly before: string | undefined }) {
  const t = useText(adminPartsText).history;
  const both = useQuery({ queryKey: ['config', 'history', version, before], queryFn: () => Promise.all([configOf(version), before ? configOf(before) : {}]), staleTime: Infinity, enabled: before !== undefined });
  if (!before) return <p className={classes.about}>{t.first}</p>;
  if (both.error) return <ErrorNote error={both.error} />;
  if (!both.data) return null;
  const [after, from] = both.data;
  return (
    <ul className={classes.changes}>
      {changesOf(from, editsBetween(from, after, sectionKeys)).map((change) => (
        <Difference key={`${change.section}/${change.id}`} change={change} config={after} />
      ))}
    </ul>
  );
}
export function History({ draft }: { readonly draft: ConfigDraft }) {
  const t = useText(adminPartsText).history;
  const format = useFormat();
  const history = useQuery({ queryKey: ['config', 'history'], queryFn: () => getJson<Schemas['ConfigHistoryReply']>('/api/v1/config/history?limit=200') });
  const [opened, setOpened] = useState<string>();
  const back = useMutation({
    mutationFn: configOf,
    onSuccess: (config, version) => {
      if (!draft.inForce) return;
      draft.replace(editsBetween(draft.inForce, config, sectionKeys));
      notifyDone(t.backDone(version));
    },
    onError: notifyError,
  });
  const rows = history.data?.versions;
  const columns: Column<Version>[] = [
    {
      key: 'version',
      head: t.version,
      cell: (one) => (
        <span className={classes.marks}>
          {one.version}
          {one.inForce ? <Badge variant="light" color="teal" autoContrast>{t.inForce}</Badge> : null}
        </span>
      ),
    },
    { key: 'at', head: t.at, cell: (one) => format.date(msOfUs(one.atUs)) },
    { key: 'by', head: t.by, cell: (one) => one.by },
    { key: 'note', head: t.note, cell: (one) => one.note },
    {
      key: 'back',
      head: '',
      align: 'right',
      cell: (one) =>
        one.inForce || !draft.mayChange ? (
          ''
        ) : draft.edits.length > 0 ? (
          <ConfirmButton size="compact-xs" variant="subtle" question={t.replaceQuestion} onConfirm={() => back.mutate(String(one.version))}>
            {t.back}
          </ConfirmButton>
        ) : (
          <button type="button" className={classes.inline} onClick={() => back.mutate(String(one.version))}>
            {t.back}
          </button>
        ),
    },
  ];
  const at = rows?.findIndex((one) => String(one.version) === opened) ?? -1;
  return (
    <>
      <Panel title={t.title} flush>
        <p className={classes.about}>{t.about}</p>
        <DataTable label={t.title} columns={columns} rows={rows} rowKey={(one) => String(one.version)} error={history.error} retry={() => void history.refetch()} selected={opened} onOpen={(one) => setOpened(String(one.version))} />
      </Panel>
      {opened && rows ? (
        <Panel title={`${t.differences} (${opened})`} className={classes.below}>
          <Differences version={opened} before={rows[at + 1] && String(rows[at + 1]?.version)} />
        </Panel>
      ) : null}
    </>
  );
}
