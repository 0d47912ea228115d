// SPDX-License-Identifier: Apache-2.0
// What comes from outside and is wrong gets a clear refusal; what is rude harms nobody else.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import * as net from "node:net";
import { centreApply } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Ask, connect, ready } from "../../lib/http";
import { validate, Page } from "../../lib/openapi";
import { nowMs, until, within } from "../../lib/wait";
import { page as pageOf, person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api;
let page: Page, someone: Someone;
const open: net.Socket[] = [];

before(async () => {
  await centreApply(deployment);
  page = await pageOf(deployment);
  someone = await person(deployment, ["administrator", "supervisor"]);
});
after(() => {
  for (const socket of open) socket.destroy();
});

/** Asks, and expects a refusal in the API's own words. */
async function refused(status: number, method: string, path: string, ask: Ask = {}, text = /./): Promise<void> {
  const answer = await api.ask(method, path, { token: someone.accessToken, ...ask });
  assert.equal(answer.status, status, `${method} ${path.slice(0, 100)}: ${answer.text.slice(0, 300)}`);
  assert.deepEqual(validate(page, { $ref: "#/components/schemas/ErrorReply" }, answer.json), [], path.slice(0, 100));
  assert.match(answer.json.text, text, `${method} ${path.slice(0, 100)}`);
}

/** Writes bytes as they are; @return what comes back until the end or ms. */
function raw(data: string | Uint8Array, ms = 4000): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(api), done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(done, ms);
    socket.on(ready(api), () => socket.write(data));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", done);
  });
}
const me = (): Promise<number> => api.ask("GET", "/api/v1/me", { token: someone.accessToken, timeoutMs: 2000 }).then((answer) => answer.status);

