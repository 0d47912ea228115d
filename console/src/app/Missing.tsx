// SPDX-License-Identifier: Apache-2.0
import { Link } from 'react-router-dom';
import { Page } from '../parts/Page';
import { useText } from '../text';
import { usePageTitle } from './title';

export function NotFound() {
  const t = useText();
  usePageTitle(t.notFound.title);
  return (
    <Page title={t.notFound.title} lead={t.notFound.more}>
      <Link to="/">{t.notFound.home}</Link>
    </Page>
  );
}
export function NotAllowed() {
  const t = useText();
  return (
    <Page title={t.notAllowed.title} lead={t.notAllowed.more}>
      <Link to="/">{t.notFound.home}</Link>
    </Page>
  );
}
