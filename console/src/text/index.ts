// SPDX-License-Identifier: Apache-2.0
import { en } from './en';
import { language as currentLanguage, useLanguage } from './language';
import type { Piece, Same } from './table';
import { zh } from './zh';

export type Text = Same<typeof en>;
const shared: Piece<typeof en> = { en, zh };

/** The text of a piece in the language that is spoken; without an argument the shared one. */
export function useText(): Text;
export function useText<T>(piece: Piece<T>): Same<T>;
export function useText<T>(piece?: Piece<T>): Text | Same<T> {
  const language = useLanguage();
  return (piece ?? shared)[language] as Text | Same<T>;
}
/** Outside of components: the shared text as it is now. */
export function textNow(): Text {
  return shared[currentLanguage()];
}
export { chooseLanguage, language, suggestLanguage, useLanguage } from './language';
export { languages, labelText, type Label, type Language, type Piece, type Same } from './table';
export { useFormat, type Format } from './useFormat';
