// SPDX-License-Identifier: Apache-2.0
// The phone of this browser. One tab is it (a lock); the others show it, control it, and take over when it closes.
import { useSyncExternalStore } from 'react';
import { api, ok, type Schemas } from '../api/client';
import { listDevices, deviceChoice, forgetCheck, pairKey, rememberCheck } from './devices';
import { phoneNext, phoneOff, type PhoneEvent, type PhoneState } from './machine';
import { ringStart, type Ring } from './ring';
import type { LineUp } from './sip';

export type MyPhone = Schemas['MyPhoneReply'];
type Command = 'answer' | 'hang-up' | 'echo' | 'output';
type Message = { readonly state: PhoneState } | { readonly command: Command } | { readonly hello: true };

let state: PhoneState = phoneOff;
let line: LineUp | undefined;
let ring: Ring | undefined;
let wish = false; // the agent is logged in and takes calls here
let starting: Promise<void> | undefined;
let login = '';
let giveUpRole: (() => void) | undefined;
const listeners = new Set<() => void>();
const channel = new BroadcastChannel('farseat.phone');

function show(next: PhoneState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}
function tell(event: PhoneEvent): void {
  const before = state;
  show(phoneNext(state, event));
  if (state === before) return;
  ringAsNeeded();
  if (state.role === 'phone') channel.postMessage({ state } satisfies Message);
  if ((event.is === 'call-end' || event.is === 'echo-end') && !wanted()) adjust();
}
function ringAsNeeded(): void {
  const rings = state.role === 'phone' && state.call?.kind === 'in' && state.call.phase === 'ringing';
  if (!rings) {
    ring?.stop();
    ring = undefined;
  } else if (!ring) {
    ring = ringStart();
    setTimeout(() => tell({ is: 'sound', blocked: ring !== undefined && !ring.audible() }), 400);
  }
}
/** Somebody clicked: the browser lets sounds out now. */
export function soundAllowed(): void {
  if (state.soundBlocked) tell({ is: 'sound', blocked: false });
  if (!ring) return;
  ring.stop();
  ring = undefined;
  ringAsNeeded();
}
export function phoneState(): PhoneState {
  return state;
}
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export function usePhone(): PhoneState {
  return useSyncExternalStore(subscribe, phoneState);
}
export const myPhone = (): Promise<MyPhone> => ok(api.GET('/api/v1/me/phone'));

// A test borrows the line without the wish, and a call is never cut by its end.
const wanted = (): boolean => wish || state.echo.running || state.call !== undefined;

async function start(): Promise<void> {
  tell({ is: 'line', line: 'connecting' });
  while (wanted() && state.role === 'phone' && !line) {
    try {
      const [{ LineUp: Line }, account] = await Promise.all([import('./sip'), myPhone()]);
      if (!wanted() || state.role !== 'phone') break;
      if (!account.phone) return tell({ is: 'line', line: 'failed', cause: 'no-phone' });
      line = new Line(account, { account: myPhone, tell, state: phoneState });
    } catch {
      tell({ is: 'line', line: 'connecting' });
      await new Promise((done) => setTimeout(done, 2500)); // the gateway is away: again
    }
  }
  if (!line) tell({ is: 'line', line: 'off' });
}
function adjust(): void {
  if (state.role !== 'phone') return;
  if (wanted() && !line) starting ??= start().finally(() => (starting = undefined));
  else if (!wanted() && line) {
    const old = line;
    line = undefined;
    old.stop();
  }
}
/** Whether this browser shall be the phone now. */
export function phoneWish(want: boolean): void {
  wish = want;
  adjust();
}
/** Be the phone of a login, or wait for it; until phoneLeave(). */
export function phoneJoin(name: string): void {
  if (login === name) return;
  phoneLeave();
  login = name;
  tell({ is: 'role', role: 'wait' });
  channel.postMessage({ hello: true } satisfies Message);
  const stop = new AbortController();
  giveUpRole = () => stop.abort();
  void navigator.locks
    .request(`farseat.phone.${name}`, { signal: stop.signal }, async () => {
      if (stop.signal.aborted) return;
      tell({ is: 'role', role: 'phone' });
      adjust();
      await new Promise<void>((done) => {
        giveUpRole = done;
      });
    })
    .catch(() => undefined); // left before it was this tab's turn
}
export function phoneLeave(): void {
  wish = false;
  login = '';
  line?.stop();
  line = undefined;
  giveUpRole?.();
  giveUpRole = undefined;
  tell({ is: 'role', role: 'none' });
}
async function echo(): Promise<void> {
  if (state.echo.running) return;
  tell({ is: 'echo-start' });
  adjust();
  await starting;
  const result: PhoneEvent & { is: 'echo-end' } = line ? await line.echoTest() : { is: 'echo-end', result: 'no-line', cause: state.lineCause };
  const pair = pairKey(await listDevices(), deviceChoice());
  if (result.result === 'ok') rememberCheck(pair, result.delayMs ?? 0);
  else if (result.result !== 'busy') forgetCheck(pair);
  tell(result);
}
function obey(command: Command): void {
  if (command === 'answer') void line?.answer();
  else if (command === 'hang-up') line?.hangUp();
  else if (command === 'output') line?.outputChanged();
  else void echo();
}
/** Answer, hang up, test: here, or in the tab that is the phone. */
export function phoneDo(command: Command): void {
  if (state.role === 'phone') obey(command);
  else channel.postMessage({ command } satisfies Message);
}
channel.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if ('state' in message && state.role === 'wait') show({ ...message.state, role: 'wait' });
  else if ('command' in message && state.role === 'phone') obey(message.command);
  else if ('hello' in message && state.role === 'phone') channel.postMessage({ state } satisfies Message);
};
// Closing the tab that is the phone ends its call: ask first.
window.addEventListener('beforeunload', (event) => {
  if (state.role === 'phone' && state.call && state.call.kind === 'in' && state.call.phase !== 'ringing') event.preventDefault();
});
window.addEventListener('pointerdown', soundAllowed);
window.addEventListener('keydown', soundAllowed);
