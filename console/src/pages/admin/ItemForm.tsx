// SPDX-License-Identifier: Apache-2.0
// An item in a drawer: its fields, or a flow's text. What is typed is a draft of its own until it is kept for the plan.
import { Button, Drawer } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { Restored } from '../../parts/Restored';
import { useDraft } from '../../parts/useDraft';
import { useText } from '../../text';
import { adminText } from '../../text/admin';
import classes from './admin.module.css';
import { idOf, itemOf, type Item } from './config';
import { FieldInput } from './FieldInput';
import { flowBeginning, readFlow } from './flow';
import { FlowEditor } from './FlowEditor';
import { faultOf, jsonKey, sectionOf, type Fault, type SectionKey } from './sections';
import type { ConfigDraft } from './useConfigDraft';
import { useKpis, usePrompts } from './useLists';

interface ItemFormProps {
  readonly draft: ConfigDraft;
  readonly section: SectionKey;
  /** undefined: a new one. */
  readonly id: string | undefined;
  readonly onClose: () => void;
}
export function ItemForm({ draft, section, id, onClose }: ItemFormProps) {
  const t = useText(adminText);
  const shared = useText();
  const row = sectionOf(section);
  const prompts = usePrompts();
  const kpis = useKpis();
  const config = draft.draft ?? {};
  const isNew = id === undefined;
  const before = isNew ? null : itemOf(config, section, id);
  // text, unread: of a flow, as typed; unread: it is no flow yet
  const form = useDraft<{ item: Item; text?: string; unread?: boolean }>(`config.${section}.${id ?? '+'}`, { item: before ?? {} });
  const [tried, setTried] = useState(false);
  const item = form.value.item;
  const newId = idOf(section, item);
  const taken = isNew && itemOf(config, section, newId) !== null;
  const faults = new Map<string, Fault>();
  for (const field of row.fields) {
    const fault = faultOf(field, item[jsonKey(field)], taken && row.idKeys.includes(jsonKey(field)));
    if (fault) faults.set(field.key, fault);
  }
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    setTried(true);
    if (faults.size > 0 || form.value.unread) return;
    const beginning = section === 'flows' && !Array.isArray(item['nodes']) ? readFlow(flowBeginning, { id: newId, name: item['name'] }, { config, prompts: undefined }).flow : undefined;
    draft.put(section, isNew ? newId : id, { ...item, ...(beginning ?? {}) });
    form.clear();
    onClose();
  };
  const title = isNew ? t.add(t.one[section]) : t.editTitle(t.one[section], id);
  const change = (key: string, value: unknown): void => form.set((now) => ({ ...now, item: { ...now.item, [key]: value } }));
  const fields = row.fields.map((field) => (
    <FieldInput
      key={field.key}
      field={field}
      item={item}
      config={config}
      prompts={prompts}
      kpis={kpis}
      fault={tried || faults.get(field.key) === 'exists' ? faults.get(field.key) : undefined}
      fixed={!isNew && row.idKeys.includes(jsonKey(field))}
      onChange={change}
    />
  ));
  return (
    <Drawer opened onClose={onClose} position="right" size={section === 'flows' ? 'xl' : 'md'} title={title} closeButtonProps={{ 'aria-label': shared.action.close }}>
      <form onSubmit={submit} className={classes.form} noValidate>
        <Restored draft={form} />
        {fields}
        {section === 'flows' ? (
            <FlowEditor
              item={item}
              config={config}
              prompts={prompts}
              text={form.value.text}
              onChange={(text, flow) => form.set((now) => ({ item: flow ? { ...now.item, ...flow } : now.item, text, unread: !flow }))}
              onKeep={() => submit()}
            />
        ) : null}
        {draft.mayChange ? (
          <div className={classes.formFoot}>
            {!isNew && !row.single ? (
              <ConfirmButton
                question={t.removeQuestion(id)}
                confirm={t.removeItem}
                color="red"
                variant="subtle"
                onConfirm={() => {
                  draft.put(section, id, null);
                  form.clear();
                  onClose();
                }}
              >
                {t.removeItem}
              </ConfirmButton>
            ) : null}
            <span className={classes.grow} />
            <Button
              variant="default"
              onClick={() => {
                form.clear();
                onClose();
              }}
            >
              {shared.action.cancel}
            </Button>
            <Button type="submit" disabled={form.value.unread ?? false}>
              {t.keep}
            </Button>
          </div>
        ) : (
          <p className={classes.hint}>{t.readOnly}</p>
        )}
      </form>
    </Drawer>
  );
}
