// SPDX-License-Identifier: Apache-2.0
// Logins: guessing is slowed, refresh tokens are good once, passwords change, the audit log tells.
import { before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Deployment } from "../../lib/deployment";
import { Answer } from "../../lib/http";
import { nowMs, until } from "../../lib/wait";
import { WebSocket } from "../../lib/websocket";
import { person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api;
let admin: Someone;
let addresses = 0;
/** Failures count for the address too: each test comes from one of its own. */
const address = (): string => `127.0.77.${++addresses + (Date.now() % 200)}`;
const login = (name: string, password: string, from?: string): Promise<Answer> => api.ask("POST", "/api/v1/login", { body: { login: name, password }, ...(from ? { from } : {}) });
const refresh = (refreshToken: string): Promise<Answer> => api.ask("POST", "/api/v1/token", { body: { refreshToken } });
const me = (token: string): Promise<Answer> => api.ask("GET", "/api/v1/me", { token });

before(async () => {
  admin = await person(deployment, ["administrator"]);
});

test("a login says who one is and what one may do; a wrong one says no more than that", async () => {
  const someone = await person(deployment, ["quality"]), from = address();
  assert.equal(someone.person.login, someone.login);
  assert.ok(someone.permissions.includes("RECORDING_PLAY") && !someone.permissions.includes("CONFIG_WRITE"));
  assert.equal(someone.expiresInS, 900);
  const wrong = await login(someone.login, "not-the-password", from), nobody = await login("no-such-login", "not-the-password", from);
  assert.deepEqual([wrong.status, nobody.status], [401, 401]);
  assert.equal(wrong.text, nobody.text, "both are told the same");
  for (const [name, password] of [["", ""], [someone.login, ""], [someone.login, "x".repeat(5000)], [`${someone.login}\u0000`, someone.password]] as const)
    assert.ok([400, 401].includes((await login(name, password, from)).status), JSON.stringify([name, password.slice(0, 10)]));
});

test("an unknown login takes as long as a known one", async () => {
  const someone = await person(deployment, ["agent"]), from = address();
  const took = async (name: string): Promise<number> => {
    const at = nowMs();
    await login(name, "not-the-password", from);
    return nowMs() - at;
  };
  const known = Math.min(await took(someone.login), await took(someone.login)), unknown = Math.min(await took("nobody-1"), await took("nobody-2"));
  console.log(`known ${known.toFixed(0)} ms, unknown ${unknown.toFixed(0)} ms`);
  assert.ok(unknown > known / 3, "the time tells whether a login exists");
});

test("guessing is slowed, for the login and for the address", async () => {
  const someone = await person(deployment, ["agent"]), other = await person(deployment, ["agent"]), from = address();
  const tries = [];
  for (let i = 0; i < 7; i++) tries.push((await login(someone.login, `wrong-${i}`, from)).status);
  assert.deepEqual(tries.slice(0, 5), [401, 401, 401, 401, 401]);
  assert.equal(tries[5], 429);
  const refused = await login(someone.login, someone.password, from);
  assert.equal(refused.status, 429, "the right password has to wait as well");
  assert.match(refused.json.text, /in \d+ s/);
  assert.equal((await login(someone.login, someone.password)).status, 429, "from elsewhere too");
  assert.equal((await login(other.login, other.password, from)).status, 429, "another login from there too");
  assert.equal((await login(other.login, other.password)).status, 200, "from elsewhere not");
  const at = nowMs();
  await until("the end of the wait", 6000, async () => (await login(someone.login, someone.password)).status === 200, 200);
  console.log(`after ${(nowMs() - at).toFixed(0)} ms the right password was taken again`);
});

test("guessing at the same time helps as little, nor does guessing by the change of the password", async () => {
  const someone = await person(deployment, ["agent"]), other = await person(deployment, ["agent"]), from = address();
  const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => login(someone.login, `wrong-${i}`, address())));
  const looked = tries.filter((answer) => answer.status === 401).length;
  assert.ok(looked >= 1 && looked <= 5, `${looked} were looked at`);
  assert.equal(tries.filter((answer) => answer.status === 429).length, 20 - looked);
  const change = (password: string) => api.ask("POST", "/api/v1/me/password", { token: other.accessToken, from,
    body: { password, newPassword: "a-new-password" } });
  const changes = [];
  for (let i = 0; i < 6; i++) changes.push((await change(`wrong-${i}`)).status);
  assert.deepEqual(changes, [403, 403, 403, 403, 403, 429]);
  assert.equal((await change(other.password)).status, 429, "the right one has to wait as well");
  assert.equal((await login(other.login, other.password, address())).status, 429, "and so has a login");
  await until("the end of the wait", 6000, async () => (await change(other.password)).status === 200, 200);
});

