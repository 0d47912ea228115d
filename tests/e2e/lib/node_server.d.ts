// SPDX-License-Identifier: Apache-2.0
// What the softphone's bridge uses of Node.js beside tests/lib/node.d.ts.
declare module "node:child_process" {
  export function spawnSync(file: string, args: string[]): { status: number | null; stderr: Uint8Array };
}
declare module "node:http" {
  import * as net from "node:net";
  export interface ServerRequest { url?: string; headers: Record<string, string | undefined> }
  export interface ServerResponse { setHeader(name: string, value: string): void; end(body: string): void }
  export interface Server {
    on(event: "upgrade", listener: (request: ServerRequest, socket: net.Socket) => void): void;
    listen(port: number, host: string, listening: () => void): void;
    address(): { port: number };
    close(): void;
  }
  export function createServer(answer: (request: ServerRequest, response: ServerResponse) => void): Server;
}
