// SPDX-License-Identifier: Apache-2.0
// What went wrong, as the server said it, and as people read it. Pure.
import type { Text } from '../text';

export class ApiError extends Error {
  constructor(
    readonly code: string, // ErrorReply.code without FAR_; "network": nothing came back
    readonly detail: string, // the server's own sentence: what, where, how to mend it
    readonly status: number,
  ) {
    super(detail || code);
    this.name = 'ApiError';
  }
}
/** The body of a reply from 400 on. */
export function errorOf(body: unknown, status: number): ApiError {
  const reply = body && typeof body === 'object' ? (body as { code?: unknown; text?: unknown }) : {};
  const code = typeof reply.code === 'string' && reply.code ? reply.code.replace(/^FAR_/, '') : status >= 502 ? 'EUNAVAILABLE' : 'unknown';
  return new ApiError(code, typeof reply.text === 'string' ? reply.text : '', status);
}
export function isNetworkError(error: unknown): boolean {
  return (error instanceof ApiError && error.code === 'network') || error instanceof TypeError;
}
/** A sentence in the reader's language, and the server's own (English) beside it, if it says more. */
export function errorText(error: unknown, text: Text): { title: string; detail: string } {
  if (!(error instanceof ApiError)) {
    if (error instanceof TypeError) return { title: text.error.network, detail: '' };
    return { title: text.error.unknown, detail: error instanceof Error ? error.message : '' };
  }
  const titles: Record<string, string> = text.error;
  return { title: titles[error.code] ?? text.error.unknown, detail: error.detail };
}
