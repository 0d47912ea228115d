// SPDX-License-Identifier: Apache-2.0
// The call: who it is, and what may be done with it now.
import { Button } from '@mantine/core';
import { IconArrowForwardUp, IconMicrophone, IconMicrophoneOff, IconPhone, IconPhoneOff, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useDirectory } from '../../api/directory';
import { useLiveContact } from '../../api/live';
import { KeyHint } from '../../parts/KeyHint';
import { notifyDone } from '../../parts/notify';
import { agentColour } from '../../parts/StateBadge';
import { Timer } from '../../parts/Timer';
import { useShortcut } from '../../parts/useShortcut';
import { phoneDo, usePhone } from '../../phone/phone';
import { useFormat, useText } from '../../text';
import { agentText } from '../../text/agent';
import { msOfUs } from '../../text/format';
import classes from './agent.module.css';
import { useActs, type Own } from './own';
import { TransferDialog } from './TransferDialog';

function Ringing({ own }: { readonly own: Own }) {
  const t = useText(agentText);
  const phone = usePhone();
  const acts = useActs();
  const here = phone.call?.kind === 'in';
  const answering = here && phone.call?.phase !== 'ringing';
  const byTalk = !here && own.phoneAnswer === 'talk' && own.state === 'AGENT_RINGING';
  const canAnswer = (here || byTalk) && !answering;
  const answer = (): void => {
    if (here) phoneDo('answer');
    else if (byTalk) void acts.contact('answer', own.contactId);
  };
  const decline = (): void => void acts.contact('hang-up', own.contactId).then((done) => !done && here && phoneDo('hang-up'));
  useShortcut('Alt+A', answer, canAnswer);
  useShortcut('Alt+X', decline, own.contactId !== '');
  return (
    <>
      {phone.callFault === 'denied' || phone.callFault === 'no-microphone' ? (
        <p className={classes.fault} role="alert">{phone.callFault === 'denied' ? t.call.denied : t.call.noMicrophone}</p>
      ) : null}
      {here && phone.role === 'wait' ? <p className={classes.text}>{t.call.elsewhere}</p> : null}
      {!here && !byTalk && own.state === 'AGENT_RINGING' ? <p className={classes.lift}>{t.call.lift}</p> : null}
      <div className={classes.controls} data-two>
        {here || byTalk ? (
          <Button color="leaf.9" size="md" leftSection={<IconPhone size={18} />} loading={answering || acts.busy === 'answer'} onClick={answer} rightSection={<KeyHint keys="Alt+A" />} aria-keyshortcuts="Alt+A">
            {t.call.answer}
          </Button>
        ) : null}
        <Button variant="default" size="md" leftSection={<IconPhoneOff size={18} />} loading={acts.busy === 'hang-up'} onClick={decline} rightSection={<KeyHint keys="Alt+X" />} aria-keyshortcuts="Alt+X">
          {t.call.decline}
        </Button>
      </div>
      <p className={classes.keys}>{t.keys}</p>
    </>
  );
}
function Talking({ own }: { readonly own: Own }) {
  const t = useText(agentText);
  const acts = useActs();
  const [transferring, setTransferring] = useState(false);
  const held = own.state === 'AGENT_HOLDING';
  const id = own.contactId;
  const hold = (): void => void acts.contact(held ? 'resume' : 'hold', id);
  const mute = (): void => void acts.contact(own.muted ? 'unmute' : 'mute', id);
  const hangUp = (): void => void acts.contact('hang-up', id);
  const choose = (target: object): void =>
    void acts.contact('transfer', id, target).then((done) => {
      if (!done) return;
      setTransferring(false);
      notifyDone(t.transfer.done);
    });
  const idle = acts.busy === '';
  useShortcut('Alt+H', hold, idle);
  useShortcut('Alt+M', mute, idle);
  useShortcut('Alt+T', () => setTransferring(true), idle);
  useShortcut('Alt+X', hangUp, idle);
  return (
    <>
      {own.muted ? <p className={classes.muted} role="status"><IconMicrophoneOff size={16} aria-hidden /> {t.call.muted}</p> : null}
      <div className={classes.controls}>
        <Button variant={own.muted ? 'filled' : 'default'} color="violet.7" aria-pressed={own.muted} loading={acts.busy === 'mute' || acts.busy === 'unmute'} leftSection={own.muted ? <IconMicrophone size={17} /> : <IconMicrophoneOff size={17} />} onClick={mute} rightSection={<KeyHint keys="Alt+M" />} aria-keyshortcuts="Alt+M">
          {own.muted ? t.call.unmute : t.call.mute}
        </Button>
        <Button variant={held ? 'filled' : 'default'} color="violet.7" aria-pressed={held} loading={acts.busy === 'hold' || acts.busy === 'resume'} leftSection={held ? <IconPlayerPlay size={17} /> : <IconPlayerPause size={17} />} onClick={hold} rightSection={<KeyHint keys="Alt+H" />} aria-keyshortcuts="Alt+H">
          {held ? t.call.resume : t.call.hold}
        </Button>
        <Button variant="default" leftSection={<IconArrowForwardUp size={17} />} onClick={() => setTransferring(true)} rightSection={<KeyHint keys="Alt+T" />} aria-keyshortcuts="Alt+T">
          {t.call.transfer}
        </Button>
        <Button color="red.8" loading={acts.busy === 'hang-up'} leftSection={<IconPhoneOff size={17} />} onClick={hangUp} rightSection={<KeyHint keys="Alt+X" />} aria-keyshortcuts="Alt+X">
          {t.call.hangUp}
        </Button>
      </div>
      <p className={classes.keys}>{t.keys}</p>
      <TransferDialog opened={transferring} me={own.agentId} onClose={() => setTransferring(false)} onChoose={choose} />
    </>
  );
}
export function CallPanel({ own, customerName }: { readonly own: Own; readonly customerName: string }) {
  const t = useText(agentText);
  const format = useFormat();
  const names = useDirectory();
  const contact = useLiveContact(own.contactId);
  const rings = own.state === 'AGENT_RINGING' || own.state === 'AGENT_RESERVED';
  const after = own.state === 'AGENT_AFTER_CALL_WORK';
  const limit = Number(own.afterCallWorkMs);
  const head = own.state === 'AGENT_RESERVED' ? t.call.coming : rings ? t.call.incoming : after ? t.after.title : own.state === 'AGENT_HOLDING' ? t.call.held : t.call.talking;
  const who = customerName || contact?.callerName || '';
  return (
    <section className={classes.call} data-rings={rings || undefined} aria-label={t.call.panel} style={{ ['--tone' as string]: agentColour(own.state) }}>
      <div className={classes.callHead} role="status">
        <span className={classes.dot} data-rings={rings || undefined} aria-hidden />
        <span className={classes.grow}>{head}</span>
        <Timer since={msOfUs(own.sinceUs)} {...(after && limit > 0 ? { down: limit } : {})} />
        {after && limit > 0 ? <span className={classes.unit}>{t.after.left}</span> : null}
      </div>
      <div className={classes.callBody}>
        <p className={classes.number}>{format.phone(contact?.caller)}</p>
        {who && who !== format.phone(contact?.caller) ? <p className={classes.who}>{who}</p> : null}
        <dl className={classes.facts}>
          <dt>{t.call.queue}</dt>
          <dd>{names.of('queues', own.queueId || contact?.queueId || '') || '–'}</dd>
          {contact?.published ? (
            <>
              <dt>{t.call.dialled}</dt>
              <dd className="far-num">{contact.published}</dd>
            </>
          ) : null}
        </dl>
        {after ? <p className={classes.text}>{limit > 0 ? t.after.lead : t.after.leadNoLimit}</p> : rings ? <Ringing own={own} /> : <Talking own={own} />}
      </div>
    </section>
  );
}
