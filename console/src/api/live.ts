// SPDX-License-Identifier: Apache-2.0
// The live socket: one connection a tab, kept up while somebody is logged in. Components see only the rows they name:
//   useLiveAgent(id), useLiveQueue(id), useLiveContact(id), useLiveService(instance)   one row
//   useLiveIds('agents')                                                               which rows there are
//   useLive((state) => ..., ['agents'])                                                something worked out of rows
import { useCallback, useRef, useSyncExternalStore } from 'react';
import { setClockOffset } from '../parts/clock';
import { queryClient } from './query';
import { backoffMs, liveApply, liveStateNew, type LiveKind, type LiveKinds, type LiveState } from './liveState';
import { accessToken, apiReachable, onSession, onToken, renew, sessionNow } from './session';

export type Connection = 'connecting' | 'live' | 'stale' | 'lost';
const SILENCE_MS = 6000; // queues speak each second
const LOST_AFTER_MS = 1500; // shorter breaks are not worth a word

const state: LiveState = liveStateNew();
const rowListeners = new Map<string, Set<() => void>>();
const ids = new Map<LiveKind, readonly string[]>();
let versions: Record<LiveKind | 'today', number> = { queues: 0, agents: 0, contacts: 0, services: 0, today: 0 };
let connection: Connection = 'connecting';
const connectionListeners = new Set<() => void>();
let socket: WebSocket | undefined;
let tries = 0;
let heardAt = 0;
let everLive = false;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let lostTimer: ReturnType<typeof setTimeout> | undefined;
let probing = false;

function tell(key: string): void {
  for (const listener of rowListeners.get(key) ?? []) listener();
}
function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const listener of connectionListeners) listener();
}
function take(frame: unknown): void {
  const changed = liveApply(state, frame);
  const touched = new Set<LiveKind | 'today'>();
  for (const key of changed.keys) {
    const kind = key.split('/', 1)[0] as LiveKind | 'today';
    touched.add(kind);
    if (key === kind && kind !== 'today') ids.delete(kind);
  }
  for (const kind of touched) versions = { ...versions, [kind]: versions[kind] + 1 };
  if (changed.atUs > 0) setClockOffset(changed.atUs / 1000 - Date.now());
  for (const key of changed.keys) if (key.includes('/')) tell(key);
  for (const kind of touched) {
    if (changed.keys.has(kind)) tell(kind);
    tell(`${kind}/*`);
  }
}
function nowLive(): void {
  clearTimeout(lostTimer);
  lostTimer = undefined;
  tries = 0;
  const before = connection;
  setConnection('live');
  if (everLive && before !== 'live') void queryClient.invalidateQueries();
  everLive = true;
}
function lost(): void {
  if (connection === 'stale' || connection === 'live') lostTimer ??= setTimeout(() => setConnection('lost'), LOST_AFTER_MS);
  else if (tries > 1) setConnection('lost');
}
function drop(): void {
  const old = socket;
  socket = undefined;
  if (!old) return;
  old.onopen = old.onmessage = old.onclose = old.onerror = null;
  old.close();
}
function retry(): void {
  clearTimeout(retryTimer);
  if (sessionNow().status !== 'known') return;
  retryTimer = setTimeout(() => void connect(), backoffMs(tries++, Math.random()));
}
async function connect(): Promise<void> {
  clearTimeout(retryTimer);
  if (sessionNow().status !== 'known') return;
  drop();
  const token = await accessToken();
  if (!token || socket) {
    if (!token) {
      lost();
      retry();
    }
    return;
  }
  const url = `${location.origin.replace(/^http/, 'ws')}/api/v1/live/socket`;
  const mine = (socket = new WebSocket(url, 'farseat.live.v1'));
  const opening = setTimeout(() => mine.readyState === WebSocket.CONNECTING && mine.close(), 8000);
  mine.onopen = () => {
    clearTimeout(opening);
    heardAt = performance.now();
    mine.send(JSON.stringify({ token }));
  };
  mine.onmessage = (event) => {
    heardAt = performance.now();
    const frame: unknown = JSON.parse(String(event.data));
    const closed = (frame as { closed?: { code?: number } }).closed;
    if (closed?.code === 4401) void renew();
    if (closed) return;
    if (connection !== 'live') nowLive();
    take(frame);
  };
  mine.onclose = (event) => {
    clearTimeout(opening);
    if (socket !== mine) return;
    socket = undefined;
    lost();
    if (event.code === 4401) void renew().then(retry);
    else retry();
  };
}
// A broken line closes nothing: when it has been silent for long, ask whether the server is there.
async function watch(): Promise<void> {
  if (probing || sessionNow().status !== 'known' || !socket || socket.readyState !== WebSocket.OPEN) return;
  if (performance.now() - heardAt < SILENCE_MS) return;
  probing = true;
  const there = await apiReachable(3000);
  probing = false;
  if (performance.now() - heardAt < SILENCE_MS) return;
  if (there) {
    setConnection('stale');
    heardAt = performance.now() - SILENCE_MS / 2; // ask again in a while
  } else {
    drop();
    setConnection('lost');
    retry();
  }
}
/** Start over now, without waiting for the next try. */
export function reconnectNow(): void {
  tries = 0;
  void connect();
}
let started = false;
export function liveStart(): void {
  if (started) return;
  started = true;
  setInterval(() => void watch(), 1000);
  onToken((token) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ token }));
    else if (!socket) void connect();
  });
  onSession(() => {
    if (sessionNow().status === 'known') return;
    drop();
    clearTimeout(retryTimer);
    everLive = false;
    setConnection('connecting');
    take({ all: {} });
  });
  window.addEventListener('online', reconnectNow);
  window.addEventListener('offline', () => {
    drop();
    setConnection('lost');
    retry();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && !socket && sessionNow().status === 'known') reconnectNow();
  });
  if (sessionNow().status === 'known') void connect();
}

