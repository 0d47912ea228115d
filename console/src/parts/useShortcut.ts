// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from 'react';

/** Do something on Alt and a letter, wherever the focus is; by the key's place, so that macOS's Option works too. */
export function useShortcut(keys: `Alt+${string}`, run: () => void, enabled = true): void {
  const newest = useRef(run);
  newest.current = run;
  const code = `Key${keys.slice(4)}`;
  useEffect(() => {
    if (!enabled) return;
    const press = (event: KeyboardEvent): void => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.code !== code || event.repeat) return;
      event.preventDefault();
      newest.current();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [code, enabled]);
}
