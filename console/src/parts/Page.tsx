// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';
import classes from './Page.module.css';

interface PageProps {
  readonly title: string;
  /** One line under the title. */
  readonly lead?: ReactNode;
  /** Buttons and filters at the title's right. */
  readonly actions?: ReactNode;
  /** Use the whole width (tables); else lines stay readable. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}
/** A page's head and body. Its h1 takes the focus when the page is opened by navigation (app/Frame). */
export function Page({ title, lead, actions, wide, children }: PageProps) {
  return (
    <div className={classes.page} data-wide={wide || undefined}>
      <header className={classes.head}>
        <div className={classes.titles}>
          <h1 className={classes.title} tabIndex={-1}>
            {title}
          </h1>
          {lead ? <p className={classes.lead}>{lead}</p> : null}
        </div>
        {actions ? <div className={classes.actions}>{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}
interface PanelProps {
  readonly title?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** No inner space: for tables and lists that reach the edges. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
}
/** A named part of a page. */
export function Panel({ title, actions, children, flush, className }: PanelProps) {
  return (
    <section className={`${classes.panel} ${className ?? ''}`} aria-label={title}>
      {title ? (
        <div className={classes.panelHead}>
          <h2 className={classes.panelTitle}>{title}</h2>
          {actions}
        </div>
      ) : null}
      <div className={flush ? undefined : classes.panelBody}>{children}</div>
    </section>
  );
}
