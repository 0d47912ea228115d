// SPDX-License-Identifier: Apache-2.0
// Open consoles that are no browsers: sockets that log in and read everything, as the page does. They live in a thread of
// their own, so that reading them delays nothing that is measured.
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { within } from "../../tests/lib/wait";

export interface Told { opened?: number; live?: number; failed?: string; frames?: number; closed?: number }

export class Watchers {
  private readonly worker = new Worker(join(__dirname, "watchers.worker.js"));
  private heard: ((told: Told) => void) | undefined;
  constructor() {
    this.worker.on("message", (told: Told) => this.heard?.(told));
    this.worker.on("error", (error) => this.heard?.({ failed: error.message }));
    this.worker.unref();
  }
  private ask(what: string, order: unknown, ms: number): Promise<Told> {
    const answer = new Promise<Told>((resolve, reject) => {
      this.heard = (told) => (told.failed ? reject(new Error(`${what}: ${told.failed}`)) : resolve(told));
    });
    this.worker.postMessage(order);
    return within(what, ms, answer);
  }
  /** Connections over TLS with a WebSocket on them, and nothing said yet: the gateway ends them after five seconds. */
  async open(count: number): Promise<void> {
    await this.ask(`${count} WebSockets`, { open: count }, 10000);
  }
  /** Those that have said nothing log in, and have been sent everything; tokens are taken in turns. */
  async logIn(tokens: readonly string[]): Promise<void> {
    await this.ask("what is live", { logIn: tokens }, 30000);
  }
  /** The same for more of them, some at a time: none waits for so long that it is ended. */
  async join(count: number, tokens: readonly string[]): Promise<void> {
    for (let left = count; left > 0; left -= 10) {
      await this.open(Math.min(10, left));
      await this.logIn(tokens);
    }
  }
  /** Frames that came since the last question, and how many were closed by the gateway. */
  async frames(): Promise<{ frames: number; closed: number }> {
    const told = await this.ask("the count of frames", { count: true }, 5000);
    return { frames: told.frames ?? 0, closed: told.closed ?? 0 };
  }
  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
