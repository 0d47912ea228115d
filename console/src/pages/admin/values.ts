// SPDX-License-Identifier: Apache-2.0
// A field's value as people read it: in tables and in the plan.
import type { Format, Label } from '../../text';
import { bare, idOf, itemsOf, type Config } from './config';
import type { Field, SectionKey } from './sections';

/** The name of what an id refers to. */
export function nameOf(config: Config | undefined, section: SectionKey, id: string, format: Format): string {
  const item = config && itemsOf(config, section).find((one) => idOf(section, one) === id);
  const name = item?.['name'];
  if (typeof name === 'string') return name || id;
  return name && typeof name === 'object' ? format.label(name as Label, id) : id;
}
export function valueText(field: Field, value: unknown, config: Config | undefined, format: Format, yes: string): string {
  if (bare(value) === undefined) return '';
  switch (field.kind) {
    case 'label':
      return format.label(value as Label, '');
    case 'flag':
      return yes;
    case 'seconds':
      return format.duration(Number(value));
    case 'ref':
      return field.of ? nameOf(config, field.of, String(value), format) : String(value);
    case 'refs':
      return (value as unknown[]).map((one) => (field.of ? nameOf(config, field.of, String(one), format) : String(one))).join(format.language === 'zh' ? '、' : ', ');
    case 'skills':
      return (value as { skill?: string; level?: number }[]).map((one) => `${nameOf(config, 'skills', String(one.skill ?? ''), format)} ${one.level ?? ''}`.trim()).join(format.language === 'zh' ? '、' : ', ');
    case 'texts':
    case 'prompts':
      return (value as unknown[]).join(', ');
    case 'rule':
      return Object.values(value as object).filter(Boolean).join(' · ');
    default:
      return String(value);
  }
}
