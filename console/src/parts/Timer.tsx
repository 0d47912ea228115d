// SPDX-License-Identifier: Apache-2.0
import { useFormat } from '../text';
import { useNow } from './clock';

interface TimerProps {
  /** Begin, in ms of the server's time; undefined: a dash. */
  readonly since: number | undefined;
  /** Count down to this length instead; below zero it stays 0:00. */
  readonly down?: number;
  readonly className?: string;
}
/** A running clock. Screen readers are not told each second. */
export function Timer({ since, down, className }: TimerProps) {
  const now = useNow();
  const format = useFormat();
  const ms = since === undefined ? undefined : down === undefined ? now - since : Math.max(0, down - (now - since)) + 999;
  return (
    <span className={`far-num ${className ?? ''}`} role="timer" aria-live="off">
      {ms === undefined ? '–' : format.clock(down === undefined ? ms : Math.min(ms, down))}
    </span>
  );
}
/** How long ago, with the exact time on hover. */
export function TimeAgo({ at }: { readonly at: number | undefined }) {
  const now = useNow();
  const format = useFormat();
  if (at === undefined) return <span>–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={format.date(at, 'dateTimeSeconds')}>
      {format.ago(now - at)}
    </time>
  );
}
