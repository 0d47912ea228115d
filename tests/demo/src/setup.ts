// SPDX-License-Identifier: Apache-2.0
// The demo's centre put into force, its people made, its phones registered, its agents ready.
import * as fs from "node:fs";
import { join } from "node:path";
import { Api } from "./api";
import { AgentPhone, BaresipPhone, PhoneSettings, SippPhone } from "./phones";
import { run } from "../../lib/deployment";
import { Settings, Wrong } from "./settings";
import { Sound } from "../../lib/sound";
import { AGENT_HZ, CALLER_HZ } from "./stories";

export const CENTRE_NAME = "Farseat demo";
export const TIME_ZONE = "Asia/Shanghai";
export interface DemoAgent {
  id: string;
  phone: string;
  site: string;
  kind: "baresip" | "sipp";
}
export const AGENTS: DemoAgent[] = [
  { id: "a1", phone: "8001", site: "hq", kind: "baresip" },
  { id: "a2", phone: "8002", site: "hq", kind: "sipp" },
  { id: "a3", phone: "8003", site: "branch", kind: "sipp" },
];
export const CALLER_PHONE = "8100";

export const phoneSecretFile = (settings: Settings, phone: string): string => join(settings.varFolder, "secrets/phones", phone);
export const passwordFile = (settings: Settings, login: string): string => join(settings.varFolder, "secrets/people", login);

async function ctl(what: string, args: string[]): Promise<string> {
  const ran = await run("farseatctl", args, 30000);
  if (ran.code !== 0) throw new Wrong(`${what} failed: ${ran.err || ran.out}`, "look at ./farseat status and ./farseat logs");
  return ran.out;
}

/** A centre of one's own is not replaced without being asked. */
export async function centreApply(settings: Settings): Promise<string> {
  const inForce = JSON.parse(await ctl("reading the configuration", ["get", "config", "-o", "json"])) as {
    config?: { centre?: { name?: string } };
  };
  const name = inForce.config?.centre?.name ?? "";
  if (name && name !== CENTRE_NAME && !settings.replace)
    throw new Wrong(
      `another centre, '${name}', is in force; the demo would replace it`,
      "./farseat demo --replace, or a place of its own: ./farseat --var DIR --port-base N demo"
    );
  // The recorders' ports are those of cli/services.txt.
  const services = fs.readFileSync(join(settings.tree, "cli/services.txt"), "utf8");
  const text = fs
    .readFileSync(join(settings.tree, "tests/demo/centre.yaml.in"), "utf8")
    .replace(/@RECORDING_(\d)@/g, (_, number: string) => {
      const offset = new RegExp(`^recording-${number} .* SIP_PORT=\\+(\\d+)`, "m").exec(services);
      if (!offset) throw new Wrong(`cli/services.txt has no recording-${number} with a SIP_PORT`, "restore it");
      return String(settings.portBase + Number(offset[1]));
    });
  const file = join(settings.folder, "centre.yaml");
  fs.writeFileSync(file, text);
  const out = await ctl("applying the demo's centre", [
    "apply",
    "-f",
    file,
    "--secrets-out",
    join(settings.varFolder, "secrets/phones"),
    "--note",
    "demo",
  ]);
  return out.trim().split("\n").pop() ?? "";
}

function password(settings: Settings, login: string): string {
  const file = passwordFile(settings, login);
  fs.mkdirSync(join(settings.varFolder, "secrets/people"), { recursive: true, mode: 0o700 });
  if (!fs.existsSync(file)) {
    const bytes = fs.readFileSync("/proc/sys/kernel/random/uuid", "utf8").trim();
    fs.writeFileSync(file, `${bytes}\n`, { mode: 0o600 });
  }
  return fs.readFileSync(file, "utf8").trim();
}

/** Agents' persons, each with a generated password, and the API as each of them. */
export async function peopleMake(settings: Settings): Promise<Map<string, Api>> {
  const apis = new Map<string, Api>();
  for (const agent of AGENTS) {
    const secret = password(settings, agent.id);
    await ctl(`making the person ${agent.id}`, [
      "person",
      "add",
      agent.id,
      "--agent",
      agent.id,
      "--roles",
      "agent",
      "--name",
      `Agent ${agent.id}`,
      "--password-file",
      passwordFile(settings, agent.id),
    ]);
    apis.set(agent.id, new Api(settings.api, agent.id, secret));
  }
  return apis;
}

export function phonesMake(settings: Settings, sound: Sound): AgentPhone[] {
  const tones = Array.from({ length: settings.calls }, (_, i) => CALLER_HZ(i));
  return AGENTS.map((agent) => {
    const one: PhoneSettings = {
      agent: agent.id,
      phone: agent.phone,
      secret: fs.readFileSync(phoneSecretFile(settings, agent.phone), "utf8").trim(),
      edge: settings.edges[agent.site] as string,
      folder: settings.folder,
      hz: AGENT_HZ[agent.id] as number,
      tones,
    };
    return agent.kind === "baresip" ? new BaresipPhone(one) : new SippPhone(one, sound);
  });
}
