// SPDX-License-Identifier: Apache-2.0
// What stories use of Node.js beside tests/lib/node.d.ts.
declare const require: { resolve(name: string): string };
declare class URL {
  constructor(url: string, base?: string);
  readonly pathname: string;
  readonly search: string;
}
