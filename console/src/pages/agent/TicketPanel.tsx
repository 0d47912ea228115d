// SPDX-License-Identifier: Apache-2.0
// After-call work: what came of a contact. Every keystroke is kept until it is saved.
import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { KeyboardEvent } from 'react';
import { useDirectory } from '../../api/directory';
import { ErrorNote } from '../../parts/ErrorNote';
import { FormField } from '../../parts/FormField';
import { KeyHint } from '../../parts/KeyHint';
import { Panel } from '../../parts/Page';
import { Restored } from '../../parts/Restored';
import { StateBadge } from '../../parts/StateBadge';
import type { Draft } from '../../parts/useDraft';
import { useShortcut } from '../../parts/useShortcut';
import { useText } from '../../text';
import { agentText } from '../../text/agent';
import classes from './agent.module.css';
import { formOver, useSaveTicket, useTicketOf, type TicketForm } from './useTicket';

interface TicketPanelProps {
  readonly contactId: string;
  readonly draft: Draft<TicketForm>;
  /** After-call work runs: saving may end it. */
  readonly onFinish?: (() => void) | undefined;
  readonly onSaved?: (() => void) | undefined;
}
const statuses = ['open', 'pending', 'resolved', 'closed'] as const;

export function TicketPanel({ contactId, draft, onFinish, onSaved }: TicketPanelProps) {
  const t = useText(agentText);
  const shared = useText();
  const names = useDirectory();
  const ticket = useTicketOf(contactId);
  const { save, saving, error, touched } = useSaveTicket(contactId, draft);
  const now = ticket.data;
  // What the ticket has already stands in the fields until the agent writes something else.
  const shown: Draft<TicketForm> = {
    ...draft,
    value: formOver(draft.value, now ?? undefined),
    set: (next) => {
      touched();
      draft.set((before) => {
        const base = formOver(before, now ?? undefined);
        return { ...(typeof next === 'function' ? next(base) : next), at: Date.now() };
      });
    },
  };
  const go = async (): Promise<boolean> => {
    const done = await save();
    if (done) onSaved?.();
    return done;
  };
  const finish = (): void => void (draft.dirty ? go() : Promise.resolve(true)).then((done) => done && onFinish?.());
  useShortcut('Alt+S', () => void go(), draft.dirty && saving !== 'saving');
  useShortcut('Alt+W', finish, onFinish !== undefined && saving !== 'saving');
  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && draft.dirty) void go();
  };
  return (
    <Panel
      title={now ? `${t.ticket.title} ${now.number}` : t.ticket.title}
      actions={now ? <StateBadge of="ticket" state={now.status} /> : undefined}
    >
      <form className={classes.form} onSubmit={(event) => { event.preventDefault(); void go(); }} onKeyDown={keys} aria-label={t.ticket.title}>
        <Restored draft={draft} />
        {ticket.isSuccess && !now ? <p className={classes.text}>{t.ticket.missing}</p> : null}
        <div className={classes.pair}>
          <FormField draft={shown} name="disposition" label={t.ticket.disposition} options={names.options('dispositions')} />
          <FormField draft={shown} name="businessType" label={t.ticket.businessType} options={names.options('businessTypes')} />
        </div>
        <FormField draft={shown} name="note" label={t.ticket.note} lines={4} placeholder={t.ticket.noteHint} />
        <div className={classes.pair}>
          <FormField draft={shown} name="subject" label={t.ticket.subject} />
          <FormField draft={shown} name="status" label={t.ticket.status} placeholder={t.ticket.byDisposition} options={statuses.map((status) => ({ value: status, label: shared.ticketStatus[status] }))} />
        </div>
        <ErrorNote error={error} />
        <div className={classes.foot}>
          <span className={classes.saveState} role="status" data-is={saving}>
            {saving === 'saved' && !draft.dirty ? (
              <>
                <IconCheck size={15} aria-hidden /> {t.ticket.saved}
              </>
            ) : saving === 'offline' ? (
              t.ticket.offline
            ) : saving === 'saving' ? (
              t.ticket.saving
            ) : draft.dirty ? (
              t.ticket.unsaved
            ) : null}
          </span>
          <Button type="submit" variant={onFinish ? 'default' : 'filled'} disabled={!draft.dirty} loading={saving === 'saving'} rightSection={<KeyHint keys="Alt+S" />} aria-keyshortcuts="Alt+S">
            {t.ticket.save}
          </Button>
          {onFinish ? (
            <Button onClick={finish} disabled={saving === 'saving'} rightSection={<KeyHint keys="Alt+W" />} aria-keyshortcuts="Alt+W">
              {draft.dirty ? t.ticket.saveFinish : t.after.finish}
            </Button>
          ) : null}
        </div>
      </form>
    </Panel>
  );
}
