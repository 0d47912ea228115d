// SPDX-License-Identifier: Apache-2.0
// The configuration's keys in YAML (centre.yaml) and JSON (the API): snake_case and camelCase. Pure.
function rename(value: unknown, key: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => rename(one, key));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, one]) => [key(name), rename(one, key)]));
  return value;
}
export function toYamlKeys(value: unknown): unknown {
  return rename(value, (text) => text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
export function toJsonKeys(value: unknown): unknown {
  return rename(value, (text) => text.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()));
}
