// SPDX-License-Identifier: Apache-2.0
// Which figures the table has: remembered in this browser.
import { Button, Checkbox, Popover, TextInput } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { useState } from 'react';
import type { Definition } from '../../api/definitions';
import { useFormat, useText } from '../../text';
import { reportsText } from '../../text/reports';
import classes from './reports.module.css';

export function useChosenColumns(of: 'queue' | 'agent'): [readonly string[] | undefined, (next: readonly string[] | undefined) => void] {
  const key = `farseat.columns.${of}`;
  const [version, setVersion] = useState(0);
  const read = (): readonly string[] | undefined => {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
      return Array.isArray(kept) ? kept.map(String) : undefined;
    } catch {
      return undefined;
    }
  };
  const set = (next: readonly string[] | undefined): void => {
    if (next) localStorage.setItem(key, JSON.stringify(next));
    else localStorage.removeItem(key);
    setVersion(version + 1);
  };
  return [read(), set];
}
interface ColumnChooserProps {
  readonly all: readonly Definition[];
  readonly chosen: readonly Definition[];
  readonly onChange: (next: readonly string[] | undefined) => void;
}
export function ColumnChooser({ all, chosen, onChange }: ColumnChooserProps) {
  const t = useText(reportsText);
  const format = useFormat();
  const [find, setFind] = useState('');
  const on = new Set(chosen.map((row) => row.id));
  const shown = all.filter((row) => format.label(row.name, row.id).toLocaleLowerCase().includes(find.toLocaleLowerCase()));
  return (
    <Popover trapFocus returnFocus shadow="md" position="bottom-end">
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} />}>
          {t.columnsOf(format.number(chosen.length))}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.columns}>
        <div className={classes.columns}>
          <TextInput size="xs" aria-label={t.find} placeholder={t.find} value={find} onChange={(event) => setFind(event.currentTarget.value)} data-autofocus />
          <div className={classes.columnList} role="group" aria-label={t.columns}>
            {shown.map((row) => (
              <Checkbox
                key={row.id}
                size="xs"
                label={format.label(row.name, row.id)}
                title={format.label(row.formula, '')}
                checked={on.has(row.id)}
                disabled={on.has(row.id) && on.size === 1}
                onChange={(event) => onChange(event.currentTarget.checked ? [...on, row.id] : [...on].filter((id) => id !== row.id))}
              />
            ))}
          </div>
          <Button size="xs" variant="subtle" onClick={() => onChange(undefined)}>
            {t.standard}
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
