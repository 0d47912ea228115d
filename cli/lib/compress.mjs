// SPDX-License-Identifier: Apache-2.0
// compress.mjs FOLDER: puts a .br and a .gz beside each file that gets smaller by it, so that the gateway need not compress.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXT = /\.(html|js|mjs|css|svg|json|txt|map|webmanifest|wasm)$/;
const BYTES_MIN = 512; // below it a header costs more than it saves

const brotli = (data) => brotliCompressSync(data, { params: {
  [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } });
const packers = [[".br", brotli], [".gz", (data) => gzipSync(data, { level: 9 })]];

function pack(folder, sum) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) pack(path, sum);
    else if (TEXT.test(name)) {
      const data = readFileSync(path);
      if (data.length < BYTES_MIN) continue;
      for (const [ending, packer] of packers) {
        const packed = packer(data);
        if (packed.length >= data.length) continue;
        writeFileSync(path + ending, packed);
        if (ending === ".br") sum.packed += packed.length;
      }
      sum.files++;
      sum.bytes += data.length;
    }
  }
  return sum;
}

const folder = process.argv[2];
if (!folder) {
  console.error("compress.mjs FOLDER: the folder of a built console");
  process.exit(2);
}
const sum = pack(folder, { files: 0, bytes: 0, packed: 0 });
console.log(`${sum.files} files, ${sum.bytes} bytes, ${sum.packed} as brotli`);
