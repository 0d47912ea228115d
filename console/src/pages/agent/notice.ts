// SPDX-License-Identifier: Apache-2.0
// A call that rings while the console is hidden is told by the system's own notices, if it may.
import { useEffect } from 'react';

export function askToNotify(): void {
  if ('Notification' in window && Notification.permission === 'default') void Notification.requestPermission();
}
export function useCallNotice(rings: boolean, title: string, text: string): void {
  useEffect(() => {
    if (!rings || !document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
    const notice = new Notification(title, { body: text, tag: 'farseat-call', icon: '/farseat.svg' });
    notice.onclick = () => window.focus();
    return () => notice.close();
  }, [rings, title, text]);
}
