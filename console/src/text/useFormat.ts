// SPDX-License-Identifier: Apache-2.0
// format.ts in the language that is spoken and the centre's time zone.
import { useMemo, useSyncExternalStore } from 'react';
import { agoText, bytesText, clockText, dateText, durationText, numberText, percentText, type DateParts } from './format';
import { useLanguage } from './language';
import { textNow } from './index';
import { labelText, type Label, type Language } from './table';

let zone: string | undefined;
const listeners = new Set<() => void>();

/** The centre's time zone, once it is known; before, the browser's is used. */
export function setTimeZone(name: string | undefined): void {
  if (name === zone) return;
  try {
    if (name) new Intl.DateTimeFormat('en', { timeZone: name });
    zone = name || undefined;
  } catch {
    zone = undefined; // a zone that this browser does not know
  }
  for (const listener of listeners) listener();
}
export function timeZone(): string | undefined {
  return zone;
}
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

interface Number_ {
  readonly raw?: string;
  readonly canonical?: string;
  readonly kind?: string;
}
function formatOf(language: Language, zone: string | undefined) {
  return {
    language,
    zone,
    number: (value: number, digits?: number) => numberText(value, language, digits),
    percent: (ratio: number, digits?: number) => percentText(ratio, language, digits),
    bytes: (bytes: number) => bytesText(bytes, language),
    clock: clockText,
    duration: (ms: number) => durationText(ms, language),
    ago: (ms: number) => agoText(ms, language),
    /** A moment in ms; undefined gives a dash. */
    date: (ms: number | undefined, parts: DateParts = 'dateTime') => (ms === undefined ? '–' : dateText(ms, parts, language, zone)),
    label: (label: Label | undefined, id: string) => labelText(label, language, id),
    /** A telephone number as people read it. */
    phone: (number: Number_ | undefined) =>
      !number || number.kind === 'NUMBER_ANONYMOUS' || !(number.canonical || number.raw)
        ? textNow().word.anonymous
        : phoneText(number.canonical || number.raw || ''),
  };
}
/** +8613912345678 as +86 139 1234 5678; what has no such form stays as it is. */
export function phoneText(canonical: string): string {
  const mobile = /^\+86(1\d{2})(\d{4})(\d{4})$/.exec(canonical);
  if (mobile) return `+86 ${mobile[1]} ${mobile[2]} ${mobile[3]}`;
  const land = /^\+86(10|2\d|[3-9]\d{2})(\d{3,4})(\d{4})$/.exec(canonical);
  if (land) return `+86 ${land[1]} ${land[2]} ${land[3]}`;
  return canonical;
}
export type Format = ReturnType<typeof formatOf>;

export function useFormat(): Format {
  const language = useLanguage();
  const now = useSyncExternalStore(subscribe, timeZone);
  return useMemo(() => formatOf(language, now), [language, now]);
}
