// SPDX-License-Identifier: Apache-2.0
import { QueryClient } from '@tanstack/react-query';
import { ApiError, isNetworkError } from './errors';

function worthAnotherTry(count: number, error: unknown): boolean {
  if (isNetworkError(error)) return count < 3;
  return error instanceof ApiError && error.status >= 502 && count < 2;
}
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 10_000, retry: worthAnotherTry, retryDelay: (count) => Math.min(500 * 2 ** count, 4000), refetchOnWindowFocus: false, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});
