// SPDX-License-Identifier: Apache-2.0
// One form for contacts that live and those that have ended, and how their time is drawn. Pure.
import type { Schemas } from '../../api/client';

export type Decision = NonNullable<Schemas['SegmentRecord']['decision']>;
export interface Stretch {
  readonly id: string;
  readonly kind: string;
  readonly startMs: number; // since the contact began
  readonly lengthMs: number; // of an open one: as the server said it
  readonly open: boolean;
  readonly queueId: string;
  readonly agentId: string;
  readonly flowId: string;
  readonly nodeId: string;
  readonly outcome: string;
  readonly position: number;
  readonly digits: string;
  readonly recordingId: string;
  readonly decision: Decision | undefined;
}
export function stretchesOf(segments: readonly (Schemas['SegmentRecord'] | Schemas['SegmentView'])[]): Stretch[] {
  return segments
    .map((segment) => ({
      id: segment.segmentId,
      kind: segment.kind,
      startMs: Number(segment.offsetMs),
      lengthMs: Number(segment.durationMs),
      open: 'open' in segment && segment.open,
      queueId: segment.queueId,
      agentId: segment.agentId,
      flowId: segment.flowId,
      nodeId: segment.nodeId,
      outcome: segment.outcome,
      position: segment.position,
      digits: segment.digits,
      recordingId: segment.recordingId,
      decision: segment.decision as Decision | undefined,
    }))
    .sort((a, b) => a.startMs - b.startMs);
}
export interface Lane {
  readonly key: string;
  readonly of: 'flow' | 'queue' | 'agent';
  readonly id: string;
  readonly stretches: readonly Stretch[];
}
/** A lane for the flow, one for each queue and each agent, in the order in which they came. */
export function lanesOf(stretches: readonly Stretch[]): Lane[] {
  const lanes = new Map<string, { of: Lane['of']; id: string; stretches: Stretch[] }>();
  for (const stretch of stretches) {
    const of = stretch.kind === 'SEGMENT_IVR' || stretch.kind === 'SEGMENT_SURVEY' ? 'flow' : stretch.kind === 'SEGMENT_QUEUE' ? 'queue' : 'agent';
    const id = of === 'flow' ? '' : of === 'queue' ? stretch.queueId : stretch.agentId;
    const key = `${of}/${id}`;
    const lane = lanes.get(key);
    if (lane) lane.stretches.push(stretch);
    else lanes.set(key, { of, id, stretches: [stretch] });
  }
  return [...lanes].map(([key, lane]) => ({ key, ...lane }));
}
/** Marks of a time axis: at most `most` of them, at lengths that people count in. */
export function ticksOf(lengthMs: number, most: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400].map((s) => s * 1000);
  const step = steps.find((one) => lengthMs / one <= most) ?? 28_800_000;
  const ticks: number[] = [];
  for (let at = 0; at <= lengthMs && ticks.length <= most + 1; at += step) ticks.push(at);
  return ticks;
}
