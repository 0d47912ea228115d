// SPDX-License-Identifier: Apache-2.0
// Live state on a WebSocket: who may watch, how soon a change is seen, many watchers and a slow one.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, caller, centreApply, DIRECT, MENU } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { validate, Page } from "../../lib/openapi";
import { soundEnd } from "../../lib/phone";
import { nowMs, until } from "../../lib/wait";
import { WebSocket } from "../../lib/websocket";
import { page as pageOf, person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api;
let page: Page, boss: Someone, ann: Agent;
const sockets: WebSocket[] = [];

before(async () => {
  await centreApply(deployment);
  page = await pageOf(deployment);
  boss = await person(deployment, ["supervisor"]);
  ann = await Agent.sit(deployment, "ann");
});
after(async () => {
  for (const socket of sockets) socket.end();
  await ann.leave();
  await soundEnd();
});

async function connect(): Promise<WebSocket> {
  const socket = await WebSocket.open(api, "/api/v1/live/socket", "farseat.live.v1");
  sockets.push(socket);
  return socket;
}
/** Connected, logged in, with {all} at hand. */
async function watch(): Promise<WebSocket> {
  const socket = await connect();
  socket.json({ token: boss.accessToken });
  await socket.message("{all}", 5000, (message) => message.all);
  return socket;
}
const annIs = (state: string) => (message: any): boolean => (message.agents ?? []).some((agent: any) => agent.agentId === "ann" && agent.state === state);
/** Why it was closed: as its last message says, or its close frame. */
const why = (socket: WebSocket): number => socket.messages.find((message) => message.closed)?.closed.code ?? socket.closed?.code;
function faults(message: any): string[] {
  const refs: Record<string, string> = { all: "LiveReply", queues: "LiveQueue", agents: "LiveAgent", contacts: "LiveContact", services: "LiveService" };
  return Object.entries(message).flatMap(([key, value]) => {
    const schema = { $ref: `#/components/schemas/${refs[key] ?? key}` };
    return validate(page, key === "all" ? schema : { type: "array", items: schema }, value);
  });
}

test("without a token it is closed after five seconds, with a wrong one at once", async () => {
  const silent = await connect(), at = nowMs();
  const wrong = [{ token: "x" }, { token: `${boss.accessToken}x` }, {}, [], "text", { token: 5 }];
  for (const message of wrong) {
    const socket = await connect();
    socket.json(message);
    await socket.close(2000);
    assert.equal(why(socket), 4401, JSON.stringify(message).slice(0, 30));
  }
  await silent.close(8000);
  const after_ = nowMs() - at;
  assert.equal(why(silent), 4401);
  console.log(`silence was closed after ${after_.toFixed(0)} ms`);
  assert.ok(after_ >= 4900 && after_ < 7000, `after ${after_} ms`);
  assert.deepEqual(silent.messages.filter((message) => !message.closed), [], "nothing was told before");
});

test("how each process is, for those who may see it", async () => {
  const ben = await person(deployment, ["agent"]), mine = await watch(), his = await connect(), seen = new Set<string>();
  his.json({ token: ben.accessToken });
  await his.message("{all}", 5000, (message) => message.all);
  await until("a report of each process", 12000, () => {
    for (const message of mine.messages) for (const service of message.services ?? []) seen.add(service.instance);
    return deployment.services().every((name) => seen.has(name));
  });
  const reports = mine.messages.filter((message) => message.services);
  assert.deepEqual(reports.flatMap(faults), []);
  assert.ok(!his.messages.some((message) => message.services), "an agent sees none");
  mine.end();
  his.end();
});

test("frames that are none end that connection only", async () => {
  const good = await watch();
  const garbage = await connect(), binary = await connect(), large = await connect(), unmasked = await connect();
  garbage.raw(Buffer.alloc(300, 0xff));
  binary.send("{}", 2);
  for (let i = 0; i < 40; i++) large.send(Buffer.alloc(40000, 0x20), i === 0 ? 1 : 1);
  unmasked.raw(Buffer.from([0x81, 2, 0x7b, 0x7d]));
  await garbage.close(8000);
  await binary.close(8000);
  await large.close(8000);
  await unmasked.close(8000);
  const from = good.messages.length;
  await ann.act("ready");
  await good.message("news after it", 3000, annIs("AGENT_READY"), from);
  await ann.act("not-ready", { reason: "break" });
});

test("first everything, then each change within a second", async () => {
  const socket = await watch();
  const all = socket.messages[0];
  assert.deepEqual(Object.keys(all), ["all"], "the first message");
  assert.deepEqual(faults(all), []);
  assert.deepEqual(all.all.queues.map((queue: any) => queue.queueId).sort(), ["sales", "support"]);
  const took: number[] = [];
  for (const [act, state] of [["ready", "AGENT_READY"], ["not-ready", "AGENT_NOT_READY"], ["ready", "AGENT_READY"], ["not-ready", "AGENT_NOT_READY"]] as const) {
    const from = socket.messages.length, at = nowMs();
    await ann.act(act, act === "not-ready" ? { reason: "break" } : {});
    await socket.message(`ann ${state} on the socket`, 3000, annIs(state), from);
    took.push(nowMs() - at);
  }
  console.log(`an agent's change is seen after ${took.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  assert.ok(Math.max(...took) < 1000, "later than a second");
  const phone = await caller(deployment), from = socket.messages.length, at = nowMs();
  phone.call(MENU);
  const came = await socket.message("the contact", 3000, (message) => (message.contacts ?? []).some((contact: any) => contact.caller?.raw === phone.options.user), from);
  console.log(`a call is seen after ${(nowMs() - at).toFixed(0)} ms`);
  assert.ok(nowMs() - at < 1500);
  assert.deepEqual(faults(came), []);
  const gone = socket.messages.length;
  phone.close();
  await socket.message("the contact's end", 5000, (message) => (message.contacts ?? []).some((contact: any) =>
    contact.caller?.raw === phone.options.user && contact.state === "CONTACT_ENDED"), gone);
  for (const message of socket.messages) assert.deepEqual(faults(message), []);
});

test("a queue's figures come each second while somebody waits, and a renewed token is taken", async () => {
  const socket = await watch(), from = socket.messages.length, phone = await caller(deployment);
  phone.call(DIRECT);
  const renewed = (await api.ask("POST", "/api/v1/token", { body: { refreshToken: boss.refreshToken } })).json;
  boss.accessToken = renewed.accessToken;
  boss.refreshToken = renewed.refreshToken;
  socket.json({ token: renewed.accessToken });
  const at = nowMs();
  const waits = (): number[] => socket.messages.slice(from).flatMap((message) => message.queues ?? []).filter((queue: any) => queue.queueId === "sales" && queue.waiting === 1)
    .map((queue: any) => Number(queue.longestWaitMs));
  await until("four figures of sales", 8000, () => waits().length >= 4);
  console.log(`the longest wait as it was told within ${(nowMs() - at).toFixed(0)} ms: ${waits().join(", ")} ms`);
  waits().forEach((ms, i, all) => assert.ok(i === 0 || (ms > (all[i - 1] as number) && ms - (all[i - 1] as number) < 1500), "each about a second after the last"));
  phone.close();
  assert.equal(socket.closed, null);
});

test("fifty watchers all see a change within a second, beside a slow one", async () => {
  const slow = await watch();
  slow.stall();
  const watchers = await Promise.all(Array.from({ length: 50 }, () => watch()));
  const before_ = deployment.rssKb("gateway");
  let slowest = 0;
  for (let round = 0; round < 6; round++) {
    const state = round % 2 === 0 ? "AGENT_READY" : "AGENT_NOT_READY", marks = watchers.map((socket) => socket.messages.length), at = nowMs();
    await ann.act(round % 2 === 0 ? "ready" : "not-ready", round % 2 === 0 ? {} : { reason: "break" });
    await Promise.all(watchers.map((socket, i) => socket.message(`ann ${state} at watcher ${i}`, 3000, annIs(state), marks[i])));
    slowest = Math.max(slowest, nowMs() - at);
  }
  const grown = deployment.rssKb("gateway") - before_;
  console.log(`fifty watchers: the last one saw the change after at most ${slowest.toFixed(0)} ms; the gateway grew by ${grown} kB`);
  assert.ok(slowest < 1000, `${slowest} ms`);
  assert.ok(grown < 16 * 1024, `the gateway grew by ${grown} kB`);
  const from = slow.messages.length;
  slow.resume();
  await slow.message("the newest state at the slow one", 4000, annIs("AGENT_NOT_READY"), from);
  assert.ok((await api.ask("GET", "/api/v1/me", { token: boss.accessToken })).status === 200);
  for (const socket of watchers) socket.end();
  await until("the watchers gone", 5000, async () => (await deployment.metric("gateway", "farseat_gateway_sockets")) <= 5);
});
