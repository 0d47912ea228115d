// SPDX-License-Identifier: Apache-2.0
// The agent who is logged in: state, acts, and whether he may be ready.
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { api, ok, sendJson } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { useLiveAgent } from '../../api/live';
import type { LiveAgent } from '../../api/liveState';
import { useSession } from '../../api/session';
import { notifyError } from '../../parts/notify';
import { pairKey, useCheck, useDeviceChoice, useDevices, usePhoneChoice } from '../../phone/devices';
import { phoneJoin, phoneLeave, phoneWish, usePhone } from '../../phone/phone';
import { useText } from '../../text';
import { agentText } from '../../text/agent';

export type Own = Pick<LiveAgent, 'agentId' | 'state' | 'reason' | 'sinceUs' | 'contactId' | 'queueId' | 'phoneReachable' | 'phoneAnswer' | 'muted' | 'nextReason' | 'afterCallWorkMs'>;

/** Live; while live figures do not come, as the ACD says when asked. */
export function useOwn(): Own | undefined {
  const id = useSession().person?.agentId;
  const live = useLiveAgent(id);
  const { data } = useQuery({
    queryKey: ['agents', 'own', id],
    queryFn: () => ok(api.GET('/api/v1/agents', { params: { query: { id: id ?? '' } } })),
    enabled: Boolean(id) && !live,
    refetchInterval: 3000,
  });
  if (live) return live;
  const view = data?.agents.find((agent) => agent.agentId === id);
  return view && { ...view, afterCallWorkMs: '0' };
}
export const inCall = (state: string): boolean => ['AGENT_RESERVED', 'AGENT_RINGING', 'AGENT_TALKING', 'AGENT_HOLDING'].includes(state);

export type AgentAct = 'login' | 'logout' | 'ready' | 'not-ready' | 'end-after-call-work';
export type ContactAct = 'answer' | 'hold' | 'resume' | 'mute' | 'unmute' | 'hang-up' | 'transfer';
export interface Acts {
  /** What is under way, for a button's spinner. */
  readonly busy: string;
  readonly agent: (act: AgentAct, body?: object) => Promise<boolean>;
  readonly contact: (act: ContactAct, contactId: string, body?: object) => Promise<boolean>;
}
/** Acts are asked once and never guessed at: the screen changes when the centre says that it has. */
export function useActs(): Acts {
  const agentId = useSession().person?.agentId ?? '';
  const [busy, setBusy] = useState('');
  const run = useCallback(async (name: string, path: string, body: object): Promise<boolean> => {
    setBusy(name);
    try {
      await sendJson(path, body);
      return true;
    } catch (error) {
      notifyError(error);
      return false;
    } finally {
      setBusy('');
    }
  }, []);
  return {
    busy,
    agent: (act, body = {}) => run(act, `/api/v1/agents/${encodeURIComponent(agentId)}/${act}`, body),
    contact: (act, contactId, body = {}) => run(act, `/api/v1/contacts/${contactId}/${act}?agentId=${encodeURIComponent(agentId)}`, body),
  };
}
export type Missing = 'microphone' | 'output' | 'echo' | 'line' | undefined;
/** What a browser phone still needs before its agent may be ready; a desk phone needs nothing here. */
export function useMissing(): Missing {
  const login = useSession().person?.login ?? '';
  const choice = usePhoneChoice(login);
  const devices = useDevices();
  const chosen = useDeviceChoice();
  const check = useCheck(pairKey(devices, chosen));
  const phone = usePhone();
  if (choice === 'desk') return undefined;
  if (!devices.supported || devices.microphones.length === 0 || !devices.allowed) return 'microphone';
  if (devices.outputs.length === 0 && !/firefox|safari/i.test(navigator.userAgent)) return 'output';
  if (!check) return 'echo';
  return phone.line === 'registered' ? undefined : 'line';
}
/** Keeps the browser's phone on while its agent is at work. Once in the page. */
export function usePhoneWhileAtWork(own: Own | undefined): void {
  const login = useSession().person?.login ?? '';
  const choice = usePhoneChoice(login);
  const atWork = own !== undefined && own.state !== 'AGENT_LOGGED_OUT';
  useEffect(() => {
    phoneJoin(login);
    return phoneLeave;
  }, [login]);
  useEffect(() => {
    if (own) phoneWish(choice === 'browser' && atWork);
  }, [choice, atWork, own === undefined]);
}
/** The name of a reason; those that the ACD sets are in the text. */
export function useReasonName(): (reason: string) => string {
  const names = useDirectory();
  const t = useText(agentText);
  return (reason) => {
    const name = names.of('reasons', reason);
    if (name !== reason) return name;
    return reason === 'declined' ? t.state.declined : reason === 'unreachable' ? t.state.unreachable : reason;
  };
}
