// SPDX-License-Identifier: Apache-2.0
// The language that the console speaks: chosen here, else the person's own, else the browser's.
import { useSyncExternalStore } from 'react';
import type { Language } from './table';

const KEY = 'farseat.language';
const listeners = new Set<() => void>();

function known(text: string | null | undefined): Language | undefined {
  if (!text) return undefined;
  if (text.toLowerCase().startsWith('zh')) return 'zh';
  return text.toLowerCase().startsWith('en') ? 'en' : undefined;
}
let chosen = known(localStorage.getItem(KEY));
let current: Language = chosen ?? known(navigator.language) ?? 'en';

function take(language: Language): void {
  current = language;
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const listener of listeners) listener();
}
take(current);
window.addEventListener('storage', (event) => {
  const language = event.key === KEY ? known(event.newValue) : undefined;
  if (language) take((chosen = language));
});

export function language(): Language {
  return current;
}
export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  take((chosen = language));
}
/** The person's own language, from his profile; a choice made in this browser goes before it. */
export function suggestLanguage(text: string | undefined): void {
  const language = known(text);
  if (language && !chosen) take(language);
}
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, language);
}
