// SPDX-License-Identifier: Apache-2.0
// A figure that stands to a target: colour, a sign of its own shape, and a word for who sees neither.
import { IconAlertTriangleFilled, IconCheck, IconCircleHalf2 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useText } from '../text';
import { measureText } from '../text/measure';
import classes from './Measure.module.css';
import type { Standing } from './targets';

interface MeasureProps {
  readonly is: Standing | undefined;
  readonly children: ReactNode;
  /** Said on hover: the target. */
  readonly hint?: string | undefined;
  readonly size?: number;
  /** No sign for what is well. */
  readonly quiet?: boolean;
}
export function Measure({ is, children, hint, size = 14, quiet }: MeasureProps) {
  const t = useText(measureText);
  if (!is || (quiet && is === 'good')) return <span title={hint}>{children}</span>;
  const Sign = is === 'good' ? IconCheck : is === 'near' ? IconCircleHalf2 : IconAlertTriangleFilled;
  return (
    <span className={classes.measure} data-is={is} title={hint}>
      <Sign size={size} aria-hidden />
      {children}
      <span className="far-hidden">, {t[is]}</span>
    </span>
  );
}
