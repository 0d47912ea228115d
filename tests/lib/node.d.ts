// SPDX-License-Identifier: Apache-2.0
// The few things of Node.js 18 that the tests use, so that they compile wherever tsc is, with no types' package.

declare const __dirname: string;
declare const console: { log(text: string): void };
declare const performance: { now(): number; timeOrigin: number };
interface Timer { unref(): Timer }
declare function setTimeout(run: () => void, ms: number): Timer;
declare function setInterval(run: () => void, ms: number): Timer;
declare function clearTimeout(timer: Timer | undefined): void;
declare function clearInterval(timer: Timer | undefined): void;

interface Buffer extends Uint8Array {
  toString(encoding?: "utf8" | "latin1" | "base64" | "hex"): string;
  readUInt16LE(offset: number): number;
  readUInt32LE(offset: number): number;
  readInt16LE(offset: number): number;
  readUInt16BE(offset: number): number;
  readUInt32BE(offset: number): number;
  readBigUInt64BE(offset: number): bigint;
  writeUInt16BE(value: number, offset: number): number;
  writeUInt32BE(value: number, offset: number): number;
  subarray(from?: number, to?: number): Buffer;
  equals(other: Uint8Array): boolean;
}
declare const Buffer: {
  from(value: string | ArrayBuffer | Uint8Array | number[], encoding?: string): Buffer;
  alloc(size: number, fill?: number | string): Buffer;
  concat(parts: Uint8Array[]): Buffer;
};
declare const process: {
  argv: string[];
  env: Record<string, string | undefined>;
  pid: number;
  exitCode: number | undefined;
  stdout: { write(text: string): boolean };
  stderr: { write(text: string): boolean };
  exit(code?: number): never;
  kill(pid: number, signal?: string | number): boolean;
  getuid(): number;
  on(event: "SIGINT" | "SIGTERM", run: () => void): void;
};

