// SPDX-License-Identifier: Apache-2.0
// The deployment that the tests run against: `./farseat test` starts one and points FARSEAT_* at it.
import { execFile, spawn, ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Api, Http, originOf } from "./http";
import { nowMs, until } from "./wait";

export interface Address { host: string; port: number }
export interface Ran { code: number; out: string; err: string }

function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by './farseat test integration' or 'chaos', or after eval "$(./farseat env)"`);
  return value;
}

export function run(file: string, args: string[], timeoutMs = 30000): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: timeoutMs, maxBuffer: 256 * 1024 * 1024 }, (error, out, err) => {
      const code = error ? (typeof error.code === "number" ? error.code : 127) : 0;
      resolve({ code, out, err: error && typeof error.code !== "number" ? `${err}${error.message}` : err });
    });
  });
}

export class Deployment {
  readonly varDir = need("FARSEAT_VAR");
  readonly portBase = Number(need("FARSEAT_PORT_BASE"));
  readonly kafka = need("FARSEAT_KAFKA");
  readonly tree = process.env["FARSEAT_TREE"] ?? dirname(dirname(__dirname));
  readonly api: Api;
  readonly edges = new Map<string, Address>();
  private readonly rows = new Map<string, Record<string, string>>();
  private readonly taken = new Set<string>();
  private admin = "";
  private adminUntil = 0;

  constructor() {
    const { host, port, ca } = originOf(need("FARSEAT_API"), need("FARSEAT_CA"));
    this.api = new Api(host, port, ca);
    for (const part of need("FARSEAT_EDGES").split(",")) {
      const [, site, edgeHost, edgePort] = /^([^=]+)=([^:]+):(\d+)$/.exec(part) ?? [];
      this.edges.set(site ?? "", { host: edgeHost ?? "", port: Number(edgePort) });
    }
    for (const line of readFileSync(join(this.tree, "cli/services.txt"), "utf8").split("\n")) {
      const words = line.replace(/#.*/, "").trim().split(/\s+/);
      if (words.length < 3) continue;
      this.rows.set(words[0] as string, Object.fromEntries(words.slice(3).map((word) => word.split("=") as [string, string])));
    }
  }

  services(): string[] {
    return [...this.rows.keys()];
  }
  /** A setting of a service as a port. */
  port(name: string, key: string): number {
    const value = this.rows.get(name)?.[key] ?? "";
    return value.startsWith("+") ? this.portBase + Number(value.slice(1)) : Number(value);
  }
  edge(site: string): Address {
    const address = this.edges.get(site);
    if (!address) throw new Error(`there is no edge at site ${site}`);
    return address;
  }

  // --- processes --------------------------------------------------------------------------------------------------
  private pidOf(file: string): number {
    const path = join(this.varDir, "run", file);
    return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  }
  pid(name: string): number {
    return this.pidOf(`${name}.pid`);
  }
  alive(pid: number): boolean {
    try {
      return pid > 0 && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return false;
    }
  }
  /** kill -9; its supervisor starts another. @return when. */
  kill(name: string, signal = "SIGKILL"): number {
    const pid = this.pid(name);
    if (!this.alive(pid)) throw new Error(`${name} does not run`);
    process.kill(pid, signal);
    return nowMs();
  }
  /** kill -9, and its supervisor is stopped meanwhile. */
  takeAway(name: string): number {
    process.kill(this.pidOf(`${name}.supervisor.pid`), "SIGSTOP");
    this.taken.add(name);
    return this.kill(name);
  }
  /** The supervisor goes on, and starts it again. */
  giveBack(name: string): void {
    process.kill(this.pidOf(`${name}.supervisor.pid`), "SIGCONT");
    this.taken.delete(name);
  }
  /** What a test that failed has not given back. */
  giveAllBack(): void {
    for (const name of this.taken) this.giveBack(name);
  }
  /** Waits until another process of this name than pid is ready. */
  async restarted(name: string, pid: number, ms = 30000): Promise<void> {
    await until(`${name} with another pid than ${pid}`, ms, () => this.pid(name) !== pid && this.alive(this.pid(name)));
    await this.ready(name, ms);
  }
  rssKb(name: string): number {
    const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid(name)}/status`, "utf8")) ?? [];
    return Number(kb);
  }

  // --- health -----------------------------------------------------------------------------------------------------
  async look(name: string, path: string): Promise<{ status: number; text: string }> {
    const http = new Http("127.0.0.1", this.port(name, "HTTP_PORT"));
    try {
      const answer = await http.ask("GET", path, { timeoutMs: 3000 });
      return { status: answer.status, text: answer.text };
    } finally {
      http.end();
    }
  }
  async ready(name: string, ms = 30000): Promise<void> {
    await until(`${name} being ready`, ms, async () => (await this.look(name, "/readyz")).status === 200);
  }
  async allReady(ms = 60000): Promise<void> {
    for (const name of this.services()) await this.ready(name, ms);
  }
  /** A figure of /metrics: the sum over its labels. */
  async metric(name: string, metric: string): Promise<number> {
    const page = (await this.look(name, "/metrics")).text;
    const values = page.split("\n").filter((line) => line.startsWith(metric) && /^[{ ]/.test(line.slice(metric.length)));
    if (values.length === 0) throw new Error(`${name} has no metric ${metric}`);
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  // --- people and tools -------------------------------------------------------------------------------------------
  adminPassword(): string {
    return readFileSync(need("FARSEAT_ADMIN_PASSWORD_FILE"), "utf8").trim();
  }
  async adminToken(): Promise<string> {
    if (nowMs() > this.adminUntil) {
      const login = await this.api.login("admin", this.adminPassword());
      this.admin = login.accessToken;
      this.adminUntil = nowMs() + (login.expiresInS - 60) * 1000;
    }
    return this.admin;
  }
  /** A question by the administrator, who may do everything. */
  async asAdmin(method: string, path: string, body?: unknown): Promise<any> {
    return this.api.good(method, path, { token: await this.adminToken(), ...(body === undefined ? {} : { body }) });
  }
  ctl(...args: string[]): Promise<Ran> {
    return run("farseatctl", args);
  }
  async ctlGood(...args: string[]): Promise<string> {
    const ran = await this.ctl(...args);
    if (ran.code !== 0) throw new Error(`farseatctl ${args.join(" ")}: ${ran.code} ${ran.err}`);
    return ran.out;
  }
  /** farseatctl watch ... -o json: facts as they come, until stop. */
  watch(...args: string[]): { facts: any[]; stop: () => void } {
    const child: ChildProcess = spawn("farseatctl", ["watch", ...args, "-o", "json"], { stdio: ["ignore", "pipe", "inherit"] });
    const facts: any[] = [];
    let rest = "", object = "";
    child.stdout?.on("data", (chunk) => {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        object += line;
        if (!line.startsWith("}") && !(line.startsWith("{") && line.endsWith("}"))) continue; // an object may take many lines
        facts.push(JSON.parse(object));
        object = "";
      }
    });
    return { facts, stop: () => void child.kill() };
  }
  leader(): Promise<string> {
    return until("a leader of the ACD", 15000, async () => {
      const status = JSON.parse(await this.ctlGood("get", "status", "-o", "json"));
      return (status.leader as string) || undefined;
    });
  }
}
