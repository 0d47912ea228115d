// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { lanesOf, stretchesOf, ticksOf } from '../src/pages/contact/model';

const segment = (kind: string, offsetMs: number, more: object = {}) =>
  ({ segmentId: `${kind}${offsetMs}`, kind, offsetMs: String(offsetMs), durationMs: '1000', queueId: '', agentId: '', flowId: '', nodeId: '', outcome: '', position: 0, digits: '', recordingId: '', ...more }) as never;

describe('timeline of a contact', () => {
  const stretches = stretchesOf([
    segment('SEGMENT_TALK', 5000, { queueId: 'sales', agentId: 'lin', open: true }),
    segment('SEGMENT_IVR', 0),
    segment('SEGMENT_RING', 3000, { queueId: 'sales', agentId: 'lin' }),
    segment('SEGMENT_QUEUE', 1000, { queueId: 'sales' }),
    segment('SEGMENT_SURVEY', 9000),
  ]);
  it('stands in the order of time', () => expect(stretches.map((one) => one.startMs)).toEqual([0, 1000, 3000, 5000, 9000]));
  it('only a live one is open', () => expect(stretches.filter((one) => one.open).map((one) => one.kind)).toEqual(['SEGMENT_TALK']));
  it('has a lane for flow, queue and agent', () =>
    expect(lanesOf(stretches).map((lane) => [lane.key, lane.stretches.length])).toEqual([
      ['flow/', 2],
      ['queue/sales', 1],
      ['agent/lin', 2],
    ]));
  it('marks lengths that people count in', () => {
    expect(ticksOf(9_500, 10)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]);
    expect(ticksOf(61_000, 8)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
    expect(ticksOf(0, 8)).toEqual([0]);
    expect(ticksOf(1e9, 8).length).toBeLessThanOrEqual(10);
  });
});
