// SPDX-License-Identifier: Apache-2.0
// Numbers, dates and durations, by language and the centre's time zone. Pure but for Intl.
import type { Language } from './table';

const LOCALE: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };
const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function cached<T extends Intl.DateTimeFormat | Intl.NumberFormat>(key: string, make: () => T): T {
  let format = formats.get(key) as T | undefined;
  if (!format) formats.set(key, (format = make()));
  return format;
}
const two = (n: number): string => String(n).padStart(2, '0');

/** Microseconds of the API (text or number) as milliseconds; undefined: there is no such time. */
export function msOfUs(us: string | number | undefined): number | undefined {
  const value = Number(us ?? 0);
  return value > 0 ? Math.floor(value / 1000) : undefined;
}
/** A running clock: 0:07, 12:30, 1:02:03. Negative counts as 0. */
export function clockText(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(s / 60) % 60;
  const hours = Math.floor(s / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}
/** A length in words, in its two largest units: 3 min 5 s, 2 h 10 min. */
export function durationText(ms: number, language: Language): string {
  const units: [number, string][] =
    language === 'zh'
      ? [[86400, ' 天'], [3600, ' 小时'], [60, ' 分'], [1, ' 秒']]
      : [[86400, ' d'], [3600, ' h'], [60, ' min'], [1, ' s']];
  let rest = Math.max(0, Math.round(ms / 1000));
  if (ms > 0 && ms < 950) return language === 'zh' ? `${(ms / 1000).toFixed(1)} 秒` : `${(ms / 1000).toFixed(1)} s`;
  const parts: string[] = [];
  let first = -1;
  units.forEach(([size, name], place) => {
    const count = Math.floor(rest / size);
    if (count === 0 || (first >= 0 && place > first + 1)) return;
    if (first < 0) first = place;
    parts.push(`${count}${name}`);
    rest -= count * size;
  });
  return parts.length > 0 ? parts.join(' ') : `0${units[3]?.[1] ?? ''}`;
}
/** How long ago, coarsely: now, 5 min ago, 3 h ago, 2 d ago. */
export function agoText(ms: number, language: Language): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const zh = language === 'zh';
  if (s < 45) return zh ? '刚刚' : 'just now';
  if (s < 3600) return zh ? `${Math.max(1, Math.round(s / 60))} 分钟前` : `${Math.max(1, Math.round(s / 60))} min ago`;
  if (s < 86400) return zh ? `${Math.round(s / 3600)} 小时前` : `${Math.round(s / 3600)} h ago`;
  return zh ? `${Math.round(s / 86400)} 天前` : `${Math.round(s / 86400)} d ago`;
}
export function numberText(value: number, language: Language, digits = 0): string {
  return cached(`n${language}${digits}`, () =>
    new Intl.NumberFormat(LOCALE[language], { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  ).format(value);
}
/** 0.8734 as 87.3 %. */
export function percentText(ratio: number, language: Language, digits = 1): string {
  return cached(`p${language}${digits}`, () =>
    new Intl.NumberFormat(LOCALE[language], { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }),
  ).format(ratio);
}
export function bytesText(bytes: number, language: Language): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let place = 0;
  while (value >= 1000 && place < names.length - 1) {
    value /= 1000;
    place++;
  }
  return `${numberText(value, language, place > 0 && value < 100 ? 1 : 0)} ${names[place] ?? ''}`;
}
export type DateParts = 'date' | 'time' | 'seconds' | 'dateTime' | 'dateTimeSeconds' | 'short' | 'weekday';
const PARTS: Record<DateParts, Intl.DateTimeFormatOptions> = {
  date: { year: 'numeric', month: '2-digit', day: '2-digit' },
  time: { hour: '2-digit', minute: '2-digit' },
  seconds: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  dateTime: { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  dateTimeSeconds: { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  short: { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  weekday: { weekday: 'short', month: 'short', day: 'numeric' },
};
export function dateText(ms: number, parts: DateParts, language: Language, zone: string | undefined): string {
  return cached(`d${language}${parts}${zone ?? ''}`, () =>
    new Intl.DateTimeFormat(LOCALE[language], { ...PARTS[parts], hourCycle: 'h23', ...(zone ? { timeZone: zone } : {}) }),
  ).format(ms);
}
/** The day at a moment in a zone, YYYY-MM-DD. */
export function dayOf(ms: number, zone: string | undefined): string {
  return cached(`day${zone ?? ''}`, () =>
    new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', ...(zone ? { timeZone: zone } : {}) }),
  ).format(ms);
}
/** YYYY-MM-DD, so many days later. */
export function dayAdd(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
/** The moment at which a local time (YYYY-MM-DDTHH:MM[:SS]) is in a zone, in ms. */
export function momentOf(local: string, zone: string | undefined): number {
  const wanted = Date.parse(`${local.length === 10 ? `${local}T00:00` : local}Z`);
  let guess = wanted;
  for (let i = 0; i < 3; i++) guess += wanted - Date.parse(`${localOf(guess, zone)}Z`);
  return guess;
}
/** A moment as the local time of a zone: YYYY-MM-DDTHH:MM:SS. */
export function localOf(ms: number, zone: string | undefined): string {
  const format = cached(`local${zone ?? ''}`, () =>
    new Intl.DateTimeFormat('en-CA', {
      year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
      hourCycle: 'h23', ...(zone ? { timeZone: zone } : {}),
    }),
  );
  const of: Record<string, string> = {};
  for (const part of format.formatToParts(ms)) of[part.type] = part.value;
  return `${of['year']}-${of['month']}-${of['day']}T${of['hour']}:${of['minute']}:${of['second']}`;
}
