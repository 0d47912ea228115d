// SPDX-License-Identifier: Apache-2.0
// Administration: a part a section of the configuration, and what belongs to it but is kept elsewhere (parts.tsx).
import { Navigate, NavLink, Route, Routes } from 'react-router-dom';
import { useSession } from '../../api/session';
import { Page } from '../../parts/Page';
import { useText } from '../../text';
import { adminText } from '../../text/admin';
import { adminPartsText } from '../../text/adminParts';
import classes from './admin.module.css';
import { ChangeBar } from './ChangeBar';
import { parts } from './parts';
import { SectionPage } from './SectionPage';
import { sectionKeys, type SectionKey } from './sections';
import { useConfigDraft } from './useConfigDraft';

type GroupName = 'people' | 'routing' | 'lines' | 'centre' | 'record';
const order: readonly (readonly [GroupName, readonly string[]])[] = [
  ['people', ['people', 'agents', 'skills', 'teams']],
  ['routing', ['queues', 'numbers', 'flows', 'prompts', 'reasons', 'dispositions', 'businessTypes']],
  ['lines', ['phones', 'sites', 'trunks', 'recorders']],
  ['centre', ['centre', 'targets']],
  ['record', ['history', 'audit']],
];
export default function Admin() {
  const t = useText(adminText);
  const ofParts = useText(adminPartsText);
  const draft = useConfigDraft();
  const session = useSession();
  const allowed = parts.filter((part) => session.permissions.has(part.may));
  const titleOf = (key: string): string | undefined => {
    if ((sectionKeys as readonly string[]).includes(key)) return t.section[key as SectionKey];
    return allowed.find((part) => part.key === key)?.title(ofParts);
  };
  const changesIn = (key: string): number => draft.changes.filter((change) => change.section === key).length;
  return (
    <Page title={t.title} lead={t.lead} wide>
      <div className={classes.layout}>
        <nav className={classes.menu} aria-label={t.sectionsLabel}>
          {order.map(([group, keys]) => {
            const shown = keys.filter((key) => titleOf(key) !== undefined);
            return shown.length === 0 ? null : (
              <div key={group}>
                <p>{t.group[group]}</p>
                <ul>
                  {shown.map((key) => (
                    <li key={key}>
                      <NavLink to={`/admin/${key}`}>
                        {titleOf(key)}
                        {changesIn(key) > 0 ? <span className={classes.dot}>{changesIn(key)}</span> : null}
                      </NavLink>
                    </li>
                  ))}
                </ul>
              </div>
            );
          })}
        </nav>
        <div>
          <Routes>
            {sectionKeys.map((key) => (
              <Route key={key} path={key} element={<SectionPage key={key} draft={draft} section={key} />} />
            ))}
            {allowed.map((part) => (
              <Route key={part.key} path={part.key} element={<part.page draft={draft} />} />
            ))}
            <Route path="*" element={<Navigate to="/admin/agents" replace />} />
          </Routes>
          <ChangeBar draft={draft} />
        </div>
      </div>
    </Page>
  );
}
