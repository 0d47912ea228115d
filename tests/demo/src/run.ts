// SPDX-License-Identifier: Apache-2.0
// Programs that are run to their end.
import { execFile } from "node:child_process";

export interface Ran { code: number; out: string; err: string }

export function run(file: string, args: string[], timeoutMs = 20000): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      const late = error?.killed ? `${file} did not end within ${timeoutMs / 1000} s` : "";
      const code = !error ? 0 : typeof error.code === "number" ? error.code : 127;
      resolve({ code, out, err: err.trim() || late || (error && typeof error.code !== "number" ? error.message : "") });
    });
  });
}
