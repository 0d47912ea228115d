// SPDX-License-Identifier: Apache-2.0
// A flow as text: YAML as in centre.yaml, read back with the line of whatever is wrong. Pure.
import { parseDocument, stringify, LineCounter, isNode } from 'yaml';
import { bare, itemsOf, type Config, type Item } from './config';
import { toJsonKeys, toYamlKeys } from './names';

const KINDS = ['play', 'menu', 'queue', 'survey', 'hangup', 'echo'] as const;
const NEXT = ['next', 'onFailure', 'onOverflow'] as const;
export type FlowFaultCode = 'syntax' | 'shape' | 'start' | 'noNodes' | 'nodeId' | 'twice' | 'kind' | 'next' | 'queue' | 'prompt' | 'digits' | 'unreached';
export interface FlowFault {
  readonly code: FlowFaultCode;
  /** From 1. */
  readonly line: number;
  readonly node: string;
  readonly detail: string;
  /** It may be so, but look at it. */
  readonly warning: boolean;
}
export interface FlowRead {
  readonly flow: Item | undefined;
  readonly faults: readonly FlowFault[];
}
type Node = Record<string, unknown>;

export function flowText(flow: Item): string {
  const { id: _id, name: _name, ...rest } = (bare(flow) ?? {}) as Record<string, unknown>;
  return stringify(toYamlKeys({ start: '', nodes: [], ...rest }), { lineWidth: 110 });
}
function object(value: unknown): Node | undefined {
  return value && typeof value === 'object' && !Array.isArray(value) ? (value as Node) : undefined;
}
function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
/** Where a node leads. */
export function nextsOf(node: Node): string[] {
  const found: string[] = [];
  for (const kind of KINDS) {
    const body = object(node[kind]);
    if (!body) continue;
    for (const key of NEXT) if (body[key]) found.push(String(body[key]));
    for (const choice of Array.isArray(body['choices']) ? body['choices'] : []) {
      const next = object(choice)?.['next'];
      if (next) found.push(String(next));
    }
  }
  return found;
}
function promptsOf(node: Node): string[] {
  return KINDS.flatMap((kind) => {
    const body = object(node[kind]);
    return body ? [...textsOf(body['prompts']), ...textsOf(body['invalidPrompts']), ...textsOf(body['thanksPrompts'])] : [];
  });
}
export interface FlowSurroundings {
  readonly config: Config;
  /** Names of prompts; undefined: not known (yet), none is called missing. */
  readonly prompts: ReadonlySet<string> | undefined;
}
/** Read a flow's text. `flow` is there whenever the text has a flow's shape, even with faults that the ACD refuses. */
export function readFlow(text: string, head: { id: string; name: unknown }, around: FlowSurroundings): FlowRead {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const faults: FlowFault[] = [];
  const add = (code: FlowFaultCode, line: number, node: string, detail: string, warning = false): void => {
    faults.push({ code, line, node, detail, warning });
  };
  for (const error of document.errors) add('syntax', error.linePos?.[0].line ?? 1, '', error.message.split('\n')[0] ?? '');
  if (faults.length > 0) return { flow: undefined, faults };
  let value: unknown;
  try {
    value = toJsonKeys(document.toJS({ maxAliasCount: 0 }) as unknown);
  } catch (error) {
    add('syntax', 1, '', error instanceof Error ? error.message : ''); // aliases: a flow has none
    return { flow: undefined, faults };
  }
  const body = object(value);
  if (!body || !Array.isArray(body['nodes'])) {
    add('shape', 1, '', '');
    return { flow: undefined, faults };
  }
  const lineOf = (place: number): number => {
    const node = document.getIn(['nodes', place], true);
    return isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1;
  };
  const nodes = body['nodes'].map(object);
  const ids = new Map<string, number>();
  const queues = new Set(itemsOf(around.config, 'queues').map((queue) => String(queue['id'])));
  if (nodes.length === 0) add('noNodes', 1, '', '');
  nodes.forEach((node, place) => {
    const id = node ? String(node['id'] ?? '') : '';
    if (!/^[a-z0-9-]{1,63}$/.test(id)) add('nodeId', lineOf(place), id, id);
    else if (ids.has(id)) add('twice', lineOf(place), id, id);
    else ids.set(id, place);
  });
  nodes.forEach((node, place) => {
    if (!node) return;
    const id = String(node['id'] ?? '');
    const line = lineOf(place);
    const kinds = Object.keys(node).filter((key) => key !== 'id');
    if (kinds.length !== 1 || !KINDS.some((kind) => kind === kinds[0])) add('kind', line, id, kinds.join(', ') || '–');
    for (const next of nextsOf(node)) if (!ids.has(next)) add('next', line, id, next);
    const queue = object(node['queue'])?.['queue'];
    if (object(node['queue']) && !queues.has(String(queue ?? ''))) add('queue', line, id, String(queue ?? ''));
    for (const prompt of promptsOf(node)) if (around.prompts && !around.prompts.has(prompt)) add('prompt', line, id, prompt, true);
    const digits = (Array.isArray(object(node['menu'])?.['choices']) ? (object(node['menu'])?.['choices'] as unknown[]) : []).map((choice) => String(object(choice)?.['digits'] ?? ''));
    for (const [at, one] of digits.entries()) if (!/^[0-9*#]{1,8}$/.test(one) || digits.indexOf(one) !== at) add('digits', line, id, one);
  });
  const start = String(body['start'] ?? '');
  if (!ids.has(start)) add('start', 1, '', start);
  else {
    const reached = new Set<string>([start]);
    for (const id of reached) for (const next of nextsOf(nodes[ids.get(id) ?? -1] ?? {})) reached.add(next);
    for (const [id, place] of ids) if (!reached.has(id)) add('unreached', lineOf(place), id, id, true);
  }
  return { flow: { ...body, id: head.id, name: head.name }, faults: faults.sort((a, b) => a.line - b.line) };
}
/** What a new flow begins with. */
export const flowBeginning = `start: welcome
nodes:
  - id: welcome
    play: { prompts: [zh/welcome, en/welcome], next: bye }
  - id: bye
    hangup: { served: true }
`;
