// SPDX-License-Identifier: Apache-2.0
// What an agent's browser loads (login and desk, the phone included), compressed; fails above the limit.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_KB = 300;
const ENTRIES = ['index.html', 'src/pages/login/index.tsx', 'src/pages/agent/index.tsx', 'src/pages/agent/AgentBar.tsx', 'src/phone/sip.ts'];
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('assets/manifest.json', dist), 'utf8'));

const files = new Set(['index.html']);
function add(key) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const other of chunk.imports ?? []) add(other);
}
ENTRIES.forEach(add);
let total = 0;
for (const file of files) {
  const bytes = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${file}`);
}
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB  in all for an agent; the limit is ${LIMIT_KB} kB`);
if (total > LIMIT_KB * 1000) {
  console.error(`too large by ${(total / 1000 - LIMIT_KB).toFixed(1)} kB: move what an agent does not need into a page of its own`);
  process.exit(1);
}
