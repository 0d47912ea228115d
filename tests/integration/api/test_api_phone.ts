// SPDX-License-Identifier: Apache-2.0
// A browser's phone through the gateway: the ticket, the WebSocket, the edge's door behind it; secrets of desk phones.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { centreApply } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Answer } from "../../lib/http";
import { nowMs, until } from "../../lib/wait";
import { WebSocket } from "../../lib/websocket";
import { person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api, origin = `https://${api.host}:${api.port}`;
let ann: Someone, nobody: Someone;
const sockets: WebSocket[] = [];

before(async () => {
  await centreApply(deployment);
  ann = await person(deployment, ["agent"], "ann");
  nobody = await person(deployment, ["supervisor"]);
  await until("ann's phone in what the gateway knows", 10000, async () => (await mine(ann)).phone !== "");
});
after(() => {
  for (const socket of sockets) socket.end();
  api.end();
});

const mine = (someone: Someone): Promise<any> => api.good("GET", "/me/phone", { token: someone.accessToken });
async function open(ticket: string, headers: Record<string, string> = { origin }): Promise<WebSocket> {
  const socket = await WebSocket.open(api, `/sip?ticket=${encodeURIComponent(ticket)}`, "sip", headers);
  sockets.push(socket);
  return socket;
}
const refused = (ticket: string, status: number, headers?: Record<string, string>): Promise<void> =>
  assert.rejects(open(ticket, headers ?? { origin }), new RegExp(`HTTP/1\\.[01] ${status}`));

let calls = 0;
function register(phone: string, expires = 60, cseq = 1, callId = `call-${++calls}-${randomBytes(4).toString("hex")}`): string {
  const branch = randomBytes(6).toString("hex");
  return [`REGISTER sip:farseat SIP/2.0`, `Via: SIP/2.0/WSS ${branch}.invalid;branch=z9hG4bK${branch}`, "Max-Forwards: 70", `From: <sip:${phone}@farseat>;tag=${branch}`,
    `To: <sip:${phone}@farseat>`, `Call-ID: ${callId}`, `CSeq: ${cseq} REGISTER`, `Contact: <sip:x@${branch}.invalid;transport=ws>;expires=${expires}`, `Expires: ${expires}`,
    "User-Agent: Test browser", "Content-Length: 0", "", ""].join("\r\n");
}

test("the ticket, and what a desk phone needs", async () => {
  const phone = await mine(ann);
  assert.deepEqual([phone.phone, phone.agentId, phone.ticketS, phone.echoNumber !== undefined], ["2001", "ann", 60, true]);
  await until("the edges among the servers", 15000, async () => (await mine(ann)).servers.length >= 4);
  const servers = (await mine(ann)).servers as any[];
  assert.equal(servers[0].site, phone.site, "those of one's own site come first");
  assert.ok(servers.some((server) => server.transport === "udp" && server.port === deployment.edge(phone.site).port), JSON.stringify(servers));
  assert.deepEqual([(await mine(nobody)).phone, (await mine(nobody)).ticket], ["", ""], "who has no phone has no ticket");
});

test("a browser registers by it, is bound as a browser, and is gone when it closes", async () => {
  const phone = await mine(ann), socket = await open(phone.ticket);
  socket.send(register(phone.phone)); // before the door has answered
  const answer = await socket.message("200", 5000, (text) => /^SIP\/2.0 /.test(text));
  assert.match(answer, /^SIP\/2.0 200 /, answer);
  assert.match(answer, /^Via: SIP\/2.0\/WSS /im, "its own Via comes back");
  await until("the binding", 5000, async () => (await mine(ann)).answer === "browser");
  const bound = await mine(ann);
  assert.deepEqual([bound.answer, bound.userAgent], ["browser", "Test browser"]);
  const at = nowMs();
  socket.end();
  await until("the end of the binding", 5000, async () => (await mine(ann)).answer !== "browser", 50);
  console.log(`a closed browser's binding was gone after ${(nowMs() - at).toFixed(0)} ms`);
  assert.ok(nowMs() - at < 2000);
});

test("a ticket is good once, for its phone, from a page of ours, while its session lives", async () => {
  const { ticket, phone } = await mine(ann);
  await refused("", 401);
  await refused("x".repeat(900), 401);
  await refused(ann.accessToken, 401);
  await refused(ticket, 403, { origin: "https://evil.example" });
  const socket = await open(ticket);
  await refused(ticket, 401);
  socket.send(register("2002"));
  const answer = await socket.message("a refusal", 5000, (text) => /^SIP\/2.0 [3-6]/.test(text));
  assert.match(answer, /^SIP\/2.0 403/, `another phone than ${phone}: ${answer}`);
  socket.end();
  const other = (await api.login(ann.login, ann.password)).accessToken, late = (await api.good("GET", "/me/phone", { token: other })).ticket as string;
  const second = await open((await api.good("GET", "/me/phone", { token: other })).ticket);
  await api.good("POST", "/logout", { token: other });
  await second.close(3000);
  await refused(late, 401);
  const access = await api.ask("GET", "/api/v1/me", { token: (await mine(ann)).ticket });
  assert.equal(access.status, 401, "a ticket logs nobody in");
});

test("one person has so many phones at once, and no more", async () => {
  const lines: WebSocket[] = [];
  for (let i = 0; i < 4; i++) lines.push(await open((await mine(ann)).ticket));
  await refused((await mine(ann)).ticket, 429);
  for (const line of lines) line.end();
  const again = await until("room again", 5000, async () => open((await mine(ann)).ticket).catch(() => null), 100);
  again.end();
});

test("what is too large or no SIP ends that line only", async () => {
  const good = await open((await mine(ann)).ticket), bad = await open((await mine(ann)).ticket), large = await open((await mine(ann)).ticket);
  bad.send("nonsense ".repeat(50));
  bad.send(randomBytes(2000), 2);
  large.send("x".repeat(65000));
  large.send("y".repeat(65536 - 10));
  for (let i = 0; i < 200 && !large.closed; i++) large.send("z".repeat(60000));
  await large.close(20000);
  good.send(register("2001"));
  assert.match(await good.message("200", 5000, (text) => /^SIP\/2.0 /.test(text)), /^SIP\/2.0 200/);
  good.end();
  bad.end();
});

test("a browser that vanished without a word is noticed within 15 seconds", { timeout: 40000 }, async () => {
  const phone = await mine(ann), socket = await open(phone.ticket);
  socket.send(register(phone.phone, 600));
  await until("the binding", 5000, async () => (await mine(ann)).answer === "browser");
  socket.stall(); // it reads no ping, and answers none
  const at = nowMs();
  await until("the end of the binding", 20000, async () => (await mine(ann)).answer !== "browser", 200);
  console.log(`a vanished browser's binding was gone after ${((nowMs() - at) / 1000).toFixed(1)} s`);
  assert.ok(nowMs() - at < 15500);
});

test("secrets of desk phones are made, shown once, and written down", async () => {
  const post = (path: string, token: string): Promise<Answer> => api.ask("POST", `/api/v1${path}`, { token });
  const first = await post("/me/phone/secret", ann.accessToken), second = await post("/me/phone/secret", ann.accessToken);
  assert.deepEqual([first.status, first.json.phone, first.json.realm], [200, "2001", "farseat"], first.text);
  assert.match(first.json.secret, /^[a-z2-9]{24}$/);
  assert.notEqual(first.json.secret, second.json.secret);
  assert.equal((await post("/me/phone/secret", nobody.accessToken)).status, 404);
  assert.equal((await post("/phones/2001/secret", ann.accessToken)).status, 403);
  const admin = await deployment.adminToken();
  assert.equal((await post("/phones/no-such-phone/secret", admin)).status, 404);
  const given = await post("/phones/2001/secret", admin);
  assert.equal(given.status, 200);
  const list = async (): Promise<any[]> => (await api.good("GET", "/audit?limit=50", { token: admin })).entries;
  const entries = await until("three lines in the audit log", 5000, async () => {
    const found = (await list()).filter((entry) => entry.action === "phone-secret" && entry.target === "2001");
    return found.length >= 3 ? found : null;
  });
  assert.ok(!JSON.stringify(entries).includes(given.json.secret), "not the secret itself");
  await centreApply(deployment); // its own secrets again, for the tests that follow
});
