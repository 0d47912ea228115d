// SPDX-License-Identifier: Apache-2.0
// One field of an item, by its kind.
import { ActionIcon, Button, Checkbox, Fieldset, MultiSelect, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useFormat, useText } from '../../text';
import { adminText } from '../../text/admin';
import { idOf, itemsOf, type Config, type Item } from './config';
import classes from './admin.module.css';
import { jsonKey, type Fault, type Field } from './sections';
import { nameOf } from './values';

interface FieldInputProps {
  readonly field: Field;
  readonly item: Item;
  readonly config: Config;
  readonly prompts: readonly string[];
  readonly kpis: readonly { value: string; label: string }[];
  readonly fault: Fault | undefined;
  readonly fixed: boolean;
  readonly onChange: (key: string, value: unknown) => void;
}
const zones: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone')];

export function FieldInput({ field, item, config, prompts, kpis, fault, fixed, onChange }: FieldInputProps) {
  const t = useText(adminText);
  const shared = useText();
  const format = useFormat();
  const key = jsonKey(field);
  const value = item[key];
  const hints: Record<string, string> = t.hint;
  const hintKey = field.key === 'queue' ? 'queueTarget' : field.key;
  const common = {
    label: t.field[field.key],
    description: [hints[hintKey], field.preset ? t.presetIs(field.kind === 'seconds' && field.preset !== '∞' ? `${field.preset} ${t.seconds}` : field.preset) : ''].filter(Boolean).join(' ') || undefined,
    error: fault && t.fault[fault],
    withAsterisk: field.required ?? false,
    name: field.key,
    disabled: fixed,
  };
  const set = (next: unknown): void => onChange(key, next);
  const choices = (): { value: string; label: string }[] =>
    itemsOf(config, field.of ?? 'queues').map((one) => {
      const id = idOf(field.of ?? 'queues', one);
      const name = nameOf(config, field.of ?? 'queues', id, format);
      return { value: id, label: name === id ? id : `${name} (${id})` };
    });
  switch (field.kind) {
    case 'label': {
      const label = (value ?? {}) as { zh?: string; en?: string };
      return (
        <div className={classes.pair}>
          <TextInput label={`${t.field[field.key]} · ${t.labelZh}`} lang="zh-CN" name={`${field.key}.zh`} value={label.zh ?? ''} maxLength={120} onChange={(event) => set({ ...label, zh: event.currentTarget.value })} />
          <TextInput label={`${t.field[field.key]} · ${t.labelEn}`} lang="en" name={`${field.key}.en`} value={label.en ?? ''} maxLength={120} onChange={(event) => set({ ...label, en: event.currentTarget.value })} />
        </div>
      );
    }
    case 'count':
      return <NumberInput {...common} value={Number(value ?? 0) || ''} min={0} allowDecimal={false} onChange={(next) => set(next === '' ? 0 : Number(next))} />;
    case 'decimal':
      return <NumberInput {...common} value={Number(value ?? 0) || ''} decimalScale={4} onChange={(next) => set(next === '' ? 0 : Number(next))} />;
    case 'seconds':
      return <NumberInput {...common} value={Number(value ?? 0) / 1000 || ''} min={0} suffix={` ${t.seconds}`} decimalScale={1} onChange={(next) => set(next === '' ? 0 : Math.round(Number(next) * 1000))} />;
    case 'flag':
      return <Checkbox label={common.label} description={common.description} name={field.key} checked={Boolean(value)} onChange={(event) => set(event.currentTarget.checked)} />;
    case 'ref':
      return <Select {...common} data={choices()} value={String(value ?? '') || null} searchable clearable={!field.required} nothingFoundMessage={shared.word.none} onChange={(next) => set(next ?? '')} />;
    case 'refs':
      return <MultiSelect {...common} data={choices()} value={((value ?? []) as unknown[]).map(String)} searchable clearable onChange={set} />;
    case 'zone':
      return <Select {...common} data={[...zones]} value={String(value ?? '') || null} searchable limit={60} onChange={(next) => set(next ?? '')} />;
    case 'kpi':
      return <Select {...common} data={[...kpis]} value={String(value ?? '') || null} searchable onChange={(next) => set(next ?? '')} />;
    case 'prompt':
      return <Select {...common} data={[...prompts]} value={String(value ?? '') || null} searchable clearable onChange={(next) => set(next ?? '')} />;
    case 'prompts':
      return <MultiSelect {...common} data={[...new Set([...prompts, ...((value ?? []) as string[])])]} value={((value ?? []) as unknown[]).map(String)} searchable clearable onChange={set} />;
    case 'texts':
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={8}
          value={((value ?? []) as unknown[]).join('\n')}
          onChange={(event) => set(event.currentTarget.value.split('\n').map((line) => line.trimStart()))}
          onBlur={() => set(((value ?? []) as unknown[]).map((line) => String(line).trim()).filter(Boolean))}
        />
      );
    case 'skills': {
      const levels = (value ?? []) as { skill: string; level: number }[];
      const free = choices().filter((choice) => !levels.some((one) => one.skill === choice.value));
      return (
        <Fieldset legend={common.label} className={classes.skills}>
          {common.description ? <p className={classes.hint}>{common.description}</p> : null}
          {levels.map((one, place) => (
            <div key={one.skill} className={classes.skill}>
              <span>{nameOf(config, 'skills', one.skill, format)}</span>
              <NumberInput aria-label={`${nameOf(config, 'skills', one.skill, format)}: ${t.level}`} size="xs" w={72} min={1} max={10} value={one.level} onChange={(next) => set(levels.map((other, at) => (at === place ? { ...other, level: Math.min(10, Math.max(1, Number(next) || 1)) } : other)))} />
              <ActionIcon variant="subtle" color="gray" aria-label={`${shared.action.remove}: ${one.skill}`} onClick={() => set(levels.filter((_other, at) => at !== place))}>
                <IconX size={15} />
              </ActionIcon>
            </div>
          ))}
          {free.length > 0 ? (
            <Select aria-label={t.addSkill} placeholder={t.addSkill} leftSection={<IconPlus size={14} />} size="xs" data={free} value={null} searchable onChange={(next) => next && set([...levels, { skill: next, level: 5 }])} />
          ) : null}
        </Fieldset>
      );
    }
    case 'rule': {
      const rule = (value ?? {}) as Record<string, string>;
      return (
        <Fieldset legend={common.label} className={classes.skills}>
          <div className={classes.pair}>
            {(['countryCode', 'areaCode', 'nationalPrefix', 'internationalPrefix'] as const).map((part) => (
              <TextInput key={part} label={t.rule[part]} name={`${field.key}.${part}`} size="xs" maxLength={8} value={rule[part] ?? ''} onChange={(event) => set({ ...rule, [part]: event.currentTarget.value })} />
            ))}
          </div>
          {Object.values(rule).some(Boolean) ? (
            <Button variant="subtle" size="compact-xs" mt={6} onClick={() => set({})}>
              {t.rule.empty}
            </Button>
          ) : (
            <p className={classes.hint}>{t.rule.empty}</p>
          )}
        </Fieldset>
      );
    }
    default:
      return <TextInput {...common} value={String(value ?? '')} maxLength={field.kind === 'id' ? 63 : 256} spellCheck={false} onChange={(event) => set(event.currentTarget.value)} />;
  }
}
