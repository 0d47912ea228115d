// SPDX-License-Identifier: Apache-2.0
// One's own state and what it may become; in the header, and large on the desk.
import { Button, Menu } from '@mantine/core';
import { IconCheck, IconChevronDown, IconLogout } from '@tabler/icons-react';
import { useState } from 'react';
import { useDirectory } from '../../api/directory';
import { KeyHint } from '../../parts/KeyHint';
import { agentColour } from '../../parts/StateBadge';
import { Timer } from '../../parts/Timer';
import { useShortcut } from '../../parts/useShortcut';
import { useText } from '../../text';
import { agentText } from '../../text/agent';
import { msOfUs } from '../../text/format';
import classes from './agent.module.css';
import { inCall, useActs, useMissing, useReasonName, type Own } from './own';
import { ReadyCheck } from './ReadyCheck';

/** Ready, if the phone has passed its check; else the check opens. */
export function useBeReady(): { beReady: () => void; check: JSX.Element; busy: boolean } {
  const acts = useActs();
  const missing = useMissing();
  const [checking, setChecking] = useState(false);
  const go = (): void => void acts.agent('ready').then((done) => done && setChecking(false));
  return {
    beReady: () => (missing && missing !== 'line' ? setChecking(true) : go()),
    check: <ReadyCheck opened={checking} onClose={() => setChecking(false)} onReady={go} />,
    busy: acts.busy === 'ready',
  };
}
export function StateMenu({ own }: { readonly own: Own }) {
  const t = useText(agentText);
  const shared = useText();
  const names = useDirectory();
  const reasonName = useReasonName();
  const acts = useActs();
  const { beReady, check, busy } = useBeReady();
  const [open, setOpen] = useState(false);
  const out = own.state === 'AGENT_LOGGED_OUT';
  const busyWithCall = inCall(own.state);
  useShortcut('Alt+R', beReady, !out && own.state !== 'AGENT_READY');
  useShortcut('Alt+N', () => setOpen(true), !out);

  if (out)
    return (
      <Button loading={acts.busy === 'login'} onClick={() => void acts.agent('login')}>
        {t.state.login}
      </Button>
    );
  const wished = own.nextReason === 'logout' ? t.state.wishedLogout : own.nextReason ? t.state.wished(reasonName(own.nextReason)) : '';
  const reasons = names.options('reasons').filter((reason) => reason.value !== 'no-answer');
  return (
    <>
      <Menu opened={open} onChange={setOpen} position="bottom-start" width={260} shadow="md">
        <Menu.Target>
          <button type="button" className={classes.state} style={{ ['--tone' as string]: agentColour(own.state) }}>
            <span className={classes.dot} data-rings={own.state === 'AGENT_RINGING' || undefined} aria-hidden />
            <span className="far-hidden">{t.state.choose}: </span>
            <span className={classes.stateName}>{shared.agentState[own.state]}</span>
            {own.reason && own.state === 'AGENT_NOT_READY' ? <span className={classes.reason}>{reasonName(own.reason)}</span> : null}
            <Timer since={msOfUs(own.sinceUs)} className={classes.stateTime} />
            <IconChevronDown size={14} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {own.state !== 'AGENT_READY' ? (
            <Menu.Item leftSection={<span className={classes.dot} style={{ ['--tone' as string]: 'var(--far-good)' }} />} rightSection={<KeyHint keys="Alt+R" />} aria-keyshortcuts="Alt+R" onClick={beReady}>
              {busyWithCall ? t.state.stayReady : t.state.beReady}
            </Menu.Item>
          ) : null}
          <Menu.Label>
            {busyWithCall ? `${t.state.afterCall} · ` : ''}
            {t.state.notReady}
          </Menu.Label>
          {reasons.map((reason) => (
            <Menu.Item
              key={reason.value}
              leftSection={<span className={classes.dot} style={{ ['--tone' as string]: 'var(--far-away)' }} />}
              rightSection={(busyWithCall ? own.nextReason : own.reason) === reason.value ? <IconCheck size={15} /> : null}
              onClick={() => void acts.agent('not-ready', { reason: reason.value })}
            >
              {reason.label}
            </Menu.Item>
          ))}
          {busyWithCall ? null : (
            <Menu.Item leftSection={<span className={classes.dot} style={{ ['--tone' as string]: 'var(--far-away)' }} />} onClick={() => void acts.agent('not-ready', { reason: '' })}>
              {t.state.noReason}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => void acts.agent('logout')}>
            {busyWithCall ? t.state.wishedLogout : t.state.logout}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {wished ? <span className={classes.wished}>{wished}</span> : null}
      {busy ? <span className="far-hidden" role="status">{shared.table.loading}</span> : null}
      {check}
    </>
  );
}