test("a refresh token is good once", async () => {
  const someone = await person(deployment, ["agent"]);
  const first = await refresh(someone.refreshToken);
  assert.equal(first.status, 200);
  assert.equal((await me(first.json.accessToken)).status, 200);
  assert.notEqual(first.json.refreshToken, someone.refreshToken);
  assert.equal((await refresh(someone.refreshToken)).status, 401, "used");
  const again = await refresh(first.json.refreshToken);
  assert.equal(again.status, 200);
  const race = await Promise.all(Array.from({ length: 8 }, () => refresh(again.json.refreshToken)));
  assert.equal(race.filter((answer) => answer.status === 200).length, 1, "of eight at once one wins");
  for (const wrong of ["", "x", "x".repeat(4000)]) assert.ok([400, 401].includes((await refresh(wrong)).status));
});

test("log out ends the session's refreshing", async () => {
  const someone = await person(deployment, ["agent"]);
  assert.equal((await api.ask("POST", "/api/v1/logout", { token: someone.accessToken })).status, 200);
  assert.equal((await refresh(someone.refreshToken)).status, 401);
});

test("a password changes with the present one only; other sessions end", async () => {
  const someone = await person(deployment, ["agent"]);
  const here = (await login(someone.login, someone.password)).json;
  const change = (password: string, newPassword: string): Promise<Answer> =>
    api.ask("POST", "/api/v1/me/password", { token: here.accessToken, body: { password, newPassword } });
  assert.equal((await change("wrong-password", "a-new-password")).status, 403);
  assert.equal((await change(someone.password, "short")).status, 400);
  assert.equal((await change(someone.password, "x".repeat(300))).status, 400);
  assert.equal((await change(someone.password, "a-new-password")).status, 200);
  assert.equal((await refresh(someone.refreshToken)).status, 401, "the other session");
  assert.equal((await refresh(here.refreshToken)).status, 200, "this session");
  const from = address();
  assert.equal((await login(someone.login, someone.password, from)).status, 401);
  assert.equal((await login(someone.login, "a-new-password", from)).status, 200);
});

test("who is disabled gets no further", async () => {
  const someone = await person(deployment, ["agent"]);
  await deployment.asAdmin("POST", "/people", { person: { login: someone.login, name: "", roles: ["agent"], disabled: true } });
  assert.equal((await refresh(someone.refreshToken)).status, 401);
  assert.equal((await login(someone.login, someone.password, address())).status, 401);
});

test("farseatctl makes people too", async () => {
  const name = `ctl-${Date.now() % 1000000}`;
  const out = await deployment.ctlGood("person", "add", name, "--agent", "ben", "--roles", "agent,supervisor", "--name", "By hand");
  const password = /^password (\S+)$/m.exec(out)?.[1] ?? "";
  const reply = (await login(name, password)).json;
  assert.deepEqual([reply.person.agentId, reply.person.roles], ["ben", ["agent", "supervisor"]]);
});

test("the audit log has logins, denials, passwords and what people did, newest first", async () => {
  const someone = await person(deployment, ["agent"]), from = address();
  await login(someone.login, "not-the-password", from);
  const here = (await login(someone.login, someone.password, from)).json;
  await api.ask("POST", "/api/v1/me/password", { token: here.accessToken, body: { password: someone.password, newPassword: "a-new-password" } });
  const entries = (await api.ask("GET", "/api/v1/audit?limit=1000", { token: admin.accessToken })).json.entries as any[];
  for (let i = 1; i < entries.length; i++) assert.ok(Number(entries[i - 1].atUs) >= Number(entries[i].atUs) - 1e6, "the order of entries"); // as they were stored
  const his = entries.filter((entry) => entry.login === someone.login).map((entry) => [entry.action, entry.outcome, entry.client]).reverse();
  assert.deepEqual(his.slice(-3), [["login", "denied", from], ["login", "ok", from], ["password-changed", "ok", "127.0.0.1"]]);
  assert.ok(entries.some((entry) => entry.action === "person-put" && entry.target === someone.login), "who made him");
  assert.ok(!JSON.stringify(entries).includes(someone.password), "no password in it");
  const range = (await api.ask("GET", `/api/v1/audit?fromUs=${entries[0].atUs}&limit=10`, { token: admin.accessToken })).json.entries;
  assert.ok(range.every((entry: any) => Number(entry.atUs) >= Number(entries[0].atUs)));
});

