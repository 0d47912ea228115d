// SPDX-License-Identifier: Apache-2.0
import { parentPort } from "node:worker_threads";
import { originOf } from "../../tests/lib/http";
import { WebSocket } from "../../tests/lib/websocket";
import { Told } from "./watchers";

interface Order { open?: number; logIn?: string[]; count?: boolean }
const AT_ONCE = 10;
const origin = originOf(process.env["FARSEAT_API"] ?? "", process.env["FARSEAT_CA"] ?? "");
const sockets: WebSocket[] = [], live: WebSocket[] = [];
let frames = 0;
const forget = (socket: WebSocket): void => {
  frames += socket.messages.length;
  socket.messages.length = 0;
};
setInterval(() => live.forEach(forget), 500).unref();

async function logIn(socket: WebSocket, token: string): Promise<void> {
  const all = socket.message("{all}", 10000, (message) => message.all || socket.closed);
  socket.json({ token });
  if (!(await all).all) throw new Error(`closed: ${JSON.stringify(socket.closed)}`);
  live.push(socket);
}
async function obey(order: Order): Promise<Told> {
  if (order.open !== undefined) {
    for (let left = order.open; left > 0; left -= AT_ONCE)
      sockets.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, () => WebSocket.open(origin, "/api/v1/live/socket", "farseat.live.v1")))));
    return { opened: sockets.length };
  }
  if (order.logIn) {
    const tokens = order.logIn;
    for (let i = live.length; i < sockets.length; i += AT_ONCE)
      await Promise.all(sockets.slice(i, i + AT_ONCE).map((socket, j) => logIn(socket, tokens[(i + j) % tokens.length] as string)));
    return { live: live.length };
  }
  live.forEach(forget);
  const told = { frames, closed: sockets.filter((socket) => socket.closed).length };
  frames = 0;
  return told;
}
parentPort?.on("message", (order: Order) => void obey(order).then((told) => parentPort?.postMessage(told), (error: Error) => parentPort?.postMessage({ failed: error.message })));
