// SPDX-License-Identifier: Apache-2.0
// A phone whose signalling is sipp's (scenarios of tests/integration/edge/sipp) and whose sound is ours.
import { ChildProcess, spawn } from "node:child_process";
import * as dgram from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Address } from "./deployment";
import { until, within } from "./wait";

export function freePort(host = "127.0.0.1"): Promise<number> {
  const socket = dgram.createSocket("udp4");
  return new Promise((resolve) => socket.bind(0, host, () => {
    const { port } = socket.address();
    socket.close(() => resolve(port));
  }));
}

export class Sipp {
  private readonly dir = mkdtempSync(join(tmpdir(), "farseat-sipp."));
  private child!: ChildProcess;
  private ended!: Promise<number>;

  /** values: sipp's own options. */
  static start(tree: string, scenario: string, edge: Address, host: string, port: number, values: string[]): Sipp {
    const self = new Sipp(), file = join(tree, "tests/integration/edge/sipp", `${scenario}.xml`);
    self.child = spawn("sipp", [`${edge.host}:${edge.port}`, "-sf", file, "-i", host, "-p", String(port), "-m", "1", "-nostdin", "-trace_err", "-error_file",
      join(self.dir, "errors"), "-timeout", "60", "-timeout_error", "-set", "dir", self.dir, "-set", "name", "phone", ...values], { stdio: "ignore" });
    self.ended = new Promise((resolve) => self.child.on("exit", (code) => resolve(code ?? 1)));
    return self;
  }
  /** The other side's port for sound, once sipp has seen its SDP. */
  rtp(ms: number): Promise<number> {
    const file = join(this.dir, "phone.rtp");
    return until("an SDP at sipp", ms, () => existsSync(file) && Number(readFileSync(file, "utf8")), 20);
  }
  /** Waits for its end; it must have gone as the scenario says. */
  async end(ms: number): Promise<void> {
    const code = await within("sipp's end", ms, this.ended), errors = join(this.dir, "errors");
    const text = existsSync(errors) ? readFileSync(errors, "utf8").slice(0, 1000) : "";
    rmSync(this.dir, { recursive: true, force: true });
    if (code !== 0) throw new Error(`sipp ended with ${code}: ${text}`);
  }
  kill(): void {
    this.child.kill("SIGKILL");
  }
}
