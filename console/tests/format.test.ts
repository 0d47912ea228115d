// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { agoText, bytesText, clockText, dateText, dayAdd, dayOf, durationText, localOf, momentOf, msOfUs, percentText } from '../src/text/format';

describe('durations', () => {
  it('a clock grows by hours', () => {
    expect(clockText(0)).toBe('0:00');
    expect(clockText(7_999)).toBe('0:07');
    expect(clockText(754_000)).toBe('12:34');
    expect(clockText(3_723_000)).toBe('1:02:03');
    expect(clockText(-5_000)).toBe('0:00');
  });
  it('words have two units at most', () => {
    expect(durationText(0, 'en')).toBe('0 s');
    expect(durationText(400, 'en')).toBe('0.4 s');
    expect(durationText(65_000, 'en')).toBe('1 min 5 s');
    expect(durationText(3_600_000, 'en')).toBe('1 h');
    expect(durationText(3_605_000, 'en')).toBe('1 h');
    expect(durationText(7_860_000, 'zh')).toBe('2 小时 11 分');
    expect(durationText(90_061_000, 'en')).toBe('1 d 1 h');
  });
  it('ago is coarse', () => {
    expect(agoText(3_000, 'en')).toBe('just now');
    expect(agoText(300_000, 'zh')).toBe('5 分钟前');
    expect(agoText(7_200_000, 'en')).toBe('2 h ago');
  });
});
describe('moments', () => {
  it('microseconds are text, and 0 is none', () => {
    expect(msOfUs('1700000000123456')).toBe(1700000000123);
    expect(msOfUs('0')).toBeUndefined();
    expect(msOfUs(undefined)).toBeUndefined();
  });
  it('days follow the zone', () => {
    const at = Date.parse('2026-11-24T17:30:00Z');
    expect(dayOf(at, 'Asia/Shanghai')).toBe('2026-11-25');
    expect(dayOf(at, 'America/New_York')).toBe('2026-11-24');
    expect(dayAdd('2026-02-28', 1)).toBe('2026-03-01');
    expect(dayAdd('2026-01-01', -1)).toBe('2025-12-31');
    expect(dateText(at, 'time', 'en', 'Asia/Shanghai')).toBe('01:30');
  });
  it('a local time and its moment are each other, also beside a change of the clock', () => {
    for (const zone of ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', undefined])
      for (const local of ['2026-03-29T04:00:00', '2026-10-25T12:00:00', '2026-07-01T00:00:00'])
        expect(localOf(momentOf(local, zone), zone)).toBe(local);
    expect(momentOf('2026-11-24', 'Asia/Shanghai')).toBe(Date.parse('2026-11-23T16:00:00Z'));
  });
});
describe('numbers', () => {
  it('are written by locale', () => {
    expect(percentText(0.8734, 'en')).toBe('87.3%');
    expect(bytesText(1_520, 'en')).toBe('1.5 kB');
    expect(bytesText(152_000_000, 'en')).toBe('152 MB');
  });
});
