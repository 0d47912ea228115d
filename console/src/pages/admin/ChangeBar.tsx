// SPDX-License-Identifier: Apache-2.0
// What is not in force yet, always in sight, and the way there.
import { Button, Menu } from '@mantine/core';
import { useRef, useState } from 'react';
import { parse, stringify } from 'yaml';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { notifyDone, notifyError } from '../../parts/notify';
import { useText } from '../../text';
import { adminText } from '../../text/admin';
import classes from './admin.module.css';
import { bare, editsBetween, type Config } from './config';
import { toJsonKeys, toYamlKeys } from './names';
import { Plan } from './Plan';
import { sectionKeys } from './sections';
import type { ConfigDraft } from './useConfigDraft';

const FILE_MAX = 4 * 1024 * 1024;

export function ChangeBar({ draft }: { readonly draft: ConfigDraft }) {
  const t = useText(adminText);
  const [planning, setPlanning] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const count = draft.changes.length;
  const download = (): void => {
    const text = stringify(toYamlKeys(bare(draft.draft)), { lineWidth: 110 });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
    link.download = 'centre.yaml';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  const upload = async (picked: File): Promise<void> => {
    if (!draft.inForce || picked.size > FILE_MAX) throw new Error(t.bar.uploadFailed);
    const value = toJsonKeys(parse(await picked.text(), { maxAliasCount: 0 })) as Record<string, unknown> | null;
    if (!value || typeof value !== 'object' || !sectionKeys.some((key) => key in value)) throw new Error(t.bar.uploadFailed);
    // secrets of phones stay out: they are no part of the configuration
    const phones = Array.isArray(value['phones']) ? value['phones'].map((phone: object) => Object.fromEntries(Object.entries(phone).filter(([key]) => key !== 'secret' && key !== 'secretFile'))) : [];
    const edits = editsBetween(draft.inForce, withLabels({ ...value, phones }), sectionKeys);
    draft.replace(edits);
    notifyDone(t.bar.uploaded(edits.length));
  };
  return (
    <div className={classes.bar} data-changed={count > 0 || undefined} role="region" aria-label={t.plan.title}>
      <span aria-live="polite">{t.bar.changes(count)}</span>
      <span className={classes.grow} />
      <Menu position="top-end">
        <Menu.Target>
          <Button variant="default" size="xs">
            {t.bar.file}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={download}>{t.bar.download}</Menu.Item>
          {draft.mayChange ? <Menu.Item onClick={() => file.current?.click()}>{t.bar.upload}</Menu.Item> : null}
        </Menu.Dropdown>
      </Menu>
      <input
        ref={file}
        type="file"
        accept=".yaml,.yml"
        hidden
        aria-label={t.bar.upload}
        onChange={(event) => {
          const picked = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (picked) upload(picked).catch(notifyError);
        }}
      />
      {count > 0 && draft.mayChange ? (
        <>
          <ConfirmButton size="xs" variant="subtle" color="red" question={t.bar.discardQuestion} onConfirm={draft.clear}>
            {t.bar.discard}
          </ConfirmButton>
          <Button size="xs" onClick={() => setPlanning(true)}>
            {t.bar.plan}
          </Button>
        </>
      ) : null}
      {planning ? <Plan draft={draft} onClose={() => setPlanning(false)} /> : null}
    </div>
  );
}
/** In a file a label may be one text; the API wants both languages' fields. */
function withLabels(config: Config): Config {
  const label = (item: unknown): unknown => {
    if (!item || typeof item !== 'object') return item;
    const { name, ...rest } = item as Record<string, unknown>;
    return typeof name === 'string' ? { ...rest, name: { zh: name, en: name } } : item;
  };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, Array.isArray(value) && key !== 'agents' ? value.map(label) : value]));
}
