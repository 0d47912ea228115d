// SPDX-License-Identifier: Apache-2.0
// Which time a page shows: presets, or one's own beginning and end by the centre's clocks. The address holds it.
import { Button, Popover, Select, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useFormat, useText } from '../text';
import { dayAdd } from '../text/format';
import { rangeText } from '../text/range';
import { presets, rangeValid, type ChosenRange, type Preset, type Range } from './range';
import classes from './RangePicker.module.css';

interface RangePickerProps {
  readonly value: ChosenRange;
  readonly onPreset: (preset: Preset) => void;
  readonly onRange: (range: Range) => void;
  readonly only?: readonly Preset[];
}
function withTime(local: string, end: boolean): string {
  return local.length > 10 ? local : `${end ? dayAdd(local, 1) : local}T00:00`;
}
/** Whole days are kept as days. */
function asDays(from: string, to: string): Range {
  const whole = from.endsWith('T00:00') && to.endsWith('T00:00');
  return whole ? { from: from.slice(0, 10), to: dayAdd(to.slice(0, 10), -1) } : { from, to };
}
/** The range in words: 24/11/2026, or 23/11/2026 – 29/11/2026. */
export function useRangeWords(): (range: Range) => string {
  const format = useFormat();
  return (range) => {
    const say = (local: string): string => {
      const at = Date.parse(`${local.length === 10 ? `${local}T00:00` : local}Z`);
      const parts: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: 'UTC', ...(local.length > 10 ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : {}) };
      return new Intl.DateTimeFormat(format.language === 'zh' ? 'zh-CN' : 'en-GB', parts).format(at);
    };
    return range.from === range.to ? say(range.from) : `${say(range.from)} – ${say(range.to)}`;
  };
}
export function RangePicker({ value, onPreset, onRange, only }: RangePickerProps) {
  const t = useText(rangeText);
  const words = useRangeWords();
  const [open, setOpen] = useState(false);
  const [own, setOwn] = useState<Range>({ from: '', to: '' });
  const box = useRef<HTMLInputElement>(null);
  const list = only ?? presets;
  const choose = (next: string | null): void => {
    if (next === 'own') {
      setOwn({ from: withTime(value.from, false), to: withTime(value.to, true) });
      setOpen(true);
    } else if (next) onPreset(next as Preset);
  };
  const valid = rangeValid(own);
  return (
    <div className={classes.picker}>
      <Popover withRoles={false} opened={open} onChange={setOpen} trapFocus returnFocus shadow="md" position="bottom-start">
        <Popover.Target>
          <div>
            <Select
              ref={box}
              aria-label={t.label}
              w={136}
              allowDeselect={false}
              checkIconPosition="right"
              maxDropdownHeight={420}
              data={[...list.map((preset) => ({ value: preset, label: t.preset[preset] })), { value: 'own', label: t.own }]}
              value={value.preset ?? 'own'}
              onChange={choose}
              onOptionSubmit={(next) => next === 'own' && !value.preset && choose('own')}
            />
          </div>
        </Popover.Target>
        <Popover.Dropdown role="dialog" aria-label={t.own}>
          <form
            className={classes.own}
            onSubmit={(event) => {
              event.preventDefault();
              if (!valid) return;
              setOpen(false);
              onRange(asDays(own.from, own.to));
            }}
          >
            <TextInput type="datetime-local" label={t.from} data-autofocus value={own.from} onChange={(event) => setOwn({ ...own, from: event.currentTarget.value.slice(0, 16) })} />
            <TextInput type="datetime-local" label={t.to} value={own.to} error={own.from && own.to && !valid ? t.wrong : undefined} onChange={(event) => setOwn({ ...own, to: event.currentTarget.value.slice(0, 16) })} />
            <div className={classes.buttons}>
              <Button size="xs" type="submit" disabled={!valid}>
                {t.apply}
              </Button>
            </div>
          </form>
        </Popover.Dropdown>
      </Popover>
      <span className={classes.says}>{words(value)}</span>
    </div>
  );
}
