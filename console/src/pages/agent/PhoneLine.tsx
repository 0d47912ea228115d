// SPDX-License-Identifier: Apache-2.0
import { Tooltip } from '@mantine/core';
import { IconDeviceLandlinePhone, IconHeadset, IconHeadsetOff } from '@tabler/icons-react';
import { useSession } from '../../api/session';
import { usePhoneChoice } from '../../phone/devices';
import { usePhone } from '../../phone/phone';
import { useText } from '../../text';
import { phoneText } from '../../text/phone';
import classes from './agent.module.css';
import type { Own } from './own';

/** How the phone is, in a word. */
export function usePhoneWord(own: Own): { word: string; good: boolean; desk: boolean } {
  const t = useText(phoneText);
  const choice = usePhoneChoice(useSession().person?.login ?? '');
  const phone = usePhone();
  if (choice === 'desk') return { word: own.phoneReachable ? t.line.deskOn : t.line.deskOff, good: own.phoneReachable, desk: true };
  if (phone.line === 'failed' && phone.lineCause === 'no-phone') return { word: t.line.noPhone, good: false, desk: false };
  const word = phone.role === 'wait' && phone.line === 'registered' ? t.line.wait : t.line[phone.line];
  return { word, good: phone.line === 'registered', desk: false };
}
export function PhoneLine({ own }: { readonly own: Own }) {
  const { word, good, desk } = usePhoneWord(own);
  if (own.state === 'AGENT_LOGGED_OUT') return null;
  const Icon = desk ? IconDeviceLandlinePhone : good ? IconHeadset : IconHeadsetOff;
  return (
    <Tooltip label={word}>
      <span className={classes.line} data-good={good || undefined} role="img" aria-label={word}>
        <Icon size={18} stroke={1.7} aria-hidden />
      </span>
    </Tooltip>
  );
}
