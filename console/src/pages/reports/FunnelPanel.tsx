// SPDX-License-Identifier: Apache-2.0
// Where the calls of the days went; each figure opens its contacts.
import { useQuery } from '@tanstack/react-query';
import type { CSSProperties } from 'react';
import { Link } from 'react-router-dom';
import { api, ok } from '../../api/client';
import { useDefinitions } from '../../api/definitions';
import { Panel } from '../../parts/Page';
import type { Range } from '../../parts/range';
import { useFormat, useText } from '../../text';
import { reportsText } from '../../text/reports';
import { contactsAddress } from '../contacts/filter';
import { Meaning } from './Meaning';
import classes from './reports.module.css';

const tones: Record<string, string> = { refused: 'bad', ivrServed: 'good', ivrAbandoned: 'off', answered: 'good', abandoned: 'bad', overflowed: 'warn' };

export function FunnelPanel({ range, every }: { readonly range: Range; readonly every: number | false }) {
  const t = useText(reportsText);
  const shared = useText();
  const format = useFormat();
  const definitions = useDefinitions();
  const { data } = useQuery({
    queryKey: ['funnel', range.from, range.to],
    queryFn: () => ok(api.GET('/api/v1/reports/kpi', { params: { query: { day: range.from, toDay: range.to } as never } })),
    refetchInterval: every,
  });
  const funnel = data?.funnel as Record<string, string> | undefined;
  if (!funnel) return null;
  const arrived = Number(funnel['arrived'] ?? 0);
  const results = shared.contactResult;
  const rows: [string, string, string][] = [
    ['arrived', '', 'arrived'],
    ['refused', results.RESULT_REFUSED, 'refused'],
    ['ivrServed', results.RESULT_IVR_SERVED, 'ivr_served'],
    ['ivrAbandoned', results.RESULT_IVR_ABANDONED, 'ivr_abandoned'],
    ['queued', '', 'offered'],
    ['answered', results.RESULT_ANSWERED, 'answered'],
    ['abandoned', results.RESULT_ABANDONED, 'abandoned'],
    ['overflowed', results.RESULT_OVERFLOWED, 'overflowed'],
  ];
  return (
    <Panel title={t.funnel.title}>
      <dl className={classes.funnel}>
        {rows.map(([figure, word, counts]) => {
          const definition = definitions?.find((row) => row.of === 'funnel' && row.figure === figure);
          const value = Number(funnel[figure] ?? 0);
          const share = arrived > 0 ? value / arrived : 0;
          const name = definition ? format.label(definition.name, figure) : word;
          return (
            <div key={figure}>
              <dt>
                {name}
                {definition ? <Meaning definition={definition} target={undefined} /> : null}
              </dt>
              <dd>
                <b>
                  {value > 0 ? (
                    <Link className={classes.figure} to={contactsAddress(range, { counts })} title={t.contacts(name)}>
                      {format.number(value)}
                    </Link>
                  ) : (
                    0
                  )}
                </b>{' '}
                {figure !== 'arrived' && arrived > 0 ? <span className={classes.soft}>{format.percent(share, 0)}</span> : null}
                <span className={classes.meter} aria-hidden="true">
                  <i style={{ width: `${share * 100}%`, '--tone': `var(--far-${tones[figure] ?? 'busy'})` } as CSSProperties} />
                </span>
              </dd>
            </div>
          );
        })}
      </dl>
    </Panel>
  );
}
