// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { bare, changesOf, editsBetween, putEdit, withEdits, type Config, type Edit } from '../src/pages/admin/config';
import { flowBeginning, flowText, readFlow } from '../src/pages/admin/flow';
import { toJsonKeys, toYamlKeys } from '../src/pages/admin/names';
import { faultOf, sectionKeys, sectionOf } from '../src/pages/admin/sections';

const config: Config = {
  centre: { name: 'Example', timeZone: 'Asia/Shanghai' },
  skills: [{ id: 'sales', name: { zh: '销售', en: 'Sales' } }],
  queues: [
    { id: 'a', name: { en: 'A' }, record: true, priority: 0 },
    { id: 'b', skills: [{ skill: 'sales', level: 3 }] },
  ],
  flows: [{ id: 'main', start: 'q', nodes: [{ id: 'q', queue: { queue: 'a' } }] }],
  targets: [{ kpi: 'asa', queue: '', high: 20 }],
};

describe('a draft of edits', () => {
  it('changes an item in its place, and adds and removes', () => {
    let edits: Edit[] = putEdit(config, [], 'queues', 'a', { id: 'a', name: { en: 'A' }, record: false });
    edits = putEdit(config, edits, 'queues', 'b', null);
    edits = putEdit(config, edits, 'queues', 'c', { id: 'c' });
    expect((withEdits(config, edits)['queues'] as { id: string }[]).map((queue) => queue.id)).toEqual(['a', 'c']);
    expect(changesOf(config, edits).map((change) => [change.kind, change.id])).toEqual([['changed', 'a'], ['removed', 'b'], ['added', 'c']]);
    expect(changesOf(config, edits)[0]?.fields).toEqual([{ key: 'record', before: true, after: undefined }]);
  });
  it('is empty again when an item is as before, whatever its zeros', () => {
    const once = putEdit(config, [], 'queues', 'a', { id: 'a', record: false });
    expect(once).toHaveLength(1);
    expect(putEdit(config, once, 'queues', 'a', { record: true, name: { en: 'A', zh: '' }, id: 'a' })).toEqual([]);
    expect(putEdit(config, putEdit(config, [], 'queues', 'new', { id: 'new' }), 'queues', 'new', null)).toEqual([]);
  });
  it('goes on upon another version, and says where somebody else was', () => {
    const edits = putEdit(config, [], 'queues', 'a', { id: 'a', priority: 7 });
    const elsewhere: Config = { ...config, skills: [] };
    expect(changesOf(elsewhere, edits)[0]?.conflict).toBe(false);
    const same: Config = { ...config, queues: [{ id: 'a', priority: 3 }] };
    expect(changesOf(same, edits)[0]?.conflict).toBe(true);
    const both: Config = { ...config, queues: [{ id: 'a', priority: 7 }] };
    expect(changesOf(both, edits)).toEqual([]);
  });
  it('leads from one configuration to another', () => {
    const to: Config = { ...config, skills: [], targets: [{ kpi: 'asa', queue: 'a', high: 9 }], centre: { name: 'Other', timeZone: 'UTC' } };
    const edits = editsBetween(config, to, sectionKeys);
    expect(edits.map((edit) => `${edit.section}/${edit.id}/${edit.item === null ? '-' : '+'}`).sort()).toEqual(['centre//+', 'skills/sales/-', 'targets/asa//-', 'targets/asa/a/+']);
    expect(editsBetween(withEdits(config, edits), to, sectionKeys)).toEqual([]);
  });
  it('knows what says nothing', () => {
    expect(bare({ a: '', b: 0, c: false, d: [], e: null, f: 'x' })).toEqual({ f: 'x' });
    expect(bare({ node: { id: 'bye', hangup: { served: false } } })).toEqual({ node: { id: 'bye', hangup: {} } });
  });
});
describe('fields', () => {
  it('say what is wrong', () => {
    const id = sectionOf('queues').fields[0]!;
    expect(faultOf(id, '', false)).toBe('required');
    expect(faultOf(id, 'Ä', false)).toBe('id');
    expect(faultOf(id, 'sales', true)).toBe('exists');
    expect(faultOf(id, 'sales', false)).toBeUndefined();
  });
  it('have one name a key in the configuration', () => {
    for (const key of sectionKeys) {
      const keys = sectionOf(key).fields.map((field) => field.key);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });
});
describe('a flow as text', () => {
  const read = (text: string, prompts?: string[]) => readFlow(text, { id: 'main', name: { en: 'Main' } }, { config, prompts: prompts && new Set(prompts) });
  it('comes back as it was', () => {
    const flow = (config['flows'] as Record<string, unknown>[])[0]!;
    const back = read(flowText(flow));
    expect(back.faults).toEqual([]);
    expect(back.flow).toEqual({ id: 'main', name: { en: 'Main' }, start: 'q', nodes: [{ id: 'q', queue: { queue: 'a' } }] });
  });
  it('begins without a fault', () => {
    expect(read(flowBeginning, ['zh/welcome', 'en/welcome']).faults).toEqual([]);
  });
  it('names line and remedy', () => {
    const text = 'start: nowhere\nnodes:\n  - id: a\n    menu: {choices: [{digits: "1", next: b}, {digits: "1", next: a}]}\n  - {id: a, queue: {queue: zz}}\n  - {id: c, play: {prompts: [p]}, hangup: {}}\n';
    expect(read(text, []).faults.map((fault) => `${fault.line} ${fault.code} ${fault.detail}`)).toEqual([
      '1 start nowhere', '3 next b', '3 digits 1', '5 twice a', '5 queue zz', '6 kind play, hangup', '6 prompt p',
    ]);
  });
  it('is no flow when it is no YAML, a list, or nothing', () => {
    for (const text of ['a: [', '- 1', '', 'start: x', 'nodes: 7', '&a [*a]']) expect(read(text).flow).toBeUndefined();
  });
});
describe('keys', () => {
  it('are snake_case in files and camelCase in the API', () => {
    const value = { serviceLevelMs: 1, nodes: [{ onOverflow: 'x' }] };
    expect(toYamlKeys(value)).toEqual({ service_level_ms: 1, nodes: [{ on_overflow: 'x' }] });
    expect(toJsonKeys(toYamlKeys(value))).toEqual(value);
  });
});
