// SPDX-License-Identifier: Apache-2.0
// What the phone is doing, as a state and the events that change it. Pure: sip.ts says what happens, this says what it means.
export type Line = 'off' | 'connecting' | 'registered' | 'failed';
export type CallPhase = 'ringing' | 'answering' | 'up';
export interface PhoneCall {
  readonly id: string;
  /** in: from the centre; echo: the test's own. */
  readonly kind: 'in' | 'echo';
  readonly phase: CallPhase;
  readonly from: string;
}
export type EchoResult = 'ok' | 'silent-microphone' | 'no-answer' | 'no-sound' | 'no-microphone' | 'denied' | 'no-number' | 'no-line' | 'busy';
export interface EchoState {
  readonly running: boolean;
  readonly result: EchoResult | undefined;
  readonly delayMs: number;
  /** SIP's own word when the call failed. */
  readonly cause: string;
}
export interface PhoneState {
  /** wait: another tab is the phone, and this one takes over when it goes. */
  readonly role: 'none' | 'phone' | 'wait';
  readonly line: Line;
  readonly lineCause: string;
  readonly call: PhoneCall | undefined;
  /** Why the last call could not be taken: "denied", "no-microphone". */
  readonly callFault: string;
  /** The browser lets this page make no sound before somebody has clicked into it. */
  readonly soundBlocked: boolean;
  readonly echo: EchoState;
}
export const phoneOff: PhoneState = {
  role: 'none',
  line: 'off',
  lineCause: '',
  call: undefined,
  callFault: '',
  soundBlocked: false,
  echo: { running: false, result: undefined, delayMs: 0, cause: '' },
};
export type PhoneEvent =
  | { readonly is: 'role'; readonly role: PhoneState['role'] }
  | { readonly is: 'line'; readonly line: Line; readonly cause?: string }
  | { readonly is: 'call'; readonly call: PhoneCall }
  | { readonly is: 'phase'; readonly id: string; readonly phase: CallPhase }
  | { readonly is: 'call-fault'; readonly id: string; readonly fault: string }
  | { readonly is: 'call-end'; readonly id: string }
  | { readonly is: 'sound'; readonly blocked: boolean }
  | { readonly is: 'echo-start' }
  | { readonly is: 'echo-end'; readonly result: EchoResult; readonly delayMs?: number; readonly cause?: string };

export function phoneNext(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.is) {
    case 'role':
      return event.role === 'phone' ? { ...state, role: 'phone' } : { ...phoneOff, role: event.role };
    case 'line': {
      const lost = event.line !== 'registered' && state.call !== undefined && event.line === 'off';
      return { ...state, line: event.line, lineCause: event.cause ?? '', call: lost ? undefined : state.call };
    }
    case 'call':
      return state.call ? state : { ...state, call: event.call, callFault: '' };
    case 'phase':
      return state.call?.id === event.id ? { ...state, call: { ...state.call, phase: event.phase } } : state;
    case 'call-fault':
      return state.call?.id === event.id ? { ...state, callFault: event.fault } : state;
    case 'call-end':
      return state.call?.id === event.id ? { ...state, call: undefined } : state;
    case 'sound':
      return state.soundBlocked === event.blocked ? state : { ...state, soundBlocked: event.blocked };
    case 'echo-start':
      return { ...state, echo: { running: true, result: undefined, delayMs: 0, cause: '' } };
    case 'echo-end':
      return { ...state, echo: { running: false, result: event.result, delayMs: event.delayMs ?? 0, cause: event.cause ?? '' } };
  }
}
/** Whether a second call may come in: one at a time. */
export function phoneFree(state: PhoneState): boolean {
  return state.call === undefined;
}
