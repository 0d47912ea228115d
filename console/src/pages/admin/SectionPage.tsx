// SPDX-License-Identifier: Apache-2.0
// A section's items, in force and as they shall be, in one table.
import { Badge, Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useParams } from 'react-router-dom';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Page';
import { DataTable, type Column } from '../../parts/DataTable';
import { useFormat, useText } from '../../text';
import { adminText } from '../../text/admin';
import classes from './admin.module.css';
import { idOf, itemsOf, type Item } from './config';
import { ItemForm } from './ItemForm';
import { PhoneSecret } from './PhoneSecret';
import { jsonKey, sectionOf, type SectionKey } from './sections';
import type { ConfigDraft } from './useConfigDraft';
import { valueText } from './values';

interface Row {
  readonly id: string;
  readonly item: Item;
  readonly mark: 'added' | 'changed' | 'removed' | undefined;
  readonly conflict: boolean;
}
export function SectionPage({ draft, section }: { readonly draft: ConfigDraft; readonly section: SectionKey }) {
  const t = useText(adminText);
  const shared = useText();
  const format = useFormat();
  const row = sectionOf(section);
  const { item: opened } = useParams();
  const [editing, setEditing] = useState<string | null | undefined>(opened);
  if (draft.error && !draft.inForce) return <ErrorNote error={draft.error} retry={draft.reload} />;
  const of = new Map(draft.changes.filter((change) => change.section === section).map((change) => [change.id, change]));
  const gone = draft.edits.filter((edit) => edit.section === section && edit.item === null && edit.base).map((edit) => edit.base as Item);
  const rows: Row[] | undefined =
    draft.draft &&
    [...itemsOf(draft.draft, section), ...gone].map((item) => {
      const id = idOf(section, item);
      const change = of.get(id);
      return { id, item, mark: change?.kind, conflict: change?.conflict ?? false };
    });
  const columns: Column<Row>[] = row.fields
    .filter((field) => field.column)
    .map((field) => ({
      key: field.key,
      head: t.field[field.key],
      cell: ({ item }): ReactNode => valueText(field, item[jsonKey(field)], draft.draft, format, shared.word.yes) || <span className={classes.dim}>–</span>,
      sort: ({ item }) => (field.kind === 'count' || field.kind === 'seconds' || field.kind === 'decimal' ? Number(item[jsonKey(field)] ?? 0) : valueText(field, item[jsonKey(field)], draft.draft, format, '1')),
    }));
  columns.push({
    key: 'mark',
    head: shared.word.state,
    cell: ({ id, mark, conflict }) =>
      mark ? (
        <span className={classes.marks}>
          <Badge variant="light" color={mark === 'removed' ? 'red' : mark === 'added' ? 'teal' : 'yellow'} autoContrast>
            {t.marks[mark]}
          </Badge>
          {conflict ? <Badge variant="outline" color="red">{t.marks.conflict}</Badge> : null}
          {draft.mayChange ? (
            <Button size="compact-xs" variant="subtle" onClick={() => draft.revert(section, id)}>
              {mark === 'removed' ? t.restore : t.undoEdit}
            </Button>
          ) : null}
        </span>
      ) : (
        ''
      ),
  });
  if (section === 'phones' && draft.mayChange)
    columns.push({ key: 'secret', head: t.secret.password, cell: ({ id, mark }) => (mark === 'added' ? '' : <PhoneSecret phone={id} />) });
  return (
    <>
      <Panel
        title={t.section[section]}
        flush
        actions={
          draft.mayChange && !row.single ? (
            <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setEditing(null)}>
              {t.add(t.one[section])}
            </Button>
          ) : undefined
        }
      >
        <p className={classes.about}>{t.about[section]}</p>
        <DataTable
          label={t.section[section]}
          columns={columns}
          rows={rows}
          rowKey={(one) => one.id}
          error={draft.error}
          retry={draft.reload}
          empty={t.empty(t.section[section])}
          onOpen={(one) => one.mark !== 'removed' && setEditing(one.id)}
        />
      </Panel>
      {editing !== undefined && draft.draft ? <ItemForm key={editing ?? '+'} draft={draft} section={section} id={editing ?? undefined} onClose={() => setEditing(undefined)} /> : null}
    </>
  );
}
