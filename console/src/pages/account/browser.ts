// SPDX-License-Identifier: Apache-2.0
/** A User-Agent as people know it: "Chrome, Windows". Pure; only for showing. */
export function browserName(agent: string): string {
  const browsers: [RegExp, string][] = [
    [/\bEdg\//, 'Edge'],
    [/\bOPR\//, 'Opera'],
    [/\bFirefox\//, 'Firefox'],
    [/\b(Headless)?Chrom(e|ium)\//, 'Chrome'],
    [/\bSafari\//, 'Safari'],
    [/\bcurl\//, 'curl'],
  ];
  const systems: [RegExp, string][] = [
    [/Windows/, 'Windows'],
    [/iPhone|iPad/, 'iOS'],
    [/Android/, 'Android'],
    [/Mac OS X/, 'macOS'],
    [/Linux/, 'Linux'],
  ];
  const browser = browsers.find(([mark]) => mark.test(agent))?.[1];
  const system = systems.find(([mark]) => mark.test(agent))?.[1];
  return [browser, system].filter(Boolean).join(', ') || agent.slice(0, 40);
}
