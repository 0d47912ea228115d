// SPDX-License-Identifier: Apache-2.0
// A fault of one page stays on that page. A part that is not on the server any more means a newer console.
import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { Page } from '../parts/Page';
import { textNow } from '../text';

interface Props {
  readonly place: string; // a new place forgets the fault
  readonly small?: boolean; // for a part of the frame: a word only
  readonly children: ReactNode;
}
export class ErrorBoundary extends Component<Props, { error: Error | undefined; place: string }> {
  override state = { error: undefined as Error | undefined, place: this.props.place };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  static getDerivedStateFromProps(props: Props, state: { place: string }) {
    return props.place === state.place ? null : { error: undefined, place: props.place };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const t = textNow();
    if (this.props.small) return <span lang="en" title={error.message}>{t.fault.title}</span>;
    const newer = /dynamically imported module|preload|module script/i.test(error.message);
    return (
      <Page title={newer ? t.fault.newer : t.fault.title} lead={newer ? t.fault.newerMore : t.fault.more}>
        <Button onClick={() => location.reload()}>{t.fault.reload}</Button>
        {newer ? null : (
          <pre lang="en" style={{ marginTop: 16, whiteSpace: 'pre-wrap', color: 'var(--far-text-soft)', fontSize: 12 }}>
            {error.message}
          </pre>
        )}
      </Page>
    );
  }
}