// --- for components ---------------------------------------------------------------------------------------------
function listen(keys: readonly string[], listener: () => void): () => void {
  for (const key of keys) {
    let set = rowListeners.get(key);
    if (!set) rowListeners.set(key, (set = new Set()));
    set.add(listener);
  }
  return () => {
    for (const key of keys) {
      const set = rowListeners.get(key);
      set?.delete(listener);
      if (set?.size === 0) rowListeners.delete(key);
    }
  };
}
function useRow<K extends LiveKind>(kind: K, id: string | undefined): LiveKinds[K] | undefined {
  const subscribe = useCallback((listener: () => void) => (id ? listen([`${kind}/${id}`], listener) : () => {}), [kind, id]);
  return useSyncExternalStore(subscribe, () => (id ? (state[kind].get(id) as LiveKinds[K] | undefined) : undefined));
}
export const useLiveAgent = (id: string | undefined) => useRow('agents', id);
export const useLiveQueue = (id: string | undefined) => useRow('queues', id);
export const useLiveContact = (id: string | undefined) => useRow('contacts', id);
export const useLiveService = (instance: string | undefined) => useRow('services', instance);

function idsOf(kind: LiveKind): readonly string[] {
  let list = ids.get(kind);
  if (!list) ids.set(kind, (list = [...state[kind].keys()].sort()));
  return list;
}
/** The ids of the rows that there are, sorted; the same array until one comes or goes. */
export function useLiveIds(kind: LiveKind): readonly string[] {
  const subscribe = useCallback((listener: () => void) => listen([kind], listener), [kind]);
  return useSyncExternalStore(subscribe, () => idsOf(kind));
}
/** Something worked out of the whole state, again when a row of these kinds changed; renders when it is not shallowly the same. */
export function useLive<T>(select: (state: LiveState) => T, of: readonly (LiveKind | 'today')[]): T {
  const memo = useRef<{ versions: string; select: unknown; value: T }>();
  const what = of.join();
  const subscribe = useCallback((listener: () => void) => listen(what.split(',').map((kind) => `${kind}/*`), listener), [what]);
  return useSyncExternalStore(subscribe, () => {
    const now = of.map((kind) => versions[kind]).join();
    const last = memo.current;
    if (last && last.versions === now && last.select === select) return last.value;
    const value = select(state);
    const same = last !== undefined && shallowSame(last.value, value);
    memo.current = { versions: now, select, value: same ? last.value : value };
    return memo.current.value;
  });
}
export function shallowSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!a || !b || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  return left.length === Object.keys(b).length && left.every(([key, value]) => Object.is(value, (b as Record<string, unknown>)[key]));
}
function subscribeConnection(listener: () => void): () => void {
  connectionListeners.add(listener);
  return () => connectionListeners.delete(listener);
}
export function useConnection(): Connection {
  return useSyncExternalStore(subscribeConnection, () => connection);
}
/** As it is now, outside of components. */
export function liveNow(): LiveState {
  return state;
}
