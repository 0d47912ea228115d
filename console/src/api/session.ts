// SPDX-License-Identifier: Apache-2.0
// Who is logged in. The access token lives in this tab's memory; the refresh token in a cookie that no script
// sees. Tabs renew one after the other (a lock), and tell each other when somebody logs in or out.
import { useSyncExternalStore } from 'react';
import { suggestLanguage } from '../text/language';
import { ApiError, errorOf } from './errors';
import type { Full } from './full';
import type { components } from './schema';

export type Person = Full<components['schemas']['Person']>;
export interface Session {
  readonly status: 'starting' | 'anonymous' | 'known';
  readonly person: Person | undefined;
  readonly permissions: ReadonlySet<string>;
}
type LoginReply = Full<components['schemas']['LoginReply']>;

const RENEW_BEFORE_MS = 60_000;
const anonymous: Session = { status: 'anonymous', person: undefined, permissions: new Set() };
let session: Session = { ...anonymous, status: 'starting' };
let token = '';
let tokenEndsAt = 0; // performance.now() clock: it does not jump
let renewTimer: ReturnType<typeof setTimeout> | undefined;
let renewing: Promise<boolean> | undefined;
const listeners = new Set<() => void>();
const tokenListeners = new Set<(token: string) => void>();
// Whether somebody has logged in here and not out: else there is no cookie to ask for.
const MARK = 'farseat.loggedIn';
const others = new BroadcastChannel('farseat.session');

function set(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}
function forget(): void {
  token = '';
  localStorage.removeItem(MARK);
  clearTimeout(renewTimer);
  set(anonymous);
}
function samePeople(a: Session, b: Session): boolean {
  return a.status === b.status && JSON.stringify(a.person) === JSON.stringify(b.person) && [...a.permissions].join() === [...b.permissions].join();
}
function take(reply: LoginReply): void {
  token = reply.accessToken;
  tokenEndsAt = performance.now() + reply.expiresInS * 1000;
  clearTimeout(renewTimer);
  renewTimer = setTimeout(() => void renew(), Math.max(5000, reply.expiresInS * 1000 - RENEW_BEFORE_MS));
  const next: Session = { status: 'known', person: reply.person, permissions: new Set(reply.permissions) };
  if (!samePeople(session, next)) set(next);
  suggestLanguage(reply.person?.language);
  for (const listener of tokenListeners) listener(token);
}
async function post(path: string, body: unknown, authorised = false): Promise<LoginReply> {
  let reply: Response;
  try {
    reply = await fetch(`/api/v1${path}`, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', ...(authorised ? { Authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
  } catch {
    throw new ApiError('network', '', 0);
  }
  const answer: unknown = await reply.json().catch(() => ({}));
  if (!reply.ok) throw errorOf(answer, reply.status);
  return answer as LoginReply;
}
async function renewLocked(): Promise<boolean> {
  try {
    take(await post('/token', {}));
    return true;
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0;
    if (status >= 400 && status < 500 && status !== 429) {
      forget();
      return false;
    }
    // The server is away: who was logged in stays so, and it is tried again.
    clearTimeout(renewTimer);
    renewTimer = setTimeout(() => void renew(), 3000);
    return false;
  }
}
/** Another access token by the cookie. @return whether there is one now; false also when the server is away. */
export function renew(): Promise<boolean> {
  if (renewing) return renewing;
  const mine = (async () => await navigator.locks.request('farseat.refresh', renewLocked))();
  renewing = mine;
  void mine.finally(() => (renewing = undefined));
  return mine;
}
/** A token that is good for some seconds still; "" when nobody is logged in. */
export async function accessToken(): Promise<string> {
  if (token && performance.now() < tokenEndsAt - 10_000) return token;
  if (session.status === 'anonymous') return '';
  await renew();
  return token;
}
/** At the page's start: go on with the session of this browser, if there is one. */
export function resume(): void {
  if (localStorage.getItem(MARK)) void renew();
  else set(anonymous);
}
export async function login(name: string, password: string): Promise<void> {
  take(await post('/login', { login: name, password, cookie: true }));
  localStorage.setItem(MARK, '1');
  others.postMessage('login');
}
export async function logout(): Promise<void> {
  try {
    await post('/logout', {}, true);
  } finally {
    forget();
    others.postMessage('logout');
  }
}
export function sessionNow(): Session {
  return session;
}
export function onToken(listener: (token: string) => void): () => void {
  tokenListeners.add(listener);
  return () => tokenListeners.delete(listener);
}
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export function useSession(): Session {
  return useSyncExternalStore(onSession, sessionNow);
}
export function useMay(permission: string): boolean {
  return useSession().permissions.has(permission);
}
others.onmessage = (event) => {
  if (event.data === 'logout') forget();
  else if (event.data === 'login') void renew();
};
window.addEventListener('online', () => {
  if (session.status !== 'anonymous') void renew();
});

/** Whether the server answers at all, within a time. Any answer, also a refusal, is one. */
export async function apiReachable(ms: number): Promise<boolean> {
  try {
    await fetch('/api/v1/me', { cache: 'no-store', signal: AbortSignal.timeout(ms) });
    return true;
  } catch {
    return false;
  }
}
