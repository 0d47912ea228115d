// SPDX-License-Identifier: Apache-2.0
// How the two tables of a text belong together. Pure.
export type Language = 'en' | 'zh';
export const languages: readonly Language[] = ['zh', 'en'];

/** The other language's table: the same keys; a function takes the same arguments. */
export type Same<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer A) => string
      ? (...args: A) => string
      : Same<T[K]>;
};
/** A page's own text: `export const agentText = { en, zh }`. */
export interface Piece<T> {
  readonly en: T;
  readonly zh: Same<T>;
}
export interface Label {
  readonly zh?: string;
  readonly en?: string;
}
/** What people named, in the language asked for, else in the other, else its id. */
export function labelText(label: Label | undefined, language: Language, id: string): string {
  const other: Language = language === 'zh' ? 'en' : 'zh';
  return label?.[language] || label?.[other] || id;
}
