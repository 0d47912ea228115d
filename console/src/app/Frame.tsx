// SPDX-License-Identifier: Apache-2.0
// What stands around every page: navigation by permission, header, the word about the connection.
import { IconMenu2, IconX } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router-dom';
import { useSession } from '../api/session';
import { useDirectory } from '../api/directory';
import { useText } from '../text';
import { ConnectionBanner, ConnectionDot } from './Connection';
import { ErrorBoundary } from './ErrorBoundary';
import classes from './Frame.module.css';
import { AccountMenu, LanguageButton, ThemeMenu } from './Preferences';
import { addressOf, pages, type Group } from './routes';

// Only those who take calls load the phone.
const AgentBar = lazy(() => import('../pages/agent/AgentBar'));

export function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--far-accent)" />
      <path d="M9 23V9h13M9 16h10" fill="none" stroke="#fff" strokeWidth="3.2" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="23" cy="22" r="2.6" fill="#7fd1b9" />
    </svg>
  );
}
function Navigation({ onGo }: { readonly onGo: () => void }) {
  const t = useText();
  const session = useSession();
  const groups: Group[] = ['work', 'insight', 'manage'];
  return (
    <nav aria-label={t.nav.label} className={classes.nav}>
      {groups.map((group) => {
        const rows = pages.filter((row) => row.group === group && row.may(session));
        if (rows.length === 0) return null;
        return (
          <div key={group} className={classes.group}>
            <p className={classes.groupName}>{t.nav[group]}</p>
            <ul>
              {rows.map((row) => (
                <li key={row.path}>
                  <NavLink to={addressOf(row)} className={classes.link ?? ''} onClick={onGo}>
                    {row.icon ? <row.icon size={17} stroke={1.7} /> : null}
                    {row.title(t)}
                  </NavLink>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
/** After navigation the page's head has the focus: screen readers say where one is. */
function useFocusOnNavigation(): void {
  const { pathname } = useLocation();
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    document.getElementById('content')?.scrollTo(0, 0);
    const timer = setTimeout(() => document.querySelector<HTMLElement>('#content h1')?.focus({ preventScroll: true }), 60);
    return () => clearTimeout(timer);
  }, [pathname]);
}
export function Frame() {
  const t = useText();
  const session = useSession();
  const { pathname } = useLocation();
  const { directory } = useDirectory(); // also sets the centre's time zone
  const [open, setOpen] = useState(false);
  useFocusOnNavigation();
  useEffect(() => {
    if (!open) return;
    const close = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setOpen(false);
    };
    window.addEventListener('keydown', close);
    return () => window.removeEventListener('keydown', close);
  }, [open]);
  const takesCalls = session.permissions.has('AGENT_ACT') && Boolean(session.person?.agentId);
  return (
    <div className={classes.frame}>
      <a href="#content" className={classes.skip}>
        {t.nav.skip}
      </a>
      <aside className={classes.side} data-open={open || undefined}>
        <div className={classes.brand}>
          <Mark />
          <span className={classes.brandName}>{directory?.centre || t.product}</span>
        </div>
        <Navigation onGo={() => setOpen(false)} />
      </aside>
      {open ? <div className={classes.shade} onClick={() => setOpen(false)} /> : null}
      <div className={classes.main}>
        <header className={classes.header}>
          <button type="button" className={classes.burger} aria-label={open ? t.nav.close : t.nav.open} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? <IconX size={20} /> : <IconMenu2 size={20} />}
          </button>
          <div className={classes.agentBar}>
            {takesCalls ? (
              <ErrorBoundary place={pathname} small>
                <Suspense fallback={null}>
                  <AgentBar />
                </Suspense>
              </ErrorBoundary>
            ) : null}
          </div>
          <ConnectionDot />
          <LanguageButton />
          <ThemeMenu />
          <AccountMenu />
        </header>
        <ConnectionBanner />
        <main id="content" className={classes.content} tabIndex={-1}>
          <ErrorBoundary place={pathname}>
            <Outlet />
          </ErrorBoundary>
        </main>
      </div>
    </div>
  );
}
