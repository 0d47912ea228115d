// SPDX-License-Identifier: Apache-2.0
// The main thread's side of sound.worker.ts.
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** A stretch of one kind of sound; hz 0: silence, -1: prompts or music. Times are Unix time in milliseconds. */
export interface Heard { hz: number; from: number; to: number }
export interface Report { heard: Heard[]; packets: number; gapMsMax: number; gapAt: number }
export type SoundAsk =
  | { ask: "open"; id: string; address: string }
  | { ask: "start"; id: string; host: string; port: number; hz: number; tones: number[] }
  | { ask: "press"; id: string; digit: string }
  | { ask: "report"; id: string; stop: boolean };
export type SoundTell =
  | { tell: "opened"; id: string; port: number }
  | { tell: "failed"; id: string; text: string }
  | { tell: "digit"; id: string; digit: string; at: number }
  | ({ tell: "report"; id: string } & Report);

export class Sound {
  private readonly worker = new Worker(join(__dirname, "sound.worker.js"));
  private readonly waiting = new Map<string, ((message: SoundTell) => void)[]>();

  constructor(onFailure: (text: string) => void) {
    this.worker.on("error", (error) => onFailure(`sound: ${error.message}`));
    this.worker.on("message", (message: SoundTell) => {
      if (message.tell === "failed") onFailure(`sound of ${message.id}: ${message.text}`);
      else this.waiting.get(`${message.tell} ${message.id}`)?.shift()?.(message);
    });
  }

  private ask<T extends SoundTell["tell"]>(ask: SoundAsk, answer: T): Promise<Extract<SoundTell, { tell: T }>> {
    const key = `${answer} ${ask.id}`;
    return new Promise((resolve) => {
      const queue = this.waiting.get(key) ?? [];
      queue.push((message) => resolve(message as Extract<SoundTell, { tell: T }>));
      this.waiting.set(key, queue);
      this.worker.postMessage(ask);
    });
  }

  /** A socket for a phone's sound. @return its port. */
  async open(id: string, address: string): Promise<number> {
    return (await this.ask({ ask: "open", id, address }, "opened")).port;
  }
  /** A call begins: speak hz to there, and listen for tones. */
  start(id: string, host: string, port: number, hz: number, tones: number[]): void {
    const ask: SoundAsk = { ask: "start", id, host, port, hz, tones };
    this.worker.postMessage(ask);
  }
  /** @return when the digit's key was let go: its last packet went out. */
  async press(id: string, digit: string): Promise<number> {
    return (await this.ask({ ask: "press", id, digit }, "digit")).at;
  }
  /** What was heard since start; stop: the call is over. */
  report(id: string, stop: boolean): Promise<Report> {
    return this.ask({ ask: "report", id, stop }, "report");
  }
  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
