// SPDX-License-Identifier: Apache-2.0
// The first call, step by step, as it happens.
import { Alert, Button } from '@mantine/core';
import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router-dom';
import { getJson, type Schemas } from '../../api/client';
import { useLiveAgent } from '../../api/live';
import { Panel } from '../../parts/Page';
import { useText } from '../../text';
import { setupText } from '../../text/setup';
import classes from './setup.module.css';

type Reached = 'registered' | 'ready' | 'called' | 'answered' | 'ended';
const order: readonly Reached[] = ['registered', 'ready', 'called', 'answered', 'ended'];

/** What has happened since this page was opened; what was reached once stays. */
function useReached(agentId: string): { reached: ReadonlySet<Reached>; contactId: string | undefined } {
  const agent = useLiveAgent(agentId);
  const [reached, setReached] = useState<ReadonlySet<Reached>>(new Set());
  const [contactId, setContactId] = useState<string>();
  const live = useQuery({ queryKey: ['setup', 'live'], queryFn: () => getJson<Schemas['ContactListReply']>('/api/v1/contacts/live'), refetchInterval: 1500 });
  const current = live.data?.contacts[0];
  const finished = useQuery({
    queryKey: ['setup', 'finished', contactId],
    queryFn: () => getJson<Schemas['ContactSearchReply']>('/api/v1/contacts?limit=10'),
    refetchInterval: 2000,
    enabled: contactId !== undefined && !reached.has('ended'),
  });
  const now = new Set<Reached>();
  if (agent?.phoneReachable) now.add('registered');
  if (agent && agent.state !== 'AGENT_LOGGED_OUT' && agent.state !== 'AGENT_NOT_READY') now.add('ready');
  if (current) now.add('called');
  if (agent?.state === 'AGENT_TALKING' || current?.state === 'CONTACT_TALKING') now.add('answered');
  if (finished.data?.contacts.some((one) => one.contactId === contactId)) now.add('ended');
  const fresh = [...now].filter((one) => !reached.has(one)).join();
  useEffect(() => {
    if (current && current.contactId !== contactId) setContactId(current.contactId);
  }, [current, contactId]);
  useEffect(() => {
    if (fresh) setReached((before) => new Set([...before, ...(fresh.split(',') as Reached[])]));
  }, [fresh]);
  return { reached, contactId };
}
export function TestCall({ agentId, number }: { readonly agentId: string; readonly number: string }) {
  const t = useText(setupText);
  const { reached, contactId } = useReached(agentId);
  const words: Record<Reached, [string, string]> = {
    registered: [t.check.registered, t.check.registeredHow],
    ready: [t.check.ready, t.check.readyHow],
    called: [t.check.called(number), t.check.calledHow(number)],
    answered: [t.check.answered, t.check.answeredHow],
    ended: [t.check.ended, t.check.endedHow],
  };
  const next = order.find((one) => !reached.has(one));
  return (
    <Panel title={t.check.lead}>
      <ul className={classes.checks} aria-live="polite">
        {order.map((one) => (
          <li key={one} data-done={reached.has(one) || undefined}>
            {reached.has(one) ? <IconCircleCheck size={20} /> : <IconCircleDashed size={20} />}
            <div>
              <strong>{words[one][0]}</strong>
              {one === next ? <p className={classes.hint}>{words[one][1]} {t.check.waiting}</p> : null}
            </div>
          </li>
        ))}
      </ul>
      <div className={classes.foot}>
        <Button component="a" href="/agent" target="_blank" rel="noopener" variant="default">
          {t.check.desk}
        </Button>
      </div>
      {reached.has('ended') && contactId ? (
        <Alert color="teal" mt={12} role="status">
          {t.check.done} <Link to={`/contact/${contactId}`}>{t.check.open}</Link>
        </Alert>
      ) : null}
    </Panel>
  );
}
