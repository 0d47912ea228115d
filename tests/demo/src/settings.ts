// SPDX-License-Identifier: Apache-2.0
// What runs and where, as `farseat env` says, and the demo's own options.
import * as fs from "node:fs";
import { join } from "node:path";
import { CALLS_MAX, TWELVE } from "./stories";

export interface Settings {
  tree: string;
  folder: string; // the demo's files, made anew by each run
  varFolder: string;
  api: string;
  kafka: string;
  edges: Record<string, string>; // by site: host:port
  portBase: number;
  adminPassword: string;
  calls: number;
  kill: boolean;
  replace: boolean;
  json: string;
}

export class Wrong extends Error {
  constructor(what: string, readonly remedy: string) {
    super(what);
  }
}

const USAGE = "./farseat demo [--json FILE] [--no-kill] [--calls N] [--replace]";

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Wrong(`${name} is not set`, "start the demo by ./farseat demo");
  return value;
}

export function settingsRead(): Settings {
  const options = { calls: TWELVE.length, kill: true, replace: false, json: "" };
  const args = process.argv.slice(2);
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    if (arg === "--no-kill") options.kill = false;
    else if (arg === "--replace") options.replace = true;
    else if (arg === "--json") options.json = args.shift() ?? "";
    else if (arg === "--calls") options.calls = Number(args.shift());
    else throw new Wrong(`the demo has no option '${arg}'`, USAGE);
    if (arg === "--json" && !options.json) throw new Wrong("--json needs a file", USAGE);
  }
  if (!Number.isInteger(options.calls) || options.calls < TWELVE.length || options.calls > CALLS_MAX)
    throw new Wrong(`--calls must be a number from ${TWELVE.length} to ${CALLS_MAX}`, USAGE);
  const varFolder = env("FARSEAT_VAR");
  const edges = Object.fromEntries(
    env("FARSEAT_EDGES")
      .split(",")
      .map((pair) => pair.split("=") as [string, string])
  );
  for (const site of ["hq", "branch"])
    if (!edges[site]) throw new Wrong(`there is no edge at the site ${site}`, "cli/services.txt names edge-hq and edge-branch");
  return {
    ...options,
    tree: join(__dirname, "../../../.."),
    varFolder,
    folder: join(varFolder, "demo"),
    api: env("FARSEAT_API"),
    kafka: env("FARSEAT_KAFKA"),
    edges,
    portBase: Number(env("FARSEAT_PORT_BASE")),
    adminPassword: fs.readFileSync(env("FARSEAT_ADMIN_PASSWORD_FILE"), "utf8").trim(),
  };
}
