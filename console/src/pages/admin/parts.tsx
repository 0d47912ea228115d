// SPDX-License-Identifier: Apache-2.0
// Administration's parts that are no section of the configuration: a row a part.
import type { ComponentType } from 'react';
import type { Same } from '../../text';
import type { adminPartsText } from '../../text/adminParts';
import { Audit } from './Audit';
import { History } from './History';
import { People } from './People';
import { Prompts } from './Prompts';
import type { ConfigDraft } from './useConfigDraft';

export interface Part {
  readonly key: string;
  readonly title: (t: Same<(typeof adminPartsText)['en']>) => string;
  readonly may: string;
  readonly page: ComponentType<{ readonly draft: ConfigDraft }>;
}
export const parts: readonly Part[] = [
  { key: 'people', title: (t) => t.people.title, may: 'PEOPLE', page: People },
  { key: 'prompts', title: (t) => t.prompts.title, may: 'CONFIG_READ', page: Prompts },
  { key: 'history', title: (t) => t.history.title, may: 'CONFIG_READ', page: History },
  { key: 'audit', title: (t) => t.audit.title, may: 'AUDIT_READ', page: Audit },
];