test("unknown paths, other methods", async () => {
  for (const path of ["/api", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/me/x", "/api/v1/agents/", "/no-such.js", "/assets/x.css", "/api/v1/contacts/x/blow-up"])
    await refused(404, "GET", path, {}, /openapi\.json/);
  // (a prompt's name may hold slashes: there one path is another's)
  for (const [path, methods] of Object.entries(page.paths))
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
      if (!methods[method.toLowerCase()] && !path.startsWith("/api/v1/prompts/")) await refused(405, method, path.replace(/\{\w+\}/g, "x"), {}, /openapi\.json/);
  const head = await api.ask("HEAD", "/api/v1/me", { token: someone.accessToken });
  assert.deepEqual([head.status, head.text], [200, ""], "HEAD is GET without the body");
});

test("paths that climb, hide or break lead nowhere", async () => {
  const secret = /root:|BEGIN|password|[A-Za-z0-9]{40}/;
  for (const path of ["/../../../../etc/passwd", "/api/v1/../../../etc/passwd", "/api/v1/%2e%2e/%2e%2e/etc/passwd", "/%2e%2e%2f%2e%2e%2fetc/passwd",
    "/api/v1/openapi.json/../../../secrets", "//etc/passwd", "/api/v1/agents/%00/explain", "/api/v1/agents/%ff%fe/explain", "/api/v1/recordings/..%2f..%2fkeys/audio"]) {
    const text = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${someone.accessToken}\r\nConnection: close\r\n\r\n`, 3000);
    // what is no path of the API and has no dot is a page of the console's: index.html, or that it is not built
    const console_ = /^HTTP\/1\.1 (200|503) /.test(text) && /^content-type: text\/html/m.test(text) && /<title>Farseat/.test(text);
    assert.ok(console_ || /^(HTTP\/1\.[01] 4\d\d|$)/.test(text), `${path}: ${text.slice(0, 80)}`);
    assert.ok(!secret.test(text.slice(text.indexOf("\r\n\r\n"))), path);
  }
});

test("bodies that are no JSON, or not what the method takes", async () => {
  const put = (body: string | Uint8Array, pattern = /./): Promise<void> => refused(400, "POST", "/api/v1/customers", { raw: body }, pattern);
  for (const body of ["{", "nonsense", "[]", "null", "\"text\"", "{\"name\":}", "{} {}", "{\"name\":\"a\",\"name\":\"b\"}", "{'name':'a'}", "{\"name\":\"\\ud800\"}"])
    await put(body, /no JSON object/);
  await put(Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]), /no JSON object/);
  await put(Buffer.alloc(4096, 0), /no JSON object/);
  await put(`{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`);
  await put('{"nickname":"x"}', /nickname/);
  await put('{"name":5}', /name/);
  await put('{"name":["x"]}', /name/);
  await put('{"numbers":"x"}', /numbers/);
  await put('{"numbers":[{"kind":"NUMBER_FANTASY"}]}', /kind/);
  await put('{"revision":-1}', /revision/);
  await put('{"revision":4294967296}', /revision/);
  await put('{"revision":1.5}', /revision/);
  await put('{"createdAtUs":"99999999999999999999"}', /createdAtUs/);
  await refused(400, "POST", "/api/v1/login", { raw: "x" });
  await refused(400, "POST", "/api/v1/login", { body: { login: "a", password: "b", extra: 1 } }, /extra/);
  await refused(400, "POST", "/api/v1/agents/ann/ready", { body: { now: true } }, /now/);
});

test("queries that make no sense", async () => {
  for (const query of ["fromUs=yesterday", "from=yesterday", "from=2026-13-01T00:00:00Z", "limit=-1", "limit=many", "limit=99999999999", "result=WON", "nothing=1",
    "fromUs=1&toUs=999999999999999999999", `number=${"9".repeat(5000)}`]) {
    const answer = await api.ask("GET", `/api/v1/contacts?${query}`, { token: someone.accessToken });
    assert.ok(answer.status === 400 || answer.status === 414, `${query.slice(0, 50)}: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
  await refused(400, "GET", "/api/v1/reports/kpi?day=2026-02-30");
  await refused(400, "GET", "/api/v1/reports/kpi?day=today");
  await refused(400, "GET", "/api/v1/reports/kpi?day=2026-02-02&toDay=2026-02-01");
});

test("what is not there", async () => {
  const id = "00000000-0000-7000-8000-000000000000";
  for (const path of ["/agents/nobody/explain", `/contacts/live/${id}`, `/contacts/${id}`, `/tickets/${id}`, `/customers/${id}`, `/recordings/${id}/audio`])
    await refused(404, "GET", `/api/v1${path}`);
  await refused(404, "POST", "/api/v1/agents/nobody/ready");
  await refused(404, "POST", `/api/v1/contacts/${id}/hang-up?agentId=ann`);
  await refused(400, "GET", "/api/v1/recordings/not-an-id/audio?part=minus");
});

test("people: bad logins, roles, passwords", async () => {
  const put = (person_: unknown, password: string, pattern: RegExp): Promise<void> => refused(400, "POST", "/api/v1/people", { body: { person: person_, password } }, pattern);
  await put({ login: "Capital", roles: ["agent"] }, "0123456789", /login/);
  await put({ login: "", roles: ["agent"] }, "0123456789", /login/);
  await put({ login: "a b", roles: ["agent"] }, "0123456789", /login/);
  await put({ login: "x".repeat(64), roles: ["agent"] }, "0123456789", /login/);
  await put({ login: "ok", roles: [] }, "0123456789", /roles/);
  await put({ login: "ok", roles: ["root"] }, "0123456789", /roles/);
  await put({ login: "ok", roles: ["agent"] }, "short", /password/);
  await put({ login: "ok", roles: ["agent"] }, "", /password/);
  await put({ login: "ok'; drop table person; --", roles: ["agent"] }, "0123456789", /login/);
});

test("bodies that are too large are refused before they are read", async () => {
  await refused(413, "POST", "/api/v1/customers", { raw: Buffer.alloc(600 * 1024, 0x20) }, /larger/);
  const said = await raw(`POST /api/v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n`);
  assert.match(said, /^HTTP\/1\.1 413/);
  const before_ = deployment.rssKb("gateway");
  await Promise.all(Array.from({ length: 20 }, () => raw(`POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 524288\r\n\r\n${"x".repeat(500000)}`, 1500)));
  const grown = deployment.rssKb("gateway") - before_;
  console.log(`20 halves of half a megabyte: the gateway grew by ${grown} kB`);
  assert.ok(grown < 4 * 1024, `a stranger's bodies are not kept: it grew by ${grown} kB`);
  const stranger = await api.ask("POST", "/api/v1/login", { raw: Buffer.alloc(20 * 1024, 0x20) });
  assert.deepEqual([stranger.status, stranger.json.code], [401, "EDENIED"]);
  assert.equal(await me(), 200);
});

test("garbage instead of HTTP harms nobody", async () => {
  const pid = deployment.pid("gateway");
  const noise = Buffer.alloc(3000);
  for (let i = 0; i < noise.length; i++) noise[i] = (i * 7919 + 13) & 0xff;
  const pieces: (string | Uint8Array)[] = [noise, Buffer.alloc(20000, 0x41), "\r\n\r\n\r\n", "GET\r\n\r\n", "GET /api/v1/me HTTP/9.9\r\n\r\n", `GET /${"a".repeat(9000)} HTTP/1.1\r\n\r\n`,
    `GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX: ${"b".repeat(20000)}\r\n\r\n`, `GET /api/v1/me HTTP/1.1\r\n${"A: b\r\n".repeat(2000)}\r\n`, "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 12abc\r\n\r\n", "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "OPTIONS * HTTP/1.1\r\n\r\n",
    "GET /api/v1/live/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
    "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0,1-1,2-2\r\nAuthorization: Basic YTpi\r\n\r\n"];
  const answers = await Promise.all(pieces.map((piece) => raw(piece, 2500)));
  for (const answer of answers) assert.ok(!/^HTTP\/1\.[01] (2|5)\d\d/.test(answer), answer.slice(0, 100));
  assert.equal(await me(), 200);
  assert.equal(deployment.pid("gateway"), pid, "the gateway was not restarted");
});

test("connections that say nothing, half or slowly do not keep others out, and are cut off", async () => {
  const began = nowMs();
  const ends: Promise<void>[] = [], begun: Promise<void>[] = [];
  for (let i = 0; i < 300; i++) {
    const socket = connect(api);
    open.push(socket);
    socket.on("error", () => undefined);
    const kind = i % 3;
    begun.push(new Promise((resolve) => socket.on(ready(api), resolve)));
    socket.on(ready(api), () => {
      if (kind === 1) socket.write("GET /api/v1/me HTTP/1.1\r\nHost: ");
      if (kind === 2) socket.write("POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    });
    socket.on("data", () => undefined);
    if (kind > 0) ends.push(new Promise((resolve) => socket.on("close", resolve)));
  }
  await within("300 connections", 20000, Promise.all(begun)); // their handshakes are this process's work, too
  let slowest = 0;
  for (let i = 0; i < 20; i++) {
    const at = nowMs();
    assert.equal(await me(), 200);
    slowest = Math.max(slowest, nowMs() - at);
  }
  console.log(`beside 300 idle connections the slowest of 20 answers took ${slowest.toFixed(1)} ms`);
  assert.ok(slowest < 500, `an answer took ${slowest} ms`);
  await within("the end of half requests", 40000, Promise.all(ends));
  console.log(`half requests were cut off after ${((nowMs() - began) / 1000).toFixed(1)} s`);
});

test("a gateway that is killed comes back, and tokens still hold", async () => {
  const pid = deployment.pid("gateway"), at = deployment.kill("gateway");
  await until("an answer after the restart", 15000, async () => (await me()) === 200);
  console.log(`it answered ${(nowMs() - at).toFixed(0)} ms after kill -9`);
  await deployment.restarted("gateway", pid);
  const renewed = await api.ask("POST", "/api/v1/token", { body: { refreshToken: someone.refreshToken } });
  assert.equal(renewed.status, 200, "sessions are in PostgreSQL");
});
