// SPDX-License-Identifier: Apache-2.0
/** A reply as the gateway writes it: every number, text and list is there; only messages within may be absent. */
export type Full<T> = T extends readonly (infer U)[]
  ? Full<U>[]
  : T extends object
    ? {
        [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[]
          ? Full<NonNullable<T[K]>>
          : NonNullable<T[K]> extends object
            ? Full<NonNullable<T[K]>> | undefined
            : NonNullable<T[K]>;
      }
    : T;
