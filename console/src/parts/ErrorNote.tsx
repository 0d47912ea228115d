// SPDX-License-Identifier: Apache-2.0
import { Alert, Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { errorText } from '../api/errors';
import { useText } from '../text';

/** What went wrong, in words, with a way to try again. */
export function ErrorNote({ error, retry }: { readonly error: unknown; readonly retry?: (() => void) | undefined }) {
  const t = useText();
  if (!error) return null;
  const { title, detail } = errorText(error, t);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={title} role="alert">
      {detail ? <span lang="en">{detail}</span> : null}
      {retry ? (
        <div style={{ marginTop: 8 }}>
          <Button size="xs" variant="default" onClick={retry}>
            {t.action.retry}
          </Button>
        </div>
      ) : null}
    </Alert>
  );
}
