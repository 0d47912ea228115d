// SPDX-License-Identifier: Apache-2.0
// What a configuration consists of, a row a section and a row a field: forms, tables and differences are made of it.
// Keys are those of CentreConfig as JSON; names and hints of both languages stand in text/admin.ts under the same keys.
import type { adminText } from '../../text/admin';

export type SectionKey =
  | 'centre' | 'sites' | 'trunks' | 'numbers' | 'phones' | 'skills' | 'reasons' | 'dispositions' | 'queues' | 'agents'
  | 'flows' | 'recorders' | 'teams' | 'businessTypes' | 'targets';
export type FieldName = keyof (typeof adminText)['en']['field'];

export type FieldKind =
  | 'id' // [a-z0-9-]{1,63}; fixed once it exists
  | 'text'
  | 'digits' // a telephone number
  | 'label' // zh and en
  | 'count'
  | 'decimal'
  | 'seconds' // kept in ms
  | 'flag'
  | 'ref' // the id of an item of another section
  | 'refs'
  | 'texts' // several lines
  | 'prompt' // a prompt's name
  | 'prompts'
  | 'skills'
  | 'rule' // NumberRule
  | 'kpi'
  | 'zone';
export interface Field {
  readonly key: FieldName;
  readonly kind: FieldKind;
  readonly of?: SectionKey;
  readonly required?: boolean;
  /** Shown when nothing is said: what the core takes then, in the field's unit. */
  readonly preset?: string;
  readonly column?: boolean;
}
export interface Section {
  readonly key: SectionKey;
  readonly idKeys: readonly string[];
  readonly single?: boolean;
  readonly fields: readonly Field[];
}
const id: Field = { key: 'id', kind: 'id', required: true, column: true };
const name: Field = { key: 'name', kind: 'label', column: true };
const list = (key: SectionKey, ...fields: Field[]): Section => ({ key, idKeys: ['id'], fields: [id, ...fields] });
const site: Field = { key: 'site', kind: 'ref', of: 'sites', required: true, column: true };

export const sections: readonly Section[] = [
  list(
    'agents',
    { key: 'agentName', kind: 'text', required: true, column: true },
    { key: 'phone', kind: 'ref', of: 'phones', column: true },
    { ...site, required: false },
    { key: 'team', kind: 'ref', of: 'teams', column: true },
    { key: 'skills', kind: 'skills', of: 'skills', column: true },
    { key: 'queues', kind: 'refs', of: 'queues', column: true },
  ),
  list('skills', name),
  list('teams', name),
  list('reasons', name),
  list('dispositions', name, { key: 'resolved', kind: 'flag', column: true }),
  list('businessTypes', name),
  list(
    'queues',
    name,
    { key: 'skills', kind: 'skills', of: 'skills', column: true },
    { key: 'serviceLevelMs', kind: 'seconds', preset: '20', column: true },
    { key: 'shortAbandonMs', kind: 'seconds', preset: '5' },
    { key: 'ringMsMax', kind: 'seconds', preset: '20', column: true },
    { key: 'afterCallWorkMs', kind: 'seconds', preset: '30', column: true },
    { key: 'waitingMax', kind: 'count', preset: '1000' },
    { key: 'waitMsMax', kind: 'seconds', preset: '∞' },
    { key: 'priority', kind: 'count', preset: '0' },
    { key: 'greeting', kind: 'prompts' },
    { key: 'music', kind: 'prompt' },
    { key: 'record', kind: 'flag', column: true },
    { key: 'businessType', kind: 'ref', of: 'businessTypes' },
  ),
  {
    key: 'numbers',
    idKeys: ['number'],
    fields: [
      { key: 'number', kind: 'digits', required: true, column: true },
      { key: 'published', kind: 'digits', column: true },
      { key: 'flow', kind: 'ref', of: 'flows', required: true, column: true },
      name,
    ],
  },
  list('flows', name),
  list('phones', site, { key: 'display', kind: 'text', column: true }),
  list('sites', name, { key: 'edges', kind: 'texts', required: true, column: true }),
  list('trunks', name, site, { key: 'addresses', kind: 'texts', required: true, column: true }, { key: 'numberRule', kind: 'rule' }),
  list('recorders', site, { key: 'uri', kind: 'text', required: true, column: true }),
  {
    key: 'targets',
    idKeys: ['kpi', 'queue'],
    fields: [
      { key: 'kpi', kind: 'kpi', required: true, column: true },
      { key: 'queue', kind: 'ref', of: 'queues', column: true },
      { key: 'low', kind: 'decimal', column: true },
      { key: 'high', kind: 'decimal', column: true },
    ],
  },
  {
    key: 'centre',
    idKeys: [],
    single: true,
    fields: [
      { key: 'centreName', kind: 'text', required: true, column: true },
      { key: 'timeZone', kind: 'zone', required: true, column: true },
      { key: 'contactsMax', kind: 'count', preset: '1000', column: true },
      { key: 'numberRule', kind: 'rule' },
    ],
  },
];
export const sectionKeys: readonly SectionKey[] = sections.map((section) => section.key);

export function sectionOf(key: SectionKey): Section {
  const found = sections.find((section) => section.key === key);
  if (!found) throw new Error(`no section ${key}`);
  return found;
}
/** The field's key in the configuration: `name` is a label in most sections and a plain text in two. */
export function jsonKey(field: Field): string {
  return field.key === 'agentName' || field.key === 'centreName' ? 'name' : field.key;
}

const ID = /^[a-z0-9-]{1,63}$/;
export type Fault = 'required' | 'id' | 'exists' | 'digits' | 'number' | 'range';
/** What is wrong with a field as typed; undefined: nothing that can be seen here (the ACD has the last word). */
export function faultOf(field: Field, value: unknown, taken: boolean): Fault | undefined {
  const empty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (empty) return field.required ? 'required' : undefined;
  switch (field.kind) {
    case 'id':
      if (!ID.test(String(value))) return 'id';
      return taken ? 'exists' : undefined;
    case 'digits':
      if (!/^[0-9*#+]{1,32}$/.test(String(value))) return 'digits';
      return taken ? 'exists' : undefined;
    case 'count':
    case 'seconds':
      return Number.isInteger(Number(value)) && Number(value) >= 0 && Number(value) < 2 ** 32 ? undefined : 'number';
    case 'decimal':
      return Number.isFinite(Number(value)) ? undefined : 'number';
    default:
      return undefined;
  }
}
