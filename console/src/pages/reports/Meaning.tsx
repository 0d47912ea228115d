// SPDX-License-Identifier: Apache-2.0
// What a figure means: its formula, where it comes from, what is wanted of it.
import { Popover } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useState } from 'react';
import type { Definition } from '../../api/definitions';
import type { Target } from '../../parts/targets';
import { useFormat, useText, type Format } from '../../text';
import { reportsText } from '../../text/reports';
import classes from './reports.module.css';

/** A figure as people read it. */
export function figureText(value: number | undefined, unit: Definition['unit'], format: Format): string {
  if (value === undefined) return '–';
  if (unit === 'ms') return format.clock(value);
  if (unit === 'ratio') return format.percent(value, 1);
  return format.number(value, unit === 'score' ? 2 : 0);
}
export function useTargetText(): (target: Target, unit: Definition['unit']) => string {
  const t = useText(reportsText);
  const format = useFormat();
  return (target, unit) => {
    const [low, high] = [figureText(target.low, unit, format), figureText(target.high, unit, format)];
    return target.high > 0 && target.low > 0 ? t.target.range(low, high) : target.high > 0 ? t.target.to(high) : t.target.from(low);
  };
}
export function Meaning({ definition, target }: { readonly definition: Definition; readonly target: Target | undefined }) {
  const t = useText(reportsText);
  const format = useFormat();
  const targetText = useTargetText();
  const [open, setOpen] = useState(false);
  const name = format.label(definition.name, definition.id);
  return (
    <Popover opened={open} onChange={setOpen} withArrow shadow="md" position="bottom" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <button type="button" className={classes.about} aria-label={t.about(name)} onClick={() => setOpen(!open)}>
          <IconInfoCircle size={14} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.about(name)}>
        <div className={classes.meaning} tabIndex={-1} data-autofocus>
          <h3>{name}</h3>
          <dl>
            <div>
              <dt>{t.formula}</dt>
              <dd>{format.label(definition.formula, '–')}</dd>
            </div>
            {definition.better !== 'neither' ? (
              <div>
                <dd>{t.better[definition.better]}</dd>
              </div>
            ) : null}
            {target ? (
              <div>
                <dt>{t.target.title}</dt>
                <dd>{targetText(target, definition.unit)}</dd>
              </div>
            ) : null}
            {definition.source ? (
              <div>
                <dt>{t.source}</dt>
                <dd>{definition.source}</dd>
              </div>
            ) : null}
          </dl>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