// --- sessions in browsers ------------------------------------------------------------------------------------------------
const origin = `https://${api.host}:${api.port}`;
const withCookie = (cookie: string, path: string, headers: Record<string, string> = { origin }): Promise<Answer> =>
  api.ask("POST", `/api/v1${path}`, { body: {}, headers: { ...headers, cookie: `other=1; ${cookie}; last=2` } });
/** The cookie that an answer sets, as the browser would send it. */
const cookieOf = (answer: Answer): string => (answer.cookies[0] ?? "").split(";")[0] as string;
async function browser(someone: Someone): Promise<{ cookie: string; token: string }> {
  const answer = await api.ask("POST", "/api/v1/login", { body: { login: someone.login, password: someone.password, cookie: true }, headers: { origin, "user-agent": "Test/1.0" } });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.refreshToken, "", "the refresh token is in the cookie only");
  return { cookie: cookieOf(answer), token: answer.json.accessToken };
}

test("a browser's refresh token is a cookie that no script and no other site has", async () => {
  const someone = await person(deployment, ["agent"]);
  const login_ = await api.ask("POST", "/api/v1/login", { body: { login: someone.login, password: someone.password, cookie: true }, headers: { origin } });
  assert.match(login_.cookies[0] ?? "", /^farseat_refresh=[0-9a-f]{64}; Path=\/api\/v1; Max-Age=43200; HttpOnly; Secure; SameSite=Strict$/);
  const cookie = cookieOf(login_);
  for (const headers of [{}, { origin: "https://evil.example" }, { origin: `http://${api.host}:${api.port}` }, { origin: "null" }] as Record<string, string>[])
    assert.equal((await withCookie(cookie, "/token", headers)).status, 403, JSON.stringify(headers));
  const refused = await api.ask("POST", "/api/v1/login", { body: { login: someone.login, password: someone.password, cookie: true }, headers: { origin: "https://evil.example" } });
  assert.deepEqual([refused.status, refused.cookies], [403, []]);
  const first = await withCookie(cookie, "/token"), other = await withCookie(cookie, "/token"), next = cookieOf(first);
  assert.deepEqual([first.status, other.status], [200, 200], "two tabs");
  assert.notEqual(next, cookie);
  assert.equal(cookieOf(other), next, "both tabs are given the same next one");
  const race = await Promise.all(Array.from({ length: 6 }, () => withCookie(next, "/token")));
  assert.ok(race.every((answer) => answer.status === 200 && cookieOf(answer) === cookieOf(race[0] as Answer)), "six tabs at once");
  assert.equal((await withCookie(cookie, "/token")).status, 401, "the one before the former is gone");
  for (const wrong of ["farseat_refresh=", "farseat_refresh=x", `farseat_refresh=${"a".repeat(64)}`, `farseat_refresh=${"a".repeat(3000)}`, "xfarseat_refresh=1", "="])
    assert.equal((await withCookie(wrong, "/token")).status, 401, wrong.slice(0, 40));
  const out = await withCookie(cookieOf(race[0] as Answer), "/logout");
  assert.equal(out.status, 200, "log out by the cookie alone");
  assert.match(out.cookies[0] ?? "", /^farseat_refresh=; Path=\/api\/v1; Max-Age=0;/);
  assert.equal((await withCookie(cookieOf(race[0] as Answer), "/token")).status, 401);
  assert.equal((await me((race[5] as Answer).json.accessToken)).status, 401, "its access tokens died at once");
  assert.equal((await api.ask("POST", "/api/v1/logout")).status, 401, "nobody is logged in here");
});

test("the former refresh token is good for half a minute", { timeout: 60000 }, async () => {
  const someone = await person(deployment, ["agent"]), { cookie } = await browser(someone), at = nowMs();
  assert.equal((await withCookie(cookie, "/token")).status, 200);
  await until("the end of its time", 45000, async () => (await withCookie(cookie, "/token")).status === 401, 500);
  const took = nowMs() - at;
  console.log(`it was refused after ${(took / 1000).toFixed(1)} s`);
  assert.ok(took > 29000 && took < 36000, `${took} ms`);
});

