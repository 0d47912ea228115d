// SPDX-License-Identifier: Apache-2.0
// First steps: a site, a number, a queue, an agent, a test call.
import { Alert, Button, Checkbox, Select, Stepper, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router-dom';
import { api, getJson, ok, sendJson, type Schemas } from '../../api/client';
import { queryClient } from '../../api/query';
import { renew, useSession } from '../../api/session';
import { ErrorNote } from '../../parts/ErrorNote';
import { Page, Panel } from '../../parts/Page';
import { useDraft } from '../../parts/useDraft';
import { useText } from '../../text';
import { setupText } from '../../text/setup';
import type { Secret } from '../admin/PhoneSecret';
import { answerFault, beginning, ECHO_NUMBER, firstConfig, type Answers, type Recorder } from './beginning';
import classes from './setup.module.css';
import { TestCall } from './TestCall';

interface Kept extends Answers {
  step: number;
  mine: boolean;
  login: string;
}
interface Made {
  readonly login: string | undefined;
  readonly password: string | undefined;
  readonly callerSecret: string;
  readonly server: string;
}
const zones: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone')];
const fieldsOf: readonly (readonly (keyof Answers)[])[] = [
  ['centre', 'timeZone', 'countryCode', 'areaCode', 'siteId', 'siteZh', 'siteEn', 'edges', 'trunk'],
  ['number', 'published', 'queueZh', 'queueEn'],
  ['agentName', 'agentId', 'agentPhone', 'callerPhone'],
];

function useSystem() {
  const { data } = useQuery({ queryKey: ['system'], queryFn: () => getJson<Schemas['SystemReply']>('/api/v1/system'), refetchInterval: 10_000 });
  const services = data?.services ?? [];
  const edges = services.filter((one) => one.program === 'edge' || one.instance.startsWith('edge'));
  const recorders: Recorder[] = services.filter((one) => one.instance.startsWith('recording') && one.address).map((one) => ({ id: one.instance, uri: one.address }));
  return { edges, recorders };
}
/** Configuration, the agent's login, and the secret of the phone that plays the customer, in this order. */
async function make(answers: Kept, recorders: readonly Recorder[], person: Schemas['Person'], version: string, server: string): Promise<Made> {
  await ok(api.PUT('/api/v1/config', { body: { config: firstConfig(answers, recorders) as never, expectedVersion: version, note: 'First steps' } }));
  void queryClient.invalidateQueries({ queryKey: ['config'] });
  let password: string | undefined;
  if (answers.mine) {
    const roles = person.roles.includes('agent') ? person.roles : [...person.roles, 'agent'];
    await ok(api.POST('/api/v1/people', { body: { person: { ...person, agentId: answers.agentId, roles } } }));
    await renew();
  } else {
    const reply = await ok(api.POST('/api/v1/people', { body: { person: { login: answers.login, name: answers.agentName, agentId: answers.agentId, roles: ['agent'] }, generatePassword: true } }));
    password = reply.password;
  }
  // an edge knows a phone by its secret, also one that is only ever a browser
  await sendJson<Secret>(`/api/v1/phones/${encodeURIComponent(answers.agentPhone)}/secret`);
  const caller = await sendJson<Secret>(`/api/v1/phones/${encodeURIComponent(answers.callerPhone)}/secret`);
  void queryClient.invalidateQueries({ queryKey: ['directory'] });
  return { login: answers.mine ? undefined : answers.login, password, callerSecret: caller.secret, server };
}
export default function Setup() {
  const t = useText(setupText);
  const shared = useText();
  const person = useSession().person;
  const { edges, recorders } = useSystem();
  const config = useQuery({ queryKey: ['config'], queryFn: () => ok(api.GET('/api/v1/config')) });
  // an edge says at which site it is
  const sites = [...new Set(edges.map((one) => one.site).filter(Boolean))].sort((a, b) => (a === 'hq' ? -1 : b === 'hq' ? 1 : a.localeCompare(b)));
  const edgesAt = (site: string): string[] => edges.filter((one) => one.site === site).map((one) => one.instance);
  const own = person?.login.replace(/[^a-z0-9-]/g, '-') ?? '';
  const draft = useDraft<Kept>('setup', { ...beginning(Intl.DateTimeFormat().resolvedOptions().timeZone), agentId: own, agentName: person?.name || (person?.login ?? ''), siteId: sites[0] ?? '', edges: edgesAt(sites[0] ?? ''), step: 0, mine: true, login: own });
  const [tried, setTried] = useState(false);
  const value = draft.value;
  const server = edges.find((one) => value.edges.includes(one.instance))?.address ?? '';
  const making = useMutation({ mutationFn: () => make(value, recorders, person as Schemas['Person'], String(config.data?.version ?? '0'), server), onSuccess: () => draft.set((now) => ({ ...now, step: 4 })) });
  const numbers = config.data?.config?.numbers.length ?? 0;
  const set = (key: keyof Kept, next: unknown): void => draft.set((now) => ({ ...now, [key]: next }));
  const faults = (fieldsOf[value.step] ?? []).filter((key) => answerFault(value, key));
  const fault = (key: keyof Answers): string | undefined => {
    const code = tried ? answerFault(value, key) : undefined;
    return code && t.fault[code];
  };
  const hints: Partial<Record<keyof Answers, string>> = t.hint;
  const text = (key: Exclude<keyof Answers, 'edges'>, lang?: string) => (
    <TextInput label={t.field[key]} description={hints[key]} name={key} lang={lang} value={value[key]} error={fault(key)} maxLength={100} spellCheck={false} onChange={(event) => set(key, event.currentTarget.value)} />
  );
  const go = (step: number): void => {
    setTried(false);
    set('step', step);
  };
  const next = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (faults.length === 0) go(value.step + 1);
  };
  if (numbers > 0 && value.step < 4)
    return (
      <Page title={shared.nav.setup}>
        <Alert color="gray">
          {t.exists(numbers)} <Link to="/admin/numbers">{t.toAdmin}</Link>
        </Alert>
      </Page>
    );
  const foot = (
    <div className={classes.foot}>
      {value.step > 0 ? (
        <Button variant="default" onClick={() => go(value.step - 1)}>
          {t.back}
        </Button>
      ) : null}
      <Button type="submit">{t.next}</Button>
    </div>
  );
  return (
    <Page title={shared.nav.setup} lead={t.lead}>
      <Stepper active={value.step} size="sm" allowNextStepsSelect={false} onStepClick={(step) => step < value.step && value.step < 4 && go(step)}>
        {(['place', 'number', 'agent', 'go', 'call'] as const).map((step) => (
          <Stepper.Step key={step} label={t.steps[step]} />
        ))}
      </Stepper>
      {value.step === 0 ? (
        <form className={classes.form} onSubmit={next} noValidate>
          {text('centre')}
          <Select label={t.field.timeZone} name="timeZone" searchable limit={60} data={[...zones]} value={value.timeZone} error={fault('timeZone')} onChange={(zone) => set('timeZone', zone ?? '')} />
          <div className={classes.pair}>
            {text('countryCode')}
            {text('areaCode')}
          </div>
          <Select label={t.field.siteId} description={sites.length > 0 ? t.hint.siteId : t.noEdges} name="siteId" data={sites} value={value.siteId || null} error={fault('siteId') ?? fault('edges')} onChange={(site) => draft.set((now) => ({ ...now, siteId: site ?? '', edges: edgesAt(site ?? '') }))} />
          {value.edges.length > 0 ? <p className={classes.hint}>{`${t.field.edges}: ${value.edges.join(', ')}`}</p> : null}
          <div className={classes.pair}>
            {text('siteZh', 'zh-CN')}
            {text('siteEn', 'en')}
          </div>
          {text('trunk')}
          {foot}
        </form>
      ) : null}
      {value.step === 1 ? (
        <form className={classes.form} onSubmit={next} noValidate>
          {text('number')}
          {text('published')}
          <div className={classes.pair}>
            {text('queueZh', 'zh-CN')}
            {text('queueEn', 'en')}
          </div>
          {foot}
        </form>
      ) : null}
      {value.step === 2 ? (
        <form className={classes.form} onSubmit={next} noValidate>
          <Checkbox label={t.me(person?.login ?? '')} description={t.meHint} checked={value.mine} onChange={(event) => set('mine', event.currentTarget.checked)} />
          <div className={classes.pair}>
            {text('agentName')}
            {text('agentId')}
          </div>
          {value.mine ? null : <TextInput label={t.login} name="login" value={value.login} spellCheck={false} onChange={(event) => set('login', event.currentTarget.value)} />}
          <div className={classes.pair}>
            {text('agentPhone')}
            {text('callerPhone')}
          </div>
          {foot}
        </form>
      ) : null}
      {value.step === 3 ? (
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault();
            making.mutate();
          }}
        >
          <Panel title={t.summary}>
            <ul className={classes.list}>
              <li>{t.made.site(value.siteEn || value.siteZh || value.siteId, value.edges.join(', '))}</li>
              <li>{t.made.number(value.number, value.queueEn || value.queueZh)}</li>
              <li>{t.made.agent(value.agentName, value.agentPhone)}</li>
              <li>{t.made.caller(value.callerPhone)}</li>
              <li>{t.made.echo(ECHO_NUMBER)}</li>
              {value.trunk ? <li>{t.made.trunk(value.trunk)}</li> : null}
              <li>{t.made.recording(recorders.length)}</li>
            </ul>
          </Panel>
          <ErrorNote error={making.error} />
          <div className={classes.foot}>
            <Button variant="default" onClick={() => go(2)}>
              {t.back}
            </Button>
            <Button type="submit" loading={making.isPending}>
              {t.apply}
            </Button>
          </div>
        </form>
      ) : null}
      {value.step >= 4 ? (
        <div className={classes.form}>
          {making.data ? (
            <Panel title={t.ready}>
              <p className={classes.hint}>{t.callerLead}</p>
              <dl className={classes.secrets}>
                <div><dt>{t.callerUser}</dt><dd>{value.callerPhone}</dd></div>
                <div><dt>{t.callerPassword}</dt><dd><code>{making.data.callerSecret}</code></dd></div>
                <div><dt>{t.callerServer}</dt><dd>{making.data.server}</dd></div>
                {making.data.login ? <div><dt>{t.password(making.data.login)}</dt><dd><code>{making.data.password}</code></dd></div> : null}
              </dl>
            </Panel>
          ) : null}
          <TestCall agentId={value.agentId} number={value.number} />
        </div>
      ) : null}
    </Page>
  );
}
