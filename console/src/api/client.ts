// SPDX-License-Identifier: Apache-2.0
// The API, typed by docs/reference/openapi.json. `await ok(api.GET('/api/v1/me'))` gives the reply or throws an ApiError.
import createClient from 'openapi-fetch';
import { ApiError, errorOf } from './errors';
import type { Full } from './full';
import type { components, paths } from './schema';
import { accessToken, renew, sessionNow } from './session';

export type Schemas = { [K in keyof components['schemas']]: Full<components['schemas'][K]> };

/** fetch() with the session's token; a token that was refused is renewed once. Throws ApiError("network"). */
export async function apiFetch(input: string | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const again = request.clone();
  const send = async (one: Request): Promise<Response> => {
    const token = await accessToken();
    if (token) one.headers.set('Authorization', `Bearer ${token}`);
    try {
      return await fetch(one);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError('network', '', 0);
    }
  };
  const reply = await send(request);
  if (reply.status !== 401 || sessionNow().status !== 'known' || !(await renew())) return reply;
  return send(again);
}
export const api = createClient<paths>({ baseUrl: location.origin, fetch: apiFetch });

/** The reply's body, or an ApiError. */
export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Full<T>> {
  const { data, error, response } = await call;
  if (!response.ok) throw errorOf(error, response.status);
  return data as Full<T>;
}
/** What is not JSON both ways (sound, files): a Response that is ok, or an ApiError. */
export async function okFetch(path: string, init?: RequestInit): Promise<Response> {
  const reply = await apiFetch(path, init);
  if (!reply.ok) throw errorOf(await reply.json().catch(() => undefined), reply.status);
  return reply;
}
/** A reply whose type the caller knows. */
export async function getJson<T>(path: string): Promise<T> {
  return (await (await okFetch(path)).json()) as T;
}
/** Ask for something by POST (or PUT) where the caller knows the types. */
export async function sendJson<T>(path: string, body: unknown = {}, method: 'POST' | 'PUT' = 'POST'): Promise<T> {
  const reply = await okFetch(path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return (await reply.json().catch(() => ({}))) as T;
}
