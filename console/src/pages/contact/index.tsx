// SPDX-License-Identifier: Apache-2.0
// One contact, while it goes on and afterwards.
import { Button, CopyButton, Skeleton } from '@mantine/core';
import { IconArrowLeft, IconCheck, IconCopy, IconLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router-dom';
import { api, ok, type Schemas } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { ApiError } from '../../api/errors';
import { useLiveContact } from '../../api/live';
import { usePageTitle } from '../../app/title';
import { useNow } from '../../parts/clock';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyDone } from '../../parts/notify';
import { Page, Panel } from '../../parts/Page';
import { StateBadge } from '../../parts/StateBadge';
import { Timer } from '../../parts/Timer';
import { useFormat, useText } from '../../text';
import { contactText } from '../../text/contact';
import { msOfUs } from '../../text/format';
import { stretchesOf } from './model';
import { Recordings } from './Recordings';
import { CustomerPanel, TicketPanel } from './Side';
import { Timeline } from './Timeline';
import classes from './contact.module.css';

type Found = { readonly live: Schemas['ContactDetail'] } | { readonly over: Schemas['ContactHistory'] };

const missing = (error: unknown): boolean => error instanceof ApiError && error.code === 'ENOTFOUND';

/** As it goes on, else its record; a contact that has just ended is in neither for a moment. */
async function find(contactId: string): Promise<Found> {
  try {
    const live = await ok(api.GET('/api/v1/contacts/live/{id}', { params: { path: { id: contactId } } as never }));
    if (live.contact && live.contact.state !== 'CONTACT_ENDED') return { live };
  } catch (error) {
    if (!missing(error) && !(error instanceof ApiError && error.status >= 500)) throw error;
  }
  return { over: await ok(api.GET('/api/v1/contacts/{contactId}', { params: { path: { contactId } } as never })) };
}
export default function Contact() {
  const { contactId = '' } = useParams();
  const t = useText(contactText);
  const shared = useText();
  const format = useFormat();
  const row = useLiveContact(contactId);
  const { data, error, refetch } = useQuery({
    // again at each change of its state
    queryKey: ['contact', contactId, row?.state ?? '', row?.agentId ?? ''],
    queryFn: () => find(contactId),
    placeholderData: (before) => before,
    refetchInterval: (query) => (query.state.data && 'live' in query.state.data ? 2000 : query.state.error && missing(query.state.error) && query.state.errorUpdateCount < 10 ? 1500 : false),
    retry: false,
  });
  const caller = data ? ('live' in data ? data.live.contact?.caller : data.over.contact?.caller) : row?.caller;
  const title = data || row ? t.title(format.phone(caller)) : shared.nav.contact;
  usePageTitle(title);
  const found = data && ('live' in data ? data.live.contact : data.over.contact);
  return (
    <Page
      wide
      title={title}
      lead={
        <Link to="/contacts" style={{ display: 'inline-flex', alignItems: 'center', gap: 4 }}>
          <IconArrowLeft size={14} aria-hidden />
          {t.back}
        </Link>
      }
      actions={
        <Button
          variant="default"
          leftSection={<IconLink size={16} />}
          onClick={() => void navigator.clipboard.writeText(`${location.origin}/contact/${contactId}`).then(() => notifyDone(t.shared))}
        >
          {t.share}
        </Button>
      }
    >
      {!data && error ? (
        missing(error) ? (
          <Panel>
            <strong>{t.notFound}</strong>
            <p className={classes.soft}>{t.notFoundMore}</p>
            <Button size="xs" variant="default" onClick={() => void refetch()}>
              {shared.action.retry}
            </Button>
          </Panel>
        ) : (
          <ErrorNote error={error} retry={() => void refetch()} />
        )
      ) : null}
      {!data && !error ? (
        <Panel>
          <Skeleton height={16} width="40%" mb={12} />
          <Skeleton height={16} width="70%" mb={12} />
          <Skeleton height={90} />
        </Panel>
      ) : null}
      {data && found ? (
        <div className={classes.grid}>
          <div className={classes.stack}>
            {'live' in data ? <LiveHead contact={found as Schemas['ContactView']} /> : <OverHead history={data.over} />}
            <Panel title={t.timeline} flush>
              <Drawn found={data} />
            </Panel>
            <Recordings contactId={contactId} live={'live' in data} />
            <Raw of={'live' in data ? data.live : data.over} />
          </div>
          <div className={classes.stack}>
            <CustomerPanel caller={caller} />
            <TicketPanel contactId={contactId} caller={caller} queueId={found.queueId} />
          </div>
        </div>
      ) : null}
    </Page>
  );
}
function Drawn({ found }: { readonly found: Found }) {
  const live = 'live' in found;
  const stretches = useMemo(() => stretchesOf('live' in found ? found.live.segments : found.over.segments), [found]);
  return live ? <Growing stretches={stretches} startedMs={msOfUs(found.live.contact?.startedAtUs) ?? 0} /> : <Timeline stretches={stretches} nowMs={undefined} />;
}
function Growing({ stretches, startedMs }: { readonly stretches: ReturnType<typeof stretchesOf>; readonly startedMs: number }) {
  return <Timeline stretches={stretches} nowMs={useNow() - startedMs} />;
}
function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
function LiveHead({ contact }: { readonly contact: Schemas['ContactView'] }) {
  const t = useText(contactText);
  const format = useFormat();
  const names = useDirectory();
  const started = msOfUs(contact.startedAtUs);
  return (
    <Panel>
      <div style={{ display: 'flex', gap: 12, alignItems: 'center', marginBottom: 12 }}>
        <StateBadge of="contact" state={contact.state} more={t.live} />
        <Timer since={started} />
      </div>
      <dl className={classes.facts}>
        <Fact name={t.head.began}>{format.date(started, 'dateTimeSeconds')}</Fact>
        <Fact name={t.head.dialled}>{contact.published || contact.dialled}</Fact>
        {contact.queueId ? <Fact name={t.head.queue}>{names.of('queues', contact.queueId)}</Fact> : null}
        {contact.position > 0 ? <Fact name={t.head.position}>{contact.position}</Fact> : null}
        {contact.agentId ? <Fact name={t.head.agents}>{names.agent(contact.agentId)}</Fact> : null}
        {contact.siteId ? <Fact name={t.head.site}>{names.of('sites', contact.siteId)}</Fact> : null}
      </dl>
    </Panel>
  );
}
function OverHead({ history }: { readonly history: Schemas['ContactHistory'] }) {
  const t = useText(contactText);
  const format = useFormat();
  const names = useDirectory();
  const contact = history.contact;
  if (!contact) return null;
  const outcomes: Record<string, string> = t.outcome;
  const causes = outcomes[contact.endCause] ?? contact.endCause;
  const lengths: [string, string][] = [
    [t.head.length, contact.durationMs],
    [t.head.ivr, contact.ivrMs],
    [t.head.wait, contact.waitMs],
    [t.head.ring, contact.ringMs],
    [t.head.talk, contact.talkMs],
    [t.head.hold, contact.holdMs],
    [t.head.work, contact.afterCallWorkMs],
  ];
  return (
    <Panel>
      <div style={{ display: 'flex', gap: 12, alignItems: 'center', marginBottom: 12 }}>
        <StateBadge of="result" state={contact.result} />
        {contact.callerName && contact.caller?.kind !== 'NUMBER_ANONYMOUS' ? <span>{contact.callerName}</span> : null}
      </div>
      <dl className={classes.facts}>
        <Fact name={t.head.began}>{format.date(msOfUs(contact.startedAtUs), 'dateTimeSeconds')}</Fact>
        <Fact name={t.head.ended}>{format.date(msOfUs(contact.endedAtUs), 'dateTimeSeconds')}</Fact>
        <Fact name={t.head.dialled}>{contact.published || contact.dialled}</Fact>
        {contact.queueId ? <Fact name={t.head.queue}>{names.of('queues', contact.queueId)}</Fact> : null}
        {contact.agentIds.length > 0 ? <Fact name={t.head.agents}>{contact.agentIds.map(names.agent).join(' → ')}</Fact> : null}
        {contact.siteId ? <Fact name={t.head.site}>{names.of('sites', contact.siteId)}</Fact> : null}
        <Fact name={t.head.endedBy}>
          {t.endedBy[contact.endedBy]}
          {causes && contact.endCause !== 'hangup' ? <span className={classes.soft}> · {causes}</span> : null}
        </Fact>
        {contact.disposition ? (
          <Fact name={t.head.disposition}>
            {names.of('dispositions', contact.disposition)}
            {contact.dispositionNote ? <span className={classes.soft}> · {contact.dispositionNote}</span> : null}
          </Fact>
        ) : null}
        {contact.transfers > 0 ? <Fact name={t.head.transfers}>{contact.transfers}</Fact> : null}
        {contact.surveyId || history.survey ? <Fact name={t.head.survey}>{contact.surveyAnswered ? t.survey.score(String(contact.surveyScore)) : history.survey?.outcome === 'left' ? t.survey.left : t.survey.none}</Fact> : null}
      </dl>
      <dl className={classes.lengths}>
        {lengths
          .filter(([, ms], place) => place === 0 || Number(ms) > 0)
          .map(([name, ms]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{format.duration(Number(ms))}</dd>
            </div>
          ))}
      </dl>
    </Panel>
  );
}
function Raw({ of }: { readonly of: object }) {
  const t = useText(contactText);
  const shared = useText();
  const [open, setOpen] = useState(false);
  const json = useMemo(() => (open ? JSON.stringify(of, null, 2) : ''), [of, open]);
  return (
    <Panel
      title={t.raw.title}
      actions={
        <span style={{ display: 'flex', gap: 8 }}>
          {open ? (
            <CopyButton value={json}>
              {({ copied, copy }) => (
                <Button size="compact-sm" variant="subtle" leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />} onClick={copy}>
                  {copied ? shared.action.copied : t.raw.copy}
                </Button>
              )}
            </CopyButton>
          ) : null}
          <Button size="compact-sm" variant="subtle" color="gray" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? shared.action.hide : shared.action.show}
          </Button>
        </span>
      }
    >
      {open ? (
        <pre className={classes.raw} tabIndex={0} role="group" aria-label={t.raw.title}>
          {json}
        </pre>
      ) : null}
    </Panel>
  );
}