declare module "node:fs" {
  export function readFileSync(path: string): Buffer;
  export function readFileSync(path: string, encoding: "utf8"): string;
  export function writeFileSync(path: string, data: string | Uint8Array, options?: { mode?: number }): void;
  export function existsSync(path: string): boolean;
  export function renameSync(from: string, to: string): void;
  export function copyFileSync(from: string, to: string): void;
  export function mkdirSync(path: string, options?: { recursive?: boolean; mode?: number }): void;
  export function rmSync(path: string, options?: { recursive?: boolean; force?: boolean }): void;
  export function mkdtempSync(prefix: string): string;
  export function readdirSync(path: string): string[];
  export function openSync(path: string, flags: string): number;
  export function closeSync(fd: number): void;
  export function readSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number | null): number;
}
declare module "node:os" { export function tmpdir(): string }
declare module "node:path" {
  export function join(...parts: string[]): string;
  export function dirname(path: string): string;
}
declare module "node:child_process" {
  interface Readable { on(event: "data", listener: (chunk: Buffer) => void): void }
  export interface ChildProcess {
    pid?: number;
    exitCode: number | null;
    stdout: Readable | null;
    stderr: Readable | null;
    kill(signal?: string): boolean;
    unref(): void;
    on(event: "exit", listener: (code: number | null, signal: string | null) => void): void;
    on(event: "close", listener: (code: number | null, signal: string | null) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
  }
  export interface SpawnOptions { cwd?: string; env?: Record<string, string | undefined>; stdio?: unknown; detached?: boolean }
  export function spawn(file: string, args: string[], options: SpawnOptions): ChildProcess;
  export function execFile(
    file: string, args: string[], options: { timeout?: number; maxBuffer?: number; cwd?: string; env?: Record<string, string | undefined> },
    done: (error: (Error & { code?: number | string; killed?: boolean }) | null, stdout: string, stderr: string) => void): ChildProcess;
}
declare module "node:dgram" {
  export interface Peer { address: string; port: number }
  export interface Socket {
    bind(port: number, address: string, bound?: () => void): void;
    address(): Peer;
    send(data: Uint8Array | string, port: number, address: string, sent?: (error: Error | null) => void): void;
    close(closed?: () => void): void;
    unref(): void;
    on(event: "message", listener: (data: Buffer, peer: Peer) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    setRecvBufferSize(size: number): void;
  }
  export function createSocket(type: "udp4"): Socket;
}
declare module "node:net" {
  export interface Socket {
    write(data: string | Uint8Array): boolean;
    end(data?: string | Uint8Array): void;
    destroy(): void;
    pause(): void;
    resume(): void;
    setNoDelay(on: boolean): void;
    destroyed: boolean;
    bytesRead: number;
    on(event: "data", listener: (chunk: Buffer) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    on(event: "close" | "end" | "connect" | "secureConnect", listener: () => void): void;
  }
  export function connect(port: number, host: string): Socket;
}
declare module "node:http" {
  export interface IncomingMessage {
    statusCode?: number;
    headers: Record<string, string | undefined>;
    on(event: "data", listener: (chunk: Buffer) => void): void;
    on(event: "end" | "aborted", listener: () => void): void;
    on(event: "error", listener: (error: Error) => void): void;
  }
  export interface ClientRequest {
    on(event: "error", listener: (error: Error) => void): void;
    on(event: "response", listener: (message: IncomingMessage) => void): void;
    end(data?: string | Uint8Array): void;
    destroy(error?: Error): void;
    setTimeout(ms: number, run: () => void): void;
  }
  export class Agent { constructor(options: { keepAlive?: boolean; maxSockets?: number }); destroy(): void }
  export function request(options: {
    host: string; port: number; method: string; path: string; headers?: Record<string, string | number>; agent?: Agent | false; localAddress?: string; ca?: string | Buffer;
  }): ClientRequest;
}
declare module "node:https" {
  import * as http from "node:http";
  export class Agent extends http.Agent { constructor(options: { keepAlive?: boolean; maxSockets?: number; ca?: string | Buffer }); }
  export const request: typeof http.request;
}
declare module "node:tls" {
  import * as net from "node:net";
  export interface TLSSocket extends net.Socket {
    authorized: boolean;
    getPeerCertificate(): { subject: Record<string, string>; issuer: Record<string, string>; serialNumber: string; valid_to: string };
    getProtocol(): string;
    alpnProtocol: string | false;
  }
  export function connect(options: {
    host: string; port: number; ca?: string | Buffer; ALPNProtocols?: string[]; servername?: string; minVersion?: string; maxVersion?: string; rejectUnauthorized?: boolean;
  }): TLSSocket;
}
declare module "node:crypto" {
  interface Hash { update(data: string | Uint8Array): Hash; digest(encoding: "hex" | "base64"): string }
  export function createHash(name: "md5" | "sha256" | "sha1"): Hash;
  export function randomUUID(): string;
  export function randomBytes(len: number): Buffer;
}
declare module "node:worker_threads" {
  export class Worker {
    constructor(path: string, options?: { workerData?: unknown });
    postMessage(value: unknown): void;
    on(event: "message", listener: (value: any) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    terminate(): Promise<number>;
    unref(): void;
  }
  export const parentPort: null | { postMessage(value: unknown): void; on(event: "message", listener: (value: any) => void): void };
}
declare module "node:test" {
  export interface TestContext {
    diagnostic(text: string): void;
    skip(text?: string): void;
    test(name: string, run: (t: TestContext) => Promise<void> | void): Promise<void>;
    name: string;
  }
  interface Options { timeout?: number; skip?: boolean | string; concurrency?: number }
  export function test(name: string, run: (t: TestContext) => Promise<void> | void): Promise<void>;
  export function test(name: string, options: Options, run: (t: TestContext) => Promise<void> | void): Promise<void>;
  export function before(run: () => Promise<void> | void): void;
  export function after(run: () => Promise<void> | void): void;
}
declare module "node:assert/strict" {
  export function ok(value: unknown, message?: string): asserts value;
  export function equal<T>(seen: T, expected: T, message?: string): void;
  export function notEqual(seen: unknown, other: unknown, message?: string): void;
  export function deepEqual(seen: unknown, expected: unknown, message?: string): void;
  export function rejects(promise: Promise<unknown>, pattern: RegExp): Promise<void>;
  export function match(text: string, pattern: RegExp, message?: string): void;
  export function fail(message: string): never;
}
declare module "node:zlib" {
  export function inflateRawSync(data: Uint8Array): Buffer;
}
