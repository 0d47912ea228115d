// SPDX-License-Identifier: Apache-2.0
// What callers hear: listen, have it spoken, upload, remove.
import { ActionIcon, Badge, Button, Drawer, FileInput, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { api, ok, okFetch, sendJson, type Schemas } from '../../api/client';
import { useMay } from '../../api/session';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { DataTable, type Column } from '../../parts/DataTable';
import { ErrorNote } from '../../parts/ErrorNote';
import { notifyDone, notifyError } from '../../parts/notify';
import { Panel } from '../../parts/Page';
import { useDraft } from '../../parts/useDraft';
import { useFormat, useText } from '../../text';
import { msOfUs } from '../../text/format';
import { adminPartsText } from '../../text/adminParts';
import classes from './admin.module.css';

type Prompt = Schemas['Prompt'];
const NAME = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/;
const addressOf = (name: string): string => `/api/v1/prompts/${encodeURI(name)}`;

/** One prompt is heard at a time; its sound is fetched with the session's token. */
function usePlayer(): { playing: string | undefined; toggle: (name: string) => void } {
  const [playing, setPlaying] = useState<string>();
  const audio = useRef<HTMLAudioElement | null>(null);
  const stop = (): void => {
    audio.current?.pause();
    if (audio.current) URL.revokeObjectURL(audio.current.src);
    audio.current = null;
    setPlaying(undefined);
  };
  useEffect(() => stop, []);
  const play = async (name: string): Promise<void> => {
    stop();
    setPlaying(name);
    const sound = await (await okFetch(`${addressOf(name)}/audio`)).blob();
    const element = new Audio(URL.createObjectURL(sound));
    audio.current = element;
    element.onended = stop;
    await element.play();
  };
  const toggle = (name: string): void => {
    if (playing === name) return stop();
    play(name).catch((error: unknown) => {
      stop();
      notifyError(error);
    });
  };
  return { playing, toggle };
}
interface Making {
  name: string;
  text: string;
  language: string;
  how: string;
}
function PromptForm({ prompt, onClose }: { readonly prompt: Prompt | undefined; readonly onClose: () => void }) {
  const t = useText(adminPartsText).prompts;
  const shared = useText();
  const client = useQueryClient();
  const draft = useDraft<Making>(`prompt.${prompt?.name ?? '+'}`, { name: prompt?.name ?? '', text: prompt?.text ?? '', language: prompt?.language || 'zh', how: 'speak' });
  const [file, setFile] = useState<File | null>(null);
  const [tried, setTried] = useState(false);
  const value = draft.value;
  const speak = value.how === 'speak';
  const done = (): void => {
    void client.invalidateQueries({ queryKey: ['prompts'] });
    draft.clear();
    onClose();
  };
  const make = useMutation({
    mutationFn: async () => {
      if (speak) await sendJson(`${addressOf(value.name)}/synthesise`, { text: value.text, language: value.language });
      else await okFetch(addressOf(value.name), { method: 'PUT', headers: { 'Content-Type': 'audio/wav' }, body: file });
    },
    onSuccess: () => {
      notifyDone(t.made(value.name));
      done();
    },
  });
  const remove = useMutation({ mutationFn: () => sendJson(`${addressOf(value.name)}/remove`), onSuccess: done });
  const faults = { name: NAME.test(value.name) ? undefined : t.fault.name, text: speak && !value.text.trim() ? t.fault.text : undefined, file: !speak && !file ? t.fault.file : undefined };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!faults.name && !faults.text && !faults.file) make.mutate();
  };
  return (
    <Drawer opened onClose={onClose} position="right" title={prompt?.name ?? t.speak} closeButtonProps={{ 'aria-label': shared.action.close }}>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput label={t.name} description={t.nameHint} name="name" withAsterisk disabled={Boolean(prompt)} value={value.name} error={tried && faults.name} spellCheck={false} onChange={(event) => draft.set({ ...value, name: event.currentTarget.value })} />
        <SegmentedControl aria-label={t.kind} data={[{ value: 'speak', label: t.bySynthesis }, { value: 'file', label: t.byFile }]} value={value.how} onChange={(how) => draft.set({ ...value, how })} />
        {speak ? (
          <>
            <SegmentedControl aria-label={t.language} data={[{ value: 'zh', label: '中文' }, { value: 'en', label: 'English' }]} value={value.language} onChange={(language) => draft.set({ ...value, language })} />
            <Textarea label={t.text} name="text" withAsterisk autosize minRows={4} maxLength={1000} lang={value.language === 'zh' ? 'zh-CN' : 'en'} value={value.text} error={tried && faults.text} onChange={(event) => draft.set({ ...value, text: event.currentTarget.value })} />
          </>
        ) : (
          <FileInput label={t.file} description={t.uploadHint} accept="audio/wav,.wav" withAsterisk value={file} error={tried && faults.file} onChange={setFile} />
        )}
        <ErrorNote error={make.error ?? remove.error} />
        <div className={classes.formFoot}>
          {prompt && prompt.source !== 'built-in' ? (
            <ConfirmButton color="red" variant="subtle" question={t.removeQuestion(prompt.name)} onConfirm={() => remove.mutate()}>
              {t.remove}
            </ConfirmButton>
          ) : null}
          <span className={classes.grow} />
          <Button variant="default" onClick={onClose}>
            {shared.action.cancel}
          </Button>
          <Button type="submit" loading={make.isPending}>
            {t.make}
          </Button>
        </div>
      </form>
    </Drawer>
  );
}
export function Prompts() {
  const t = useText(adminPartsText).prompts;
  const format = useFormat();
  const mayChange = useMay('CONFIG_WRITE');
  const prompts = useQuery({ queryKey: ['prompts'], queryFn: () => ok(api.GET('/api/v1/prompts')) });
  const { playing, toggle } = usePlayer();
  const [editing, setEditing] = useState<Prompt | null>();
  const columns: Column<Prompt>[] = [
    { key: 'name', head: t.name, cell: (one) => one.name, sort: (one) => one.name },
    {
      key: 'listen',
      head: '',
      width: 40,
      cell: (one) => (
        <ActionIcon variant="subtle" size="sm" aria-label={playing === one.name ? t.stop : t.listen(one.name)} onClick={() => toggle(one.name)}>
          {playing === one.name ? <IconPlayerStop size={15} /> : <IconPlayerPlay size={15} />}
        </ActionIcon>
      ),
    },
    { key: 'text', head: t.text, cell: (one) => <span className={classes.said}>{one.text}</span>, wideOnly: true },
    { key: 'length', head: t.length, align: 'right', cell: (one) => (one.durationMs ? format.clock(one.durationMs) : ''), sort: (one) => one.durationMs },
    { key: 'source', head: t.source, cell: (one) => <Badge variant="light" color={one.source === 'built-in' ? 'gray' : 'blue'} autoContrast>{t.sources[one.source] ?? one.source}</Badge>, sort: (one) => one.source },
    { key: 'at', head: t.changed, cell: (one) => (msOfUs(one.atUs) === undefined ? '' : `${format.date(msOfUs(one.atUs))} ${one.by}`), sort: (one) => Number(one.atUs), wideOnly: true },
  ];
  return (
    <>
      <Panel
        title={t.title}
        flush
        actions={
          mayChange ? (
            <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setEditing(null)}>
              {t.speak}
            </Button>
          ) : undefined
        }
      >
        <p className={classes.about}>{t.about}</p>
        <DataTable label={t.title} columns={columns} rows={prompts.data?.prompts} rowKey={(one) => one.name} error={prompts.error} retry={() => void prompts.refetch()} onOpen={mayChange ? setEditing : undefined} sorting={{ key: 'name', down: false }} />
      </Panel>
      {editing !== undefined ? <PromptForm key={editing?.name ?? '+'} prompt={editing ?? undefined} onClose={() => setEditing(undefined)} /> : null}
    </>
  );
}
