// SPDX-License-Identifier: Apache-2.0
// A report or a list as a file, made by the server in the language that is shown.
import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { okFetch } from '../api/client';
import { useLanguage, useText } from '../text';
import { exportText } from '../text/export';
import { notifyError } from './notify';

interface ExportMenuProps {
  /** Path and query of the route, without format and language. */
  readonly path: string;
  readonly disabled?: boolean;
}
/** Offer a file to the browser's downloads. */
function save(name: string, body: Blob): void {
  const url = URL.createObjectURL(body);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
/** The name that the server gave the file. */
export function fileName(disposition: string | null, standard: string): string {
  const coded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1];
  if (coded) return decodeURIComponent(coded);
  return /filename="?([^";]+)/i.exec(disposition ?? '')?.[1] ?? standard;
}
export function ExportMenu({ path, disabled }: ExportMenuProps) {
  const t = useText(exportText);
  const language = useLanguage();
  const [busy, setBusy] = useState(false);
  async function get(format: 'csv' | 'xlsx'): Promise<void> {
    setBusy(true);
    try {
      const reply = await okFetch(`${path}${path.includes('?') ? '&' : '?'}format=${format}&lang=${language}`);
      save(fileName(reply.headers.get('Content-Disposition'), `farseat.${format}`), await reply.blob());
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={busy} disabled={disabled ?? false}>
          {t.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void get('xlsx')}>{t.xlsx}</Menu.Item>
        <Menu.Item onClick={() => void get('csv')}>{t.csv}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
