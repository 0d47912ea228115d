// SPDX-License-Identifier: Apache-2.0
// A new password for a phone: made by the server, shown once.
import { Button, CopyButton, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { sendJson } from '../../api/client';
import { ConfirmButton } from '../../parts/ConfirmButton';
import { notifyError } from '../../parts/notify';
import { useText } from '../../text';
import { adminText } from '../../text/admin';
import classes from './admin.module.css';

export interface Secret {
  readonly phone: string;
  readonly secret: string;
  readonly realm: string;
}
export function PhoneSecret({ phone }: { readonly phone: string }) {
  const t = useText(adminText);
  const make = useMutation({ mutationFn: () => sendJson<Secret>(`/api/v1/phones/${encodeURIComponent(phone)}/secret`), onError: notifyError });
  return (
    <>
      <ConfirmButton size="compact-xs" variant="subtle" loading={make.isPending} question={t.secret.question(phone)} onConfirm={() => make.mutate()}>
        {t.secret.make}
      </ConfirmButton>
      <SecretModal secret={make.data} onClose={make.reset} />
    </>
  );
}
export function SecretModal({ secret, onClose }: { readonly secret: Secret | undefined; readonly onClose: () => void }) {
  const t = useText(adminText);
  const shared = useText();
  if (!secret) return null;
  const rows: [string, string][] = [
    [t.secret.user, secret.phone],
    [t.secret.password, secret.secret],
    [t.secret.realm, secret.realm],
  ];
  return (
    <Modal opened onClose={onClose} title={t.secret.title(secret.phone)} centered closeButtonProps={{ 'aria-label': shared.action.close }}>
      <p className={classes.hint}>{t.secret.once}</p>
      <dl className={classes.pairs}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
              <CopyButton value={value}>
                {({ copied, copy }) => (
                  <Button size="compact-xs" variant="subtle" onClick={copy} aria-label={`${shared.action.copy}: ${name}`}>
                    {copied ? shared.action.copied : shared.action.copy}
                  </Button>
                )}
              </CopyButton>
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
