// SPDX-License-Identifier: Apache-2.0
// What is live, as the socket's frames build it up. Pure: a frame in, the changed keys out.
import type { Full } from './full';
import type { components } from './schema';

type S = components['schemas'];
export type LiveQueue = Full<S['LiveQueue']>;
export type LiveAgent = Full<S['LiveAgent']>;
export type LiveContact = Full<S['LiveContact']>;
export type LiveService = Full<S['LiveService']>;
export type Funnel = Full<S['Funnel']>;
export interface LiveKinds {
  queues: LiveQueue;
  agents: LiveAgent;
  contacts: LiveContact;
  services: LiveService;
}
export type LiveKind = keyof LiveKinds;
export type LiveState = { readonly [K in LiveKind]: Map<string, LiveKinds[K]> } & { today: Funnel | undefined };

const idOf: { [K in LiveKind]: (row: LiveKinds[K]) => string } = {
  queues: (row) => row.queueId,
  agents: (row) => row.agentId,
  contacts: (row) => row.contactId,
  services: (row) => row.instance,
};
const kinds = Object.keys(idOf) as LiveKind[];

export function liveStateNew(): LiveState {
  return { queues: new Map(), agents: new Map(), contacts: new Map(), services: new Map(), today: undefined };
}
/** What a frame changed: keys "agents/lin" of rows, and "agents" when rows came or went. */
export interface Changed {
  readonly keys: Set<string>;
  atUs: number; // the server's time in the frame, 0 when it had none
}
function put<K extends LiveKind>(state: LiveState, kind: K, row: LiveKinds[K], changed: Changed): void {
  const map = state[kind] as Map<string, LiveKinds[K]>;
  const id = idOf[kind](row);
  if (!id) return;
  const gone = kind === 'contacts' && (row as LiveContact).state === 'CONTACT_ENDED';
  if (gone ? map.delete(id) : !map.has(id)) changed.keys.add(kind);
  if (!gone) map.set(id, row);
  changed.keys.add(`${kind}/${id}`);
  if ('atUs' in row) changed.atUs = Math.max(changed.atUs, Number(row.atUs));
}
/** Take a frame of the socket: {"all": LiveReply} replaces everything, others change what they name. */
export function liveApply(state: LiveState, frame: unknown): Changed {
  const changed: Changed = { keys: new Set(), atUs: 0 };
  if (!frame || typeof frame !== 'object') return changed;
  const all = (frame as { all?: Record<string, unknown> }).all;
  const parts = (all ?? frame) as Record<string, unknown>;
  for (const kind of kinds) {
    const rows = Array.isArray(parts[kind]) ? (parts[kind] as LiveKinds[typeof kind][]) : [];
    if (all && kind !== 'services') {
      const kept = new Set(rows.map((row) => (idOf[kind] as (row: unknown) => string)(row)));
      for (const id of [...state[kind].keys()])
        if (!kept.has(id)) {
          state[kind].delete(id);
          changed.keys.add(kind).add(`${kind}/${id}`);
        }
    }
    for (const row of rows) put(state, kind, row as never, changed);
  }
  if (parts['today'] && typeof parts['today'] === 'object') {
    state.today = parts['today'] as Funnel;
    changed.keys.add('today');
  }
  if (all) changed.atUs = Math.max(changed.atUs, Number(all['atUs'] ?? 0));
  return changed;
}
/** Wait before the next try of a connection: doubling from half a second to ten, and a random part against crowds. */
export function backoffMs(tries: number, random: number): number {
  const full = Math.min(500 * 2 ** Math.min(tries, 10), 10_000);
  return Math.round(full / 2 + (full / 2) * random);
}