test("people see and end their own sessions, and only these", async () => {
  const someone = await person(deployment, ["agent"]), other = await person(deployment, ["agent"]), here = await browser(someone), there = await browser(someone);
  const list = async (token: string): Promise<any[]> => (await api.ask("GET", "/api/v1/me/sessions", { token })).json.sessions;
  const mine = await list(here.token);
  assert.equal(mine.length, 3);
  assert.deepEqual(mine.map((session) => session.login), [someone.login, someone.login, someone.login]);
  assert.equal(mine.filter((session) => session.current).length, 1);
  assert.deepEqual([mine[0].userAgent, mine[0].client], ["Test/1.0", "127.0.0.1"]);
  assert.ok(Number(mine[0].expiresAtUs) > Number(mine[0].usedAtUs));
  const target = (await list(there.token)).find((session) => session.current).sessionId as string;
  const end = (token: string, id: string): Promise<Answer> => api.ask("POST", `/api/v1/me/sessions/${id}/end`, { token });
  assert.equal((await end(other.accessToken, target)).status, 404, "somebody else's");
  assert.equal((await end(here.token, "not-an-id")).status, 404);
  assert.equal((await end(here.token, target)).status, 200);
  assert.equal((await me(there.token)).status, 401, "at once");
  assert.equal((await withCookie(there.cookie, "/token")).status, 401);
  assert.equal((await me(here.token)).status, 200);
  assert.equal((await end(here.token, target)).status, 404, "it is gone");
  assert.equal((await list(here.token)).length, 2);
});

test("an administrator sees and ends others' sessions; a disabled person is out within a second", async () => {
  const someone = await person(deployment, ["agent"]), { token } = await browser(someone);
  const theirs = (path: string, method = "GET", by = admin.accessToken): Promise<Answer> => api.ask(method, `/api/v1/people/${someone.login}/${path}`, { token: by });
  assert.equal((await theirs("sessions", "GET", token)).status, 403);
  assert.equal((await theirs("end-sessions", "POST", token)).status, 403);
  const seen = (await theirs("sessions")).json.sessions as any[];
  assert.deepEqual([seen.length, seen.some((session) => session.current)], [2, false]);
  assert.equal((await theirs("end-sessions", "POST")).status, 200);
  assert.deepEqual([(await me(token)).status, (await me(someone.accessToken)).status], [401, 401]);
  assert.equal((await api.ask("POST", "/api/v1/people/nobody-of-this-name/end-sessions", { token: admin.accessToken })).status, 404);
  const again = (await login(someone.login, someone.password)).json.accessToken as string;
  assert.equal((await me(again)).status, 200);
  const at = nowMs();
  await deployment.asAdmin("POST", "/people", { person: { login: someone.login, name: "", roles: ["agent"], disabled: true } });
  await until("the end of his access token", 5000, async () => (await me(again)).status === 401, 50);
  console.log(`a disabled person's token was refused after ${(nowMs() - at).toFixed(0)} ms`);
  assert.ok(nowMs() - at < 3000);
  const entries = (await api.ask("GET", "/api/v1/audit?limit=200", { token: admin.accessToken })).json.entries as any[];
  assert.ok(entries.some((entry) => entry.action === "sessions-ended" && entry.target === someone.login && entry.login === admin.login));
});

test("log out is the end of the access token and of the live socket that it opened", async () => {
  const someone = await person(deployment, ["agent"]), { token } = await browser(someone);
  const socket = await WebSocket.open(api, "/api/v1/live/socket", "farseat.live.v1", { origin });
  socket.json({ token });
  await socket.message("{all}", 5000, (message) => message.all);
  assert.equal((await api.ask("POST", "/api/v1/logout", { token })).status, 200);
  assert.equal((await me(token)).status, 401);
  await socket.close(3000);
  assert.equal(socket.messages.find((message) => message.closed)?.closed.code, 4401);
  await assert.rejects(WebSocket.open(api, "/api/v1/live/socket", "farseat.live.v1", { origin: "https://evil.example" }), /no WebSocket: HTTP\/1\.[01] 403/);
});

test("one's language is kept, and said by the next token", async () => {
  const someone = await person(deployment, ["agent"]), { token, cookie } = await browser(someone);
  const say = (language: unknown): Promise<Answer> => api.ask("POST", "/api/v1/me/language", { token, body: { language } });
  for (const wrong of ["klingon", "x".repeat(500), 5]) assert.equal((await say(wrong)).status, 400);
  assert.equal((await say("zh")).status, 200);
  assert.equal((await withCookie(cookie, "/token")).json.person.language, "zh");
});
