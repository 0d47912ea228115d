// SPDX-License-Identifier: Apache-2.0
// What a supervisor does to an agent's state.
import { ActionIcon, Button, Menu, Modal } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import type { LiveAgent } from '../../api/liveState';
import { notifyDone, notifyError } from '../../parts/notify';
import { useText } from '../../text';
import { wallboardText } from '../../text/wallboard';
import { useKnown } from './names';

export function AgentActs({ agent }: { readonly agent: LiveAgent }) {
  const t = useText(wallboardText);
  const shared = useText();
  const { names } = useKnown();
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState(false);
  const name = agent.name || agent.agentId;
  const params = { params: { path: { agentId: agent.agentId } } };

  async function act(call: () => Promise<unknown>): Promise<void> {
    setBusy(true);
    try {
      await call();
      notifyDone(t.done(name));
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
      setAsks(false);
    }
  }
  if (agent.state === 'AGENT_LOGGED_OUT') return null;
  return (
    <>
      <Menu opened={open} onChange={setOpen} position="bottom-end" shadow="md" width={210}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="md" aria-label={t.acts(name)} loading={busy}>
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        {open ? (
          <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
            {agent.state === 'AGENT_NOT_READY' ? (
              <Menu.Item onClick={() => void act(() => ok(api.POST('/api/v1/agents/{agentId}/ready', params)))}>{t.ready}</Menu.Item>
            ) : null}
            {agent.state === 'AGENT_AFTER_CALL_WORK' ? (
              <Menu.Item onClick={() => void act(() => ok(api.POST('/api/v1/agents/{agentId}/end-after-call-work', params)))}>{t.endWork}</Menu.Item>
            ) : null}
            <Menu.Label>{t.notReady}</Menu.Label>
            {names
              .options('reasons')
              .filter((reason) => reason.value !== 'no-answer')
              .map((reason) => (
                <Menu.Item key={reason.value} onClick={() => void act(() => ok(api.POST('/api/v1/agents/{agentId}/not-ready', { ...params, body: { reason: reason.value } })))}>
                  {reason.label}
                </Menu.Item>
              ))}
            <Menu.Divider />
            <Menu.Item color="red" onClick={() => setAsks(true)}>
              {t.logout}…
            </Menu.Item>
          </Menu.Dropdown>
        ) : null}
      </Menu>
      {asks ? (
        <Modal opened onClose={() => setAsks(false)} title={t.logoutTitle(name)} centered size="sm" closeButtonProps={{ 'aria-label': shared.action.close }}>
          <p style={{ margin: '0 0 16px' }}>{t.logoutMore}</p>
          <div style={{ display: 'flex', gap: 8, justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={() => setAsks(false)}>
              {shared.action.cancel}
            </Button>
            <Button color="red" data-autofocus loading={busy} onClick={() => void act(() => ok(api.POST('/api/v1/agents/{agentId}/logout', params)))}>
              {t.logout}
            </Button>
          </div>
        </Modal>
      ) : null}
    </>
  );
}
