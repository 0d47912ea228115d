// SPDX-License-Identifier: Apache-2.0
// Between "be ready" and being ready: microphone, output and echo test, when this browser is the phone.
import { Button, Modal } from '@mantine/core';
import { PhoneCheck } from '../../phone/PhoneCheck';
import { PhoneChoice } from '../../phone/PhoneChoice';
import { useText } from '../../text';
import { phoneText } from '../../text/phone';
import classes from './agent.module.css';
import { useMissing } from './own';

interface ReadyCheckProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onReady: () => void;
}
export function ReadyCheck({ opened, onClose, onReady }: ReadyCheckProps) {
  const t = useText(phoneText);
  const shared = useText();
  const missing = useMissing();
  return (
    <Modal opened={opened} onClose={onClose} title={t.check.title} size={460} centered closeButtonProps={{ 'aria-label': shared.action.close }}>
      <p className={classes.lead}>{t.check.lead}</p>
      <div className={classes.stack}>
        <PhoneChoice />
        <PhoneCheck />
        <div className={classes.foot}>
          <span className="far-soft" role="status">{missing ? t.check.missing[missing] : ''}</span>
          <Button variant="default" onClick={onClose}>{t.check.close}</Button>
          <Button disabled={missing !== undefined} onClick={onReady}>{t.check.done}</Button>
        </div>
      </div>
    </Modal>
  );
}
