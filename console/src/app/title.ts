// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'react';

let page = '';
let ahead = '';
function show(): void {
  document.title = `${ahead ? `${ahead} ` : ''}${page ? `${page} · ` : ''}Farseat`;
}
/** The tab's title while the page is open. A page may call it again with something more precise (a contact's number). */
export function usePageTitle(title: string): void {
  useEffect(() => {
    page = title;
    show();
  }, [title]);
}
/** Something before every title, e.g. a call that rings; "" takes it away. */
export function titleAhead(text: string): void {
  ahead = text;
  show();
}
