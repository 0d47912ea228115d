// SPDX-License-Identifier: Apache-2.0
// Every page, a row each. A page is a folder in pages/ with a default export; it loads when it is opened.
import { IconActivityHeartbeat, IconChartBar, IconHeadset, IconLayoutDashboard, IconListSearch, IconPhone, IconSettings, IconUser } from '@tabler/icons-react';
import { lazy, type ComponentType } from 'react';
import type { Session } from '../api/session';
import type { Text } from '../text';

export type Group = 'work' | 'insight' | 'manage';
export interface PageRow {
  /** As the router reads it; a page with pages of its own ends in "/*". */
  readonly path: string;
  readonly title: (t: Text) => string;
  /** Both: it stands in the navigation, in the order of the rows. */
  readonly group?: Group;
  readonly icon?: ComponentType<{ size?: number | string; stroke?: number | string }>;
  /** Who may open it. */
  readonly may: (session: Session) => boolean;
  readonly page: ComponentType;
  /** Without the frame around it: a wall. */
  readonly bare?: boolean;
}
const isAgent = (session: Session): boolean => session.permissions.has('AGENT_ACT') && Boolean(session.person?.agentId);
export const may = (permission: string) => (session: Session): boolean => session.permissions.has(permission);

export const maySetUp = (session: Session): boolean => session.permissions.has('CONFIG_WRITE') && session.permissions.has('PEOPLE');

export const pages: readonly PageRow[] = [
  { path: '/agent', title: (t) => t.nav.agent, group: 'work', icon: IconHeadset, may: isAgent, page: lazy(() => import('../pages/agent')) },
  { path: '/wallboard', title: (t) => t.nav.wallboard, group: 'insight', icon: IconLayoutDashboard, may: may('LIVE_READ'), page: lazy(() => import('../pages/wallboard')) },
  { path: '/wall', title: (t) => t.nav.wallboard, may: may('LIVE_READ'), page: lazy(() => import('../pages/wallboard/Wall')), bare: true },
  { path: '/contacts', title: (t) => t.nav.contacts, group: 'insight', icon: IconListSearch, may: may('CONTACT_READ'), page: lazy(() => import('../pages/contacts')) },
  { path: '/contact/:contactId', title: (t) => t.nav.contact, may: may('LIVE_READ'), page: lazy(() => import('../pages/contact')) },
  { path: '/reports', title: (t) => t.nav.reports, group: 'insight', icon: IconChartBar, may: may('REPORT_READ'), page: lazy(() => import('../pages/reports')) },
  { path: '/admin/*', title: (t) => t.nav.admin, group: 'manage', icon: IconSettings, may: may('CONFIG_READ'), page: lazy(() => import('../pages/admin')) },
  { path: '/setup', title: (t) => t.nav.setup, may: maySetUp, page: lazy(() => import('../pages/setup')) },
  { path: '/my-phone', title: (t) => t.nav.myPhone, icon: IconPhone, may: isAgent, page: lazy(() => import('../pages/my-phone')) },
  { path: '/account', title: (t) => t.nav.account, icon: IconUser, may: () => true, page: lazy(() => import('../pages/account')) },
  { path: '/system', title: (t) => t.nav.system, group: 'manage', icon: IconActivityHeartbeat, may: may('SYSTEM_READ'), page: lazy(() => import('../pages/system')) },
];
/** The address of a row in the navigation. */
export function addressOf(row: PageRow): string {
  return row.path.replace(/\/\*$/, '');
}
/** Where somebody begins. */
export function homeOf(session: Session): string | undefined {
  const first = pages.find((row) => row.group && row.may(session));
  return first ? addressOf(first) : undefined;
}
