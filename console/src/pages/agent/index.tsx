// SPDX-License-Identifier: Apache-2.0
// The agent's desk. Left: the call or one's state, phone, today. Right: customer, ticket and history of the contact.
import { Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useLiveContact } from '../../api/live';
import { useSession } from '../../api/session';
import { KeyHint } from '../../parts/KeyHint';
import { agentColour } from '../../parts/StateBadge';
import { Timer } from '../../parts/Timer';
import { hasDraft } from '../../parts/useDraft';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import { msOfUs } from '../../text/format';
import classes from './agent.module.css';
import { CallPanel } from './CallPanel';
import { CustomerPanel, useCustomerOf } from './CustomerPanel';
import { HistoryPanel } from './HistoryPanel';
import { MyContacts, Unfinished } from './Overview';
import { useActs, useOwn, useReasonName, type Own } from './own';
import { askToNotify } from './notice';
import { PhonePanel, QueuesPanel, TodayPanel } from './SidePanels';
import { useBeReady } from './StateMenu';
import { TicketPanel } from './TicketPanel';
import { useTicketDraft, useTicketOf } from './useTicket';

function Idle({ own }: { readonly own: Own }) {
  const t = useText(agentText);
  const shared = useText();
  const reasonName = useReasonName();
  const acts = useActs();
  const { beReady, check, busy } = useBeReady();
  const out = own.state === 'AGENT_LOGGED_OUT';
  const ready = own.state === 'AGENT_READY';
  return (
    <section className={classes.idle} aria-label={t.state.choose} style={{ ['--tone' as string]: agentColour(own.state) }}>
      <div className={classes.callHead} role="status">
        <span className={classes.dot} aria-hidden />
        <span className={classes.grow}>{shared.agentState[own.state]}{own.reason && own.state === 'AGENT_NOT_READY' ? ` · ${reasonName(own.reason)}` : ''}</span>
        {out ? null : <Timer since={msOfUs(own.sinceUs)} />}
      </div>
      <div className={classes.callBody}>
        <p className={classes.big}>{out ? t.idle.out : ready ? t.idle.ready : t.idle.notReady}</p>
        <p className={classes.text}>{out ? t.state.loginLead : ready ? t.idle.readyMore : null}</p>
        {out ? (
          <Button size="md" fullWidth loading={acts.busy === 'login'} onClick={() => { askToNotify(); void acts.agent('login'); }}>
            {t.state.login}
          </Button>
        ) : ready ? null : (
          <Button size="md" fullWidth color="leaf.9" loading={busy} onClick={beReady} rightSection={<KeyHint keys="Alt+R" />} aria-keyshortcuts="Alt+R">
            {t.state.beReady}
          </Button>
        )}
        {check}
      </div>
    </section>
  );
}
interface Caller {
  raw: string;
  canonical: string;
  kind: string;
}
function Contact({ contactId, caller, own, back }: { readonly contactId: string; readonly caller: Caller | undefined; readonly own: Own; readonly back: (() => void) | undefined }) {
  const t = useText(agentText);
  const format = useFormat();
  const acts = useActs();
  const ticket = useTicketOf(contactId);
  const who = caller ?? ticket.data?.caller;
  const draft = useTicketDraft(contactId, format.phone(who));
  const number = who && who.kind !== 'NUMBER_ANONYMOUS' ? who.canonical : '';
  const { customer } = useCustomerOf(contactId, number, draft);
  const after = own.state === 'AGENT_AFTER_CALL_WORK' && own.contactId === contactId;
  return (
    <>
      {back ? (
        <div className={classes.row}>
          <Button variant="subtle" size="compact-sm" leftSection={<IconArrowLeft size={15} />} onClick={back}>
            {t.unfinished.back}
          </Button>
          <strong>{t.ticket.of(format.phone(who))}</strong>
        </div>
      ) : null}
      <div className={classes.contact}>
        <div className={classes.stack}>
          <CustomerPanel contactId={contactId} caller={who} draft={draft} />
          <TicketPanel contactId={contactId} draft={draft} onFinish={after ? () => void acts.agent('end-after-call-work') : undefined} onSaved={back} />
        </div>
        <HistoryPanel customerId={customer?.customerId} contactId={contactId} />
      </div>
    </>
  );
}
/** A contact with an unsaved draft stays open when its after-call work ends by itself: nobody is cut off while typing. */
function useOpenContact(own: Own | undefined): { contactId: string; open: (id: string) => void } {
  const login = useSession().person?.login ?? '';
  const [chosen, setChosen] = useState('');
  const last = useRef('');
  const now = own?.contactId;
  useEffect(() => {
    if (now === undefined) return;
    if (now) setChosen('');
    else if (last.current && hasDraft(login, `ticket.${last.current}`)) setChosen(last.current);
    last.current = now;
  }, [now, login]);
  return { contactId: now || chosen, open: setChosen };
}
export default function AgentDesk() {
  const t = useText(agentText);
  const shared = useText();
  const own = useOwn();
  const queries = useQueryClient();
  const { contactId, open } = useOpenContact(own);
  const live = useLiveContact(contactId);
  // The caller stays known when the live contact goes.
  const [caller, setCaller] = useState<{ id: string; caller: Caller | undefined }>();
  useEffect(() => {
    if (live?.caller) setCaller({ id: contactId, caller: live.caller });
  }, [contactId, live?.caller]);
  // Tickets follow the call's facts, the list of contacts its record: each a moment later.
  const state = own?.state;
  useEffect(() => {
    const soon = setTimeout(() => void queries.invalidateQueries({ queryKey: ['tickets'] }), 700);
    const later = setTimeout(() => void queries.invalidateQueries({ queryKey: ['contacts', 'mine'] }), 4000);
    return () => {
      clearTimeout(soon);
      clearTimeout(later);
    };
  }, [state, own?.contactId, queries]);
  const known = live?.caller ?? (caller?.id === contactId ? caller.caller : undefined);
  const number = known && known.kind !== 'NUMBER_ANONYMOUS' ? known.canonical : '';
  const draft = useTicketDraft(contactId || 'none', '');
  const { customer } = useCustomerOf(contactId, number, draft);
  if (!own)
    return (
      <div className={classes.wait}>
        <h1 className="far-hidden" tabIndex={-1}>{t.title}</h1>
        <p role="status">{shared.table.loading}</p>
      </div>
    );
  return (
    <div className={classes.desk}>
      <h1 className="far-hidden" tabIndex={-1}>{t.title}</h1>
      <div className={classes.left}>
        {own.contactId ? <CallPanel own={own} customerName={customer?.name ?? ''} /> : <Idle own={own} />}
        <div className={classes.late}>
          <PhonePanel own={own} />
          {own.contactId ? null : <QueuesPanel own={own} />}
          <TodayPanel own={own} />
        </div>
      </div>
      <div className={classes.right}>
        {contactId ? (
          <Contact key={contactId} contactId={contactId} caller={known} own={own} back={own.contactId ? undefined : () => open('')} />
        ) : (
          <>
            <Unfinished open={open} current="" />
            <MyContacts own={own} open={(contact) => open(contact.contactId)} />
          </>
        )}
      </div>
    </div>
  );
}
