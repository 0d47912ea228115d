// SPDX-License-Identifier: Apache-2.0
// The sound of a contact: a wave for each side, played by a ticket that is good for this recording only.
import { ActionIcon, Alert, Button, SegmentedControl } from '@mantine/core';
import { IconDownload, IconPlayerPauseFilled, IconPlayerPlayFilled, IconVolume, IconVolumeOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { api, getJson, ok, sendJson, type Schemas } from '../../api/client';
import { useDirectory } from '../../api/directory';
import { useMay } from '../../api/session';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyError } from '../../parts/notify';
import { Panel } from '../../parts/Page';
import { useFormat, useText } from '../../text';
import { contactText } from '../../text/contact';
import { msOfUs } from '../../text/format';
import { drawWave, type Peaks } from './wave';
import classes from './contact.module.css';

type Part = Schemas['RecordingPart'];
const POINTS = 1200;
const TICKET_MS = 4 * 60_000; // it is good for five minutes

/** One audio element whose sides can be silenced each. */
function useSides(audio: HTMLAudioElement | null, left: boolean, right: boolean): () => void {
  const graph = useRef<{ context: AudioContext; gains: [GainNode, GainNode] }>();
  useEffect(() => () => void graph.current?.context.close(), []);
  useEffect(() => {
    const gains = graph.current?.gains;
    if (!gains) return;
    gains[0].gain.value = left ? 1 : 0;
    gains[1].gain.value = right ? 1 : 0;
  }, [left, right]);
  return useCallback(() => {
    if (graph.current || !audio) return void graph.current?.context.resume();
    const context = new AudioContext();
    const split = context.createChannelSplitter(2);
    const merge = context.createChannelMerger(2);
    const gains: [GainNode, GainNode] = [context.createGain(), context.createGain()];
    context.createMediaElementSource(audio).connect(split);
    gains.forEach((gain, side) => {
      split.connect(gain, side);
      gain.connect(merge, 0, side);
    });
    gains[0].gain.value = left ? 1 : 0;
    gains[1].gain.value = right ? 1 : 0;
    merge.connect(context.destination);
    graph.current = { context, gains };
  }, [audio, left, right]);
}
function Player({ part }: { readonly part: Part }) {
  const t = useText(contactText);
  const format = useFormat();
  const path = `/api/v1/recordings/${part.recordingId}`;
  const peaks = useQuery({ queryKey: ['peaks', part.recordingId, part.part], queryFn: () => getJson<Peaks>(`${path}/peaks?part=${part.part}&points=${POINTS}`), staleTime: Infinity });
  const [audio, setAudio] = useState<HTMLAudioElement | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const ticketAt = useRef(0);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [busy, setBusy] = useState(false);
  const [speed, setSpeed] = useState('1');
  const [left, setLeft] = useState(true);
  const [right, setRight] = useState(true);
  const openSides = useSides(audio, left, right);
  const length = Number(part.recordedMs) / 1000;

  /** The element has a source that will play. */
  async function load(): Promise<boolean> {
    if (!audio) return false;
    if (audio.src && performance.now() - ticketAt.current < TICKET_MS) return true;
    setBusy(true);
    try {
      const { ticket } = await sendJson<{ ticket: string }>(`${path}/ticket`, { part: part.part });
      ticketAt.current = performance.now();
      audio.src = `${path}/audio?part=${part.part}&ticket=${encodeURIComponent(ticket)}`;
      audio.currentTime = at;
      audio.playbackRate = Number(speed);
      return true;
    } catch (error) {
      notifyError(error);
      return false;
    } finally {
      setBusy(false);
    }
  }
  async function toggle(): Promise<void> {
    if (!audio) return;
    if (playing) return audio.pause();
    if (at >= length - 0.05) seek(0);
    if (!(await load())) return;
    openSides();
    await audio.play().catch(notifyError);
  }
  function seek(seconds: number): void {
    const to = Math.max(0, Math.min(length, seconds));
    setAt(to);
    if (audio?.src) audio.currentTime = to;
  }
  async function download(): Promise<void> {
    try {
      const { ticket } = await sendJson<{ ticket: string }>(`${path}/ticket`, { part: part.part });
      const link = document.createElement('a');
      link.href = `${path}/audio?part=${part.part}&ticket=${encodeURIComponent(ticket)}`;
      link.download = `${part.recordingId}-${part.part}.wav`;
      link.click();
    } catch (error) {
      notifyError(error);
    }
  }
  // the wave follows the sound, and the width and colours of the page
  useEffect(() => {
    const element = canvas.current;
    if (!element || !peaks.data) return;
    const draw = (): void => drawWave(element, peaks.data, length > 0 ? at / length : 0, [left, right]);
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const scheme = new MutationObserver(draw);
    scheme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      observer.disconnect();
      scheme.disconnect();
    };
  }, [peaks.data, at, length, left, right]);
  useEffect(() => {
    if (!playing || !audio) return;
    let frame = 0;
    const follow = (): void => {
      setAt(audio.currentTime);
      frame = requestAnimationFrame(follow);
    };
    frame = requestAnimationFrame(follow);
    return () => cancelAnimationFrame(frame);
  }, [playing, audio]);
  const press = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 15 : 5;
    if (event.key === ' ') void toggle();
    else if (event.key === 'ArrowRight' || event.key === 'ArrowUp') seek(at + step);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowDown') seek(at - step);
    else if (event.key === 'Home') seek(0);
    else if (event.key === 'End') seek(length);
    else return;
    event.preventDefault();
  };
  const point = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.type === 'pointermove' && event.buttons !== 1) return;
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * length);
  };
  const side = (on: boolean, set: (on: boolean) => void, who: string) => (
    <Button size="xs" variant={on ? 'default' : 'light'} color={on ? undefined : 'orange'} aria-pressed={!on} aria-label={t.recording.mute(who)} leftSection={on ? <IconVolume size={15} /> : <IconVolumeOff size={15} />} onClick={() => set(!on)}>
      {who}
    </Button>
  );
  return (
    <>
      {peaks.error ? <ErrorNote error={peaks.error} retry={() => void peaks.refetch()} /> : null}
      <div
        className={classes.wave}
        role="slider"
        tabIndex={0}
        aria-label={t.recording.position}
        aria-valuemin={0}
        aria-valuemax={Math.round(length)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={`${format.clock(at * 1000)} / ${format.clock(length * 1000)}`}
        title={t.recording.keys}
        onKeyDown={press}
        onPointerDown={point}
        onPointerMove={point}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <span className={classes.names} aria-hidden="true">
          <span>{t.recording.caller}</span>
          <span>{t.recording.agent}</span>
        </span>
      </div>
      <audio ref={setAudio} preload="none" onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} onEnded={() => setPlaying(false)} onError={() => audio?.src && notifyError(new Error(t.recording.failed))} />
      <div className={classes.player}>
        <ActionIcon size="lg" radius="xl" variant="filled" loading={busy} aria-label={playing ? t.recording.pause : t.recording.play} title={t.recording.audited} onClick={() => void toggle()}>
          {playing ? <IconPlayerPauseFilled size={18} /> : <IconPlayerPlayFilled size={18} />}
        </ActionIcon>
        <span className={classes.clock}>
          {format.clock(at * 1000)} / {format.clock(length * 1000)}
        </span>
        <SegmentedControl
          size="xs"
          aria-label={t.recording.speed}
          data={['0.75', '1', '1.25', '1.5', '2'].map((value) => ({ value, label: `${value}×` }))}
          value={speed}
          onChange={(value) => {
            setSpeed(value);
            if (audio) audio.playbackRate = Number(value);
          }}
        />
        {side(left, setLeft, t.recording.caller)}
        {side(right, setRight, t.recording.agent)}
        <Button size="xs" variant="subtle" color="gray" leftSection={<IconDownload size={15} />} onClick={() => void download()}>
          {t.recording.download}
        </Button>
      </div>
    </>
  );
}
function Recording({ part, parts }: { readonly part: Part; readonly parts: number }) {
  const t = useText(contactText);
  const format = useFormat();
  const names = useDirectory();
  const mayPlay = useMay('RECORDING_PLAY');
  return (
    <div className={classes.recording}>
      <div className={classes.recordingHead}>
        <strong style={{ fontWeight: 500 }}>{part.agentId ? names.agent(part.agentId) : part.right}</strong>
        <span className={classes.soft}>
          {format.date(msOfUs(part.startedAtUs), 'seconds')} · {format.duration(Number(part.recordedMs))}
          {parts > 1 ? ` · ${t.recording.part(String(part.part), String(parts))}` : ''}
          {Number(part.gapMs) > 0 ? ` · ${t.recording.gap(format.duration(Number(part.gapMs)))}` : ''}
        </span>
      </div>
      {part.state === 'failed' ? <Alert color="orange" mb={8}>{t.recording.failed}</Alert> : null}
      {part.state === 'recovered' ? <p className={classes.soft}>{t.recording.recovered}</p> : null}
      {part.state === 'recording' ? (
        <p className={classes.soft}>{t.recording.goesOn}</p>
      ) : !mayPlay ? (
        <p className={classes.soft}>{t.recording.noPlay}</p>
      ) : Number(part.recordedMs) > 0 ? (
        <Player part={part} />
      ) : null}
    </div>
  );
}
export function Recordings({ contactId, live }: { readonly contactId: string; readonly live: boolean }) {
  const t = useText(contactText);
  const may = useMay('RECORDING_READ');
  const { data, error, refetch } = useQuery({
    queryKey: ['recordings', contactId],
    queryFn: () => ok(api.GET('/api/v1/recordings', { params: { query: { contactId } as never } })),
    enabled: may,
    // metadata follow the sound by a moment
    refetchInterval: (query) => (live || query.state.data?.parts.some((part) => part.state === 'recording') ? 4000 : false),
  });
  if (!may || (live && data?.parts.length === 0)) return null;
  const parts = [...(data?.parts ?? [])].sort((a, b) => Number(a.startedAtUs) - Number(b.startedAtUs) || a.part - b.part);
  const count = (id: string): number => parts.filter((part) => part.recordingId === id).length;
  return (
    <Panel title={t.recording.title}>
      {error ? <ErrorNote error={error} retry={() => void refetch()} /> : null}
      {data && parts.length === 0 ? <span className={classes.soft}>{t.recording.none}</span> : null}
      {parts.map((part) => (
        <Recording key={`${part.recordingId}.${part.part}`} part={part} parts={count(part.recordingId)} />
      ))}
    </Panel>
  );
}
