// SPDX-License-Identifier: Apache-2.0
// Who sees what: nobody logged in -> the login page; a page that one may not see says so; else frame and page.
import { Loader } from '@mantine/core';
import { Suspense, lazy, useEffect, useState } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router-dom';
import { useSession } from '../api/session';
import { useText } from '../text';
import { ErrorBoundary } from './ErrorBoundary';
import { Frame } from './Frame';
import { Home } from './Home';
import { NotAllowed, NotFound } from './Missing';
import { pages, type PageRow } from './routes';
import { usePageTitle } from './title';

const Login = lazy(() => import('../pages/login'));

function Waiting() {
  const t = useText();
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 4000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div style={{ display: 'grid', placeItems: 'center', minHeight: '40vh' }} role="status" aria-label={t.table.loading}>
      <div style={{ textAlign: 'center', color: 'var(--far-text-soft)' }}>
        <Loader size="sm" color="gray" type="dots" />
        {long ? <p>{t.connection.connecting}</p> : null}
      </div>
    </div>
  );
}
function Opened({ row }: { readonly row: PageRow }) {
  const t = useText();
  const session = useSession();
  usePageTitle(row.title(t));
  if (!row.may(session)) return <NotAllowed />;
  const Page = row.page;
  return (
    <Suspense fallback={<Waiting />}>
      <Page />
    </Suspense>
  );
}
export function Gate() {
  const session = useSession();
  const { pathname, search } = useLocation();
  if (session.status === 'starting') return <Waiting />;
  if (session.status === 'anonymous') {
    const next = pathname === '/' || pathname === '/login' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
    return (
      <ErrorBoundary place="login">
        <Suspense fallback={<Waiting />}>
          <Routes>
            <Route path="/login" element={<Login />} />
            <Route path="*" element={<Navigate to={`/login${next}`} replace />} />
          </Routes>
        </Suspense>
      </ErrorBoundary>
    );
  }
  const asked = new URLSearchParams(search).get('next') ?? '';
  const next = /^\/(?!\/)/.test(asked) ? asked : '/';
  return (
    <Routes>
      <Route path="/login" element={<Navigate to={next} replace />} />
      {pages.filter((row) => row.bare).map((row) => (
        <Route key={row.path} path={row.path} element={<ErrorBoundary place={pathname}><Opened row={row} /></ErrorBoundary>} />
      ))}
      <Route element={<Frame />}>
        {pages.filter((row) => !row.bare).map((row) => (
          <Route key={row.path} path={row.path} element={<Opened row={row} />} />
        ))}
        <Route path="/" element={<Home />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}
