// SPDX-License-Identifier: Apache-2.0
import { useText } from '../text';
import type { Draft } from './useDraft';
import classes from './FormField.module.css';

/** Above a form: unfinished text from before is in it, and may be thrown away. */
export function Restored<T extends object>({ draft }: { readonly draft: Draft<T> }) {
  const t = useText();
  if (!draft.restored) return null;
  return (
    <p className={classes.restored} role="status">
      {t.form.restored}
      <button type="button" className={classes.discard} onClick={draft.clear}>
        {t.form.discard}
      </button>
    </p>
  );
}
