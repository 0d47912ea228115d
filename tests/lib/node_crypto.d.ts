// SPDX-License-Identifier: Apache-2.0
// What of node:crypto speaks to the bus and to doors.
declare module "node:crypto" {
  interface Hmac { update(data: string | Uint8Array): Hmac; digest(encoding: "hex" | "base64"): string }
  export interface KeyObject { export(options: { format: "der"; type: "spki" }): Buffer }
  export function createHmac(name: "sha256", key: Uint8Array): Hmac;
  export function createPrivateKey(key: { key: Uint8Array; format: "der"; type: "pkcs8" }): KeyObject;
  export function createPublicKey(key: KeyObject): KeyObject;
  export function sign(algorithm: null, data: Uint8Array, key: KeyObject): Buffer;
}
