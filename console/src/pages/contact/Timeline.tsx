// SPDX-License-Identifier: Apache-2.0
// What happened, drawn to scale and as a list, with the reason of each decision.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useDirectory } from '../../api/directory';
import { useFormat, useText } from '../../text';
import { contactText } from '../../text/contact';
import { lanesOf, ticksOf, type Decision, type Stretch } from './model';
import classes from './contact.module.css';

interface TimelineProps {
  readonly stretches: readonly Stretch[];
  /** Since the contact began, of one that goes on. */
  readonly nowMs: number | undefined;
}
function endOf(stretch: Stretch, nowMs: number | undefined): number {
  return stretch.open && nowMs !== undefined ? Math.max(nowMs, stretch.startMs) : stretch.startMs + stretch.lengthMs;
}
export function Timeline({ stretches, nowMs }: TimelineProps) {
  const t = useText(contactText);
  const format = useFormat();
  const names = useDirectory();
  const [chosen, setChosen] = useState<string>();
  const list = useRef<HTMLOListElement>(null);
  const [width, setWidth] = useState(700);
  const axis = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = axis.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const total = Math.max(1000, ...stretches.map((one) => endOf(one, nowMs)));
  const kinds: Record<string, string> = t.kind;
  const choose = (id: string): void => {
    setChosen(id);
    list.current?.querySelector(`[data-stretch="${CSS.escape(id)}"]`)?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  };
  return (
    <>
      <div className={classes.drawing} role="group" aria-label={t.timelineLabel}>
        {lanesOf(stretches).map((lane) => {
          const name = lane.of === 'flow' ? t.lane.flow : lane.of === 'queue' ? t.lane.queue(names.of('queues', lane.id)) : t.lane.agent(names.agent(lane.id));
          return (
            <LaneRow key={lane.key} name={name}>
              {lane.stretches.map((one) => {
                const length = endOf(one, nowMs) - one.startMs;
                const share = length / total;
                const label = `${kinds[one.kind] ?? one.kind}, ${format.duration(length)}`;
                return (
                  <button
                    key={one.id}
                    type="button"
                    className={classes.bar}
                    data-kind={one.kind}
                    data-on={chosen === one.id || undefined}
                    data-small={share * width < 30 || undefined}
                    style={{ left: `${(one.startMs / total) * 100}%`, width: `${share * 100}%` }}
                    aria-label={`${name}: ${label}`}
                    title={label}
                    onClick={() => choose(one.id)}
                  >
                    {share * width < 30 ? '' : kinds[one.kind]}
                  </button>
                );
              })}
            </LaneRow>
          );
        })}
        <span />
        <div className={classes.axis} ref={axis} aria-hidden="true">
          {ticksOf(total, Math.max(2, Math.floor(width / 64))).map((at) => (
            <span key={at} className={classes.tick} style={{ left: `${(at / total) * 100}%` }}>
              {format.clock(at)}
            </span>
          ))}
        </div>
      </div>
      <ol className={classes.list} ref={list}>
        {stretches.map((one) => (
          <Item key={one.id} stretch={one} lengthMs={endOf(one, nowMs) - one.startMs} on={chosen === one.id} />
        ))}
      </ol>
    </>
  );
}
function LaneRow({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <span className={classes.laneName} title={name}>
        {name}
      </span>
      <div className={classes.lane}>{children}</div>
    </>
  );
}
function Item({ stretch, lengthMs, on }: { readonly stretch: Stretch; readonly lengthMs: number; readonly on: boolean }) {
  const t = useText(contactText);
  const format = useFormat();
  const names = useDirectory();
  const [open, setOpen] = useState(false);
  const id = useId();
  const kinds: Record<string, string> = t.kind;
  const outcomes: Record<string, string> = t.outcome;
  const where = stretch.agentId ? names.agent(stretch.agentId) : stretch.queueId ? names.of('queues', stretch.queueId) : stretch.flowId ? names.of('flows', stretch.flowId) : '';
  const more = [
    stretch.nodeId,
    stretch.digits ? t.typed(stretch.digits) : '',
    stretch.kind === 'SEGMENT_QUEUE' && stretch.position > 0 ? t.place(String(stretch.position)) : '',
    stretch.open ? t.open : (outcomes[stretch.outcome] ?? stretch.outcome),
  ].filter(Boolean);
  return (
    <li className={classes.item} data-stretch={stretch.id} data-on={on || undefined}>
      <span className={classes.soft}>{format.clock(stretch.startMs)}</span>
      <strong style={{ fontWeight: 500 }}>{kinds[stretch.kind] ?? stretch.kind}</strong>
      <span>
        {where}
        {more.length > 0 ? <span className={classes.soft}>{where ? ' · ' : ''}{more.join(' · ')}</span> : null}
        {stretch.decision ? (
          <>
            {' '}
            <button type="button" className={classes.whyButton} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
              {open ? t.decision.hide : t.decision.show}
            </button>
          </>
        ) : null}
      </span>
      <span className={classes.right}>{format.duration(lengthMs)}</span>
      {stretch.decision && open ? (
        <div className={classes.decision} id={id}>
          <Why decision={stretch.decision} />
        </div>
      ) : null}
    </li>
  );
}
/** A decision in words, out of its parts. */
function Why({ decision }: { readonly decision: Decision }) {
  const t = useText(contactText);
  const format = useFormat();
  const names = useDirectory();
  const chosen = decision.candidates[0];
  const agent = chosen ? names.agent(chosen.agentId) : '–';
  const refusals: Record<string, (n: string) => string> = t.refusal;
  const sentence =
    decision.rule === 'longest-idle' ? t.decision.longestIdle(agent, format.duration(Number(chosen?.idleMs ?? 0))) : decision.rule === 'transfer' ? t.decision.transfer(agent) : t.decision.other(agent, decision.rule);
  return (
    <>
      <p>
        {sentence} {decision.position > 0 ? t.decision.position(String(decision.position)) : ''}
      </p>
      {decision.candidates.length > 0 ? (
        <table>
          <caption>{t.decision.candidates}</caption>
          <thead>
            <tr>
              <th scope="col">{t.decision.rank}</th>
              <th scope="col">{t.decision.agent}</th>
              <th scope="col">{t.decision.idle}</th>
              <th scope="col">{t.decision.skill}</th>
              <th scope="col">{t.decision.site}</th>
            </tr>
          </thead>
          <tbody>
            {decision.candidates.map((one, place) => (
              <tr key={one.agentId}>
                <td>{place + 1}</td>
                <td>
                  {names.agent(one.agentId)}
                  {place === 0 ? <span className={classes.soft}> · {t.decision.chosen}</span> : null}
                </td>
                <td>{format.duration(Number(one.idleMs))}</td>
                <td>{one.skillLevel || '–'}</td>
                <td>{one.siteId ? names.of('sites', one.siteId) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {decision.refusals.length > 0 ? (
        <p>
          <span className={classes.soft}>{t.decision.refusals}: </span>
          {decision.refusals.map((one) => refusals[one.reason]?.(String(one.agents)) ?? t.refusalOther(String(one.agents), one.reason)).join(format.language === 'zh' ? '，' : ', ')}
        </p>
      ) : decision.candidates.length < 2 ? (
        <p className={classes.soft}>{t.decision.none}</p>
      ) : null}
    </>
  );
}
