// SPDX-License-Identifier: Apache-2.0
// The files of a zip, as spreadsheets are: read by the directory at its end.
import { inflateRawSync } from "node:zlib";

export function unzip(bytes: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const end = bytes.length - 22; // without a comment behind it
  if (end < 0 || bytes.readUInt32LE(end) !== 0x06054b50) throw new Error("no zip");
  let at = bytes.readUInt32LE(end + 16);
  for (let i = 0; i < bytes.readUInt16LE(end + 10); i++) {
    const method = bytes.readUInt16LE(at + 10), length = bytes.readUInt32LE(at + 20), name = bytes.readUInt16LE(at + 28);
    const skipped = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32), local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(from, from + length);
    files.set(bytes.subarray(at + 46, at + 46 + name).toString("utf8"), (method === 8 ? inflateRawSync(data) : data).toString("utf8"));
    at += 46 + name + skipped;
  }
  return files;
}
