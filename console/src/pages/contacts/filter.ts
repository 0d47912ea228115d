// SPDX-License-Identifier: Apache-2.0
// The filters of the search, as the address holds them and as the API takes them. Pure.
import { rangeUs, type Range } from '../../parts/range';

export const filterKeys = ['number', 'agent', 'queue', 'result', 'site', 'published', 'disposition', 'customer', 'counts'] as const;
export type FilterKey = (typeof filterKeys)[number];
export type Filter = Record<FilterKey, string>;

export function filterOf(params: URLSearchParams): Filter {
  return Object.fromEntries(filterKeys.map((key) => [key, params.get(key)?.trim() ?? ''])) as Filter;
}
const asked: Record<FilterKey, string> = {
  number: 'number',
  agent: 'agentId',
  queue: 'queueId',
  result: 'result',
  site: 'siteId',
  published: 'published',
  disposition: 'disposition',
  customer: 'customerId',
  counts: 'counts',
};
/** The query of GET /contacts. */
export function searchQuery(filter: Filter, range: Range, zone: string | undefined): Record<string, string> {
  const query: Record<string, string> = { ...rangeUs(range, zone) };
  for (const key of filterKeys) {
    const value = key === 'number' ? filter.number.replace(/[\s()-]/g, '') : filter[key];
    if (value) query[asked[key]] = value;
  }
  return query;
}
/** The address of the contacts that a figure counts. */
export function contactsAddress(range: Range, filter: Partial<Filter>): string {
  const params = new URLSearchParams({ from: range.from, to: range.to });
  for (const key of filterKeys) if (filter[key]) params.set(key, filter[key]);
  return `/contacts?${params.toString()}`;
}
