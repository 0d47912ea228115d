// SPDX-License-Identifier: Apache-2.0
// Devices, level meter, ring and echo test: in the desk's check, and on the page of one's phone.
import { Alert, Button, Progress, Select } from '@mantine/core';
import { IconCircleCheck, IconMicrophone, IconVolume } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useNow } from '../parts/clock';
import { useFormat, useText } from '../text';
import { phoneText } from '../text/phone';
import { canChooseOutput, chooseDevices, openMicrophone, pairKey, useCheck, useDeviceChoice, useDevices, useLevel, type Device, type MicrophoneFault } from './devices';
import classes from './PhoneCheck.module.css';
import { phoneDo, usePhone } from './phone';
import { ringStart } from './ring';

function useMicrophone(want: boolean, id: string): { stream: MediaStream | undefined; fault: MicrophoneFault | undefined; again: () => void } {
  const [stream, setStream] = useState<MediaStream>();
  const [fault, setFault] = useState<MicrophoneFault>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!want) return;
    let gone = false;
    let mine: MediaStream | undefined;
    openMicrophone().then(
      (opened) => {
        mine = opened;
        if (gone) for (const track of opened.getTracks()) track.stop();
        else {
          setStream(opened);
          setFault(undefined);
        }
      },
      (why: unknown) => gone || setFault(why as MicrophoneFault),
    );
    return () => {
      gone = true;
      for (const track of mine?.getTracks() ?? []) track.stop();
      setStream(undefined);
    };
  }, [want, id, turn]);
  return { stream, fault, again: () => setTurn((now) => now + 1) };
}
function LevelMeter({ stream }: { readonly stream: MediaStream | undefined }) {
  const t = useText(phoneText);
  const level = useLevel(stream);
  return (
    <div className={classes.meter}>
      <Progress value={level * 100} color={level > 0.06 ? 'teal' : 'gray'} size="md" transitionDuration={80} aria-label={t.level} />
      <span className="far-soft">{t.levelHint}</span>
    </div>
  );
}
const choices = (devices: readonly Device[], system: string) => [
  { value: '', label: system },
  ...devices.filter((device) => device.id && device.id !== 'default').map((device) => ({ value: device.id, label: device.label || device.id.slice(0, 8) })),
];
export function PhoneCheck() {
  const t = useText(phoneText);
  const format = useFormat();
  const now = useNow();
  const devices = useDevices();
  const chosen = useDeviceChoice();
  const phone = usePhone();
  const [asked, setAsked] = useState(false);
  const { stream, fault, again } = useMicrophone((devices.allowed || asked) && !phone.call, chosen.microphone);
  const check = useCheck(pairKey(devices, chosen));
  const refresh = useRef(devices.refresh);
  refresh.current = devices.refresh;
  useEffect(() => {
    if (stream) refresh.current(); // now the devices have names
  }, [stream]);

  if (!devices.supported) return <Alert color="red" variant="light">{t.unsupported}</Alert>;
  const echo = phone.echo;
  return (
    <div className={classes.check}>
      <section className={classes.step}>
        {devices.allowed || stream ? (
          <>
            <Select label={t.microphone} leftSection={<IconMicrophone size={16} />} data={choices(devices.microphones, t.system)} value={chosen.microphone} allowDeselect={false} onChange={(id) => chooseDevices({ ...chosen, microphone: id ?? '' })} />
            <LevelMeter stream={stream} />
          </>
        ) : (
          <>
            <p className={classes.text}>{t.allowHint}</p>
            <div>
              <Button leftSection={<IconMicrophone size={16} />} onClick={() => (asked ? again() : setAsked(true))}>
                {t.allow}
              </Button>
            </div>
          </>
        )}
        {fault ? <Alert color="red" variant="light" role="alert">{t.fault[fault]}</Alert> : null}
      </section>
      <section className={classes.step}>
        {canChooseOutput ? (
          <Select label={t.output} leftSection={<IconVolume size={16} />} data={choices(devices.outputs, t.system)} value={chosen.output} allowDeselect={false} onChange={(id) => { chooseDevices({ ...chosen, output: id ?? '' }); phoneDo('output'); }} />
        ) : (
          <p className={classes.text}>{t.noChoice}</p>
        )}
        <div>
          <Button size="xs" variant="default" onClick={() => { const ring = ringStart(); setTimeout(ring.stop, 2600); }}>
            {t.ringTest}
          </Button>
        </div>
      </section>
      <section className={classes.step} aria-label={t.echoTitle}>
        <h3 className={classes.name}>{t.echoTitle}</h3>
        <p className={classes.text}>{t.echoLead}</p>
        <div aria-live="polite" className={classes.result}>
          {echo.running ? (
            <p className={classes.text}>{t.echoRunning}</p>
          ) : echo.result && echo.result !== 'ok' ? (
            <Alert color="red" variant="light" role="alert">
              {t.fault[echo.result]} {echo.cause ? <span className="far-soft" lang="en">({echo.cause})</span> : null}
            </Alert>
          ) : check ? (
            <p className={classes.good}>
              <IconCircleCheck size={17} aria-hidden />
              <span>
                {check.delayMs > 0 ? t.echoOk(format.duration(check.delayMs)) : null} {t.passed(format.ago(now - check.at))}. {t.expires}.
              </span>
            </p>
          ) : null}
        </div>
        <div>
          <Button variant={check ? 'default' : 'filled'} loading={echo.running} disabled={phone.call?.kind === 'in'} onClick={() => phoneDo('echo')}>
            {check || echo.result ? t.echoAgain : t.echoStart}
          </Button>
        </div>
      </section>
    </div>
  );
}
