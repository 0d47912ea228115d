// SPDX-License-Identifier: Apache-2.0
// One colour for each state, everywhere; always with its word, so that nobody needs the colour.
import type { ReactNode } from 'react';
import { useText } from '../text';
import classes from './StateBadge.module.css';

export type Tone = 'good' | 'busy' | 'alert' | 'hold' | 'wrap' | 'away' | 'off' | 'bad' | 'warn';
const agentTones: Record<string, Tone> = {
  AGENT_LOGGED_OUT: 'off',
  AGENT_NOT_READY: 'away',
  AGENT_READY: 'good',
  AGENT_RESERVED: 'alert',
  AGENT_RINGING: 'alert',
  AGENT_TALKING: 'busy',
  AGENT_HOLDING: 'hold',
  AGENT_AFTER_CALL_WORK: 'wrap',
};
const contactTones: Record<string, Tone> = {
  CONTACT_IN_FLOW: 'off',
  CONTACT_QUEUED: 'warn',
  CONTACT_RINGING: 'alert',
  CONTACT_TALKING: 'busy',
  CONTACT_HELD: 'hold',
  CONTACT_IN_SURVEY: 'off',
  CONTACT_WRAPPING_UP: 'wrap',
  CONTACT_ENDED: 'off',
};
const resultTones: Record<string, Tone> = {
  RESULT_ANSWERED: 'good',
  RESULT_IVR_SERVED: 'good',
  RESULT_ABANDONED: 'bad',
  RESULT_IVR_ABANDONED: 'off',
  RESULT_OVERFLOWED: 'warn',
  RESULT_REFUSED: 'bad',
};
const ticketTones: Record<string, Tone> = { open: 'warn', pending: 'hold', resolved: 'good', closed: 'off' };
const healthTones: Record<string, Tone> = { ok: 'good', degraded: 'warn', failed: 'bad', unknown: 'off' };

/** The CSS colour of an agent's state, for what is not a badge. */
export function agentColour(state: string): string {
  return `var(--far-${agentTones[state] ?? 'off'})`;
}
export function agentTone(state: string): Tone {
  return agentTones[state] ?? 'off';
}
/** Any word in a tone. */
export function ToneBadge({ tone, children, plain }: { readonly tone: Tone; readonly children: ReactNode; readonly plain?: boolean }) {
  return (
    <span className={classes.badge} data-tone={tone} data-plain={plain || undefined}>
      <span className={classes.dot} aria-hidden="true" />
      {children}
    </span>
  );
}
type Of = 'agent' | 'contact' | 'result' | 'ticket' | 'health';
const tones: Record<Of, Record<string, Tone>> = { agent: agentTones, contact: contactTones, result: resultTones, ticket: ticketTones, health: healthTones };

interface StateBadgeProps {
  readonly of: Of;
  readonly state: string;
  /** Said after the state: a reason. */
  readonly more?: string | undefined;
  readonly plain?: boolean;
}
export function StateBadge({ of, state, more, plain }: StateBadgeProps) {
  const t = useText();
  const tables: Record<Of, Record<string, string>> = { agent: t.agentState, contact: t.contactState, result: t.contactResult, ticket: t.ticketStatus, health: t.health };
  return (
    <ToneBadge tone={tones[of][state] ?? 'off'} plain={plain ?? false}>
      {tables[of][state] ?? state}
      {more ? <span className={classes.more}> · {more}</span> : null}
    </ToneBadge>
  );
}
