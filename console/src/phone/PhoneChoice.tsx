// SPDX-License-Identifier: Apache-2.0
import { SegmentedControl } from '@mantine/core';
import { useSession } from '../api/session';
import { useText } from '../text';
import { phoneText } from '../text/phone';
import { choosePhone, usePhoneChoice, type PhoneChoice as Choice } from './devices';

/** Browser or desk phone. */
export function PhoneChoice() {
  const t = useText(phoneText);
  const login = useSession().person?.login ?? '';
  const choice = usePhoneChoice(login);
  return (
    <SegmentedControl
      fullWidth
      aria-label={t.where}
      value={choice}
      onChange={(next) => choosePhone(login, next as Choice)}
      data={[
        { value: 'browser', label: t.browser },
        { value: 'desk', label: t.desk },
      ]}
    />
  );
}
