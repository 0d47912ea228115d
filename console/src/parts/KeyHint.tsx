// SPDX-License-Identifier: Apache-2.0
import classes from './KeyHint.module.css';

/** A shortcut, shown beside what it does: keys="Alt+R". Screen readers get it by aria-keyshortcuts of the button. */
export function KeyHint({ keys }: { readonly keys: string }) {
  return (
    <span className={classes.hint} aria-hidden="true">
      {keys.split('+').map((key) => (
        <kbd key={key} className={classes.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
