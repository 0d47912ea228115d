// SPDX-License-Identifier: Apache-2.0
// The few things of Node.js that the demo uses, so that it compiles wherever tsc is, with no types' package.

declare const __dirname: string;

interface Buffer extends Uint8Array {
  toString(encoding?: "utf8" | "latin1" | "base64"): string;
  readUInt16LE(offset: number): number;
  readUInt32LE(offset: number): number;
  readInt16LE(offset: number): number;
  readUInt16BE(offset: number): number;
  readUInt32BE(offset: number): number;
  writeUInt16BE(value: number, offset: number): number;
  writeUInt32BE(value: number, offset: number): number;
  subarray(from?: number, to?: number): Buffer;
}
declare const Buffer: {
  from(value: string | ArrayBuffer | Uint8Array, encoding?: string): Buffer;
  alloc(size: number): Buffer;
  concat(parts: Uint8Array[]): Buffer;
};

declare const process: {
  argv: string[];
  env: Record<string, string | undefined>;
  stdout: { write(text: string): boolean; isTTY?: boolean };
  stderr: { write(text: string): boolean };
  exitCode: number | undefined;
  exit(code?: number): never;
  kill(pid: number, signal?: string | number): boolean;
  on(event: string, listener: (value?: unknown) => void): void;
};

declare module "node:fs" {
  export function readFileSync(path: string): Buffer;
  export function readFileSync(path: string, encoding: "utf8"): string;
  export function writeFileSync(path: string, data: string | Uint8Array, options?: { mode?: number }): void;
  export function existsSync(path: string): boolean;
  export function mkdirSync(path: string, options?: { recursive?: boolean; mode?: number }): void;
  export function rmSync(path: string, options?: { recursive?: boolean; force?: boolean }): void;
  export function renameSync(from: string, to: string): void;
  export function readdirSync(path: string): string[];
  export function openSync(path: string, flags: string): number;
  export function closeSync(fd: number): void;
  export function readSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number | null): number;
}
declare module "node:path" {
  export function join(...parts: string[]): string;
}
declare module "node:child_process" {
  interface Readable { on(event: "data", listener: (chunk: Buffer) => void): void }
  export interface ChildProcess {
    pid?: number;
    exitCode: number | null;
    stdout: Readable | null;
    stderr: Readable | null;
    kill(signal?: string): boolean;
    on(event: "exit", listener: (code: number | null, signal: string | null) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
  }
  export interface SpawnOptions { cwd?: string; env?: Record<string, string | undefined>; stdio?: unknown; detached?: boolean }
  export function spawn(file: string, args: string[], options: SpawnOptions): ChildProcess;
  export function execFile(
    file: string, args: string[], options: { timeout?: number; maxBuffer?: number; env?: Record<string, string | undefined> },
    done: (error: (Error & { code?: number | string; killed?: boolean }) | null, stdout: string, stderr: string) => void): ChildProcess;
}
declare module "node:dgram" {
  export interface Peer { address: string; port: number }
  export interface Socket {
    bind(port: number, address: string, bound?: () => void): void;
    address(): Peer;
    send(data: Uint8Array, port: number, address: string, sent?: (error: Error | null) => void): void;
    close(closed?: () => void): void;
    on(event: "message", listener: (data: Buffer, peer: Peer) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
  }
  export function createSocket(type: "udp4"): Socket;
}
declare module "node:net" {
  export interface Socket {
    write(data: string): boolean;
    destroy(): void;
    on(event: "data", listener: (chunk: Buffer) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    on(event: "close", listener: () => void): void;
    on(event: "connect", listener: () => void): void;
  }
  export function connect(port: number, host: string): Socket;
}
declare module "node:worker_threads" {
  export class Worker {
    constructor(path: string, options?: { workerData?: unknown });
    postMessage(value: unknown): void;
    on(event: "message", listener: (value: any) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    terminate(): Promise<number>;
  }
  export const parentPort: null | { postMessage(value: unknown): void; on(event: "message", listener: (value: any) => void): void };
}
