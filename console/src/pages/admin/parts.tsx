// SPDX-License-Identifier: Apache-2.0
// Administration's parts that are no section of the configuration: a row a part.
import type { ComponentType } from 'react';
import type { Same } from '../../text';
import type { adminText } from '../../text/admin';
import type { ConfigDraft } from './useConfigDraft';

export interface Part {
  readonly key: string;
  readonly title: (t: Same<(typeof adminText)['en']>) => string;
  readonly may: string;
  readonly page: ComponentType<{ readonly draft: ConfigDraft }>;
}
export const parts: readonly Part[] = [];
