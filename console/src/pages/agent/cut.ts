// SPDX-License-Identifier: Apache-2.0
/** The longest beginning of a text that has so many bytes in UTF-8, without half a character. Pure. */
export function cutBytes(text: string, bytes: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= bytes) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    used += encoder.encode(character).length;
    if (used > bytes) break;
    out += character;
  }
  return out;
}
