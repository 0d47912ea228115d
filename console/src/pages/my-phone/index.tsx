// SPDX-License-Identifier: Apache-2.0
// One's phone: the browser with its devices and echo test, and the settings of a desk phone.
import { useMutation, useQuery } from '@tanstack/react-query';
import { sendJson } from '../../api/client';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyError } from '../../parts/notify';
import { Page, Panel } from '../../parts/Page';
import { myPhone, type MyPhone } from '../../phone/phone';
import { PhoneCheck } from '../../phone/PhoneCheck';
import { PhoneChoice } from '../../phone/PhoneChoice';
import { useText } from '../../text';
import { myPhoneText } from '../../text/myPhone';
import { SecretModal, type Secret } from '../admin/PhoneSecret';
import classes from './myPhone.module.css';

function Desk({ phone }: { readonly phone: MyPhone }) {
  const t = useText(myPhoneText);
  const make = useMutation({ mutationFn: () => sendJson<Secret>('/api/v1/me/phone/secret'), onError: notifyError });
  const servers = phone.servers.map((server) => `${server.host}:${server.port} (${server.transport.toUpperCase()}, ${server.site || server.edge})`);
  const rows: [string, string[]][] = [
    [t.user, [phone.phone]],
    [t.password, [t.passwordHidden]],
    [t.server, servers.length > 0 ? servers : [t.noServer]],
    [t.domain, [phone.domain]],
    [t.codecs, ['PCMA, PCMU']],
    [t.expires, [t.expiresValue]],
    [t.echo, [phone.echoNumber ? t.echoValue(phone.echoNumber) : '–']],
  ];
  return (
    <Panel title={t.desk}>
      <p className={classes.hint}>{t.deskLead}</p>
      <dl className={classes.rows}>
        {rows.map(([name, values]) => (
          <div key={name}>
            <dt>{name}</dt>
            {values.map((value) => (
              <dd key={value}>{value}</dd>
            ))}
          </div>
        ))}
      </dl>
      <p className={classes.hint}>{t.talk}</p>
      <ConfirmButton question={t.question} loading={make.isPending} onConfirm={() => make.mutate()}>
        {t.make}
      </ConfirmButton>
      <SecretModal secret={make.data} onClose={make.reset} />
    </Panel>
  );
}
export default function MyPhonePage() {
  const t = useText(myPhoneText);
  const shared = useText();
  const phone = useQuery({ queryKey: ['myPhone'], queryFn: myPhone, refetchInterval: 15_000 });
  const data = phone.data;
  return (
    <Page title={shared.nav.myPhone} lead={data?.phone ? t.lead(data.display && data.display !== data.phone ? `${data.phone} · ${data.display}` : data.phone) : undefined} wide>
      <ErrorNote error={phone.error} retry={() => void phone.refetch()} />
      {data && !data.phone ? <p>{data.agentId ? t.none : t.noAgent}</p> : null}
      {data?.phone ? (
        <div className={classes.grid}>
          <Panel title={t.state} className={classes.wide}>
            {data.bound ? `${t.bound}: ${t.answers[data.answer || 'manual'] ?? data.answer}${data.userAgent ? ` · ${data.userAgent}` : ''}` : t.unbound}
          </Panel>
          <Panel title={t.browser}>
            <div className={classes.stack}>
              <PhoneChoice />
              <PhoneCheck />
            </div>
          </Panel>
          <Desk phone={data} />
        </div>
      ) : null}
    </Page>
  );
}
