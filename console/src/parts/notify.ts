// SPDX-License-Identifier: Apache-2.0
import { notifications } from '@mantine/notifications';
import { errorText } from '../api/errors';
import { textNow } from '../text';

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 3000, withBorder: true });
}
export function notifyError(error: unknown): void {
  const { title, detail } = errorText(error, textNow());
  notifications.show({ title, message: detail, color: 'red', autoClose: 8000, withBorder: true, role: 'alert' });
}
