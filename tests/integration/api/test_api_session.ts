// SPDX-License-Identifier: Apache-2.0
// Logins: guessing is slowed, refresh tokens are good once, passwords change, the audit log tells.
import { before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Deployment } from "../../lib/deployment";
import { Answer } from "../../lib/http";
import { nowMs, until } from "../../lib/wait";
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
  for (let i = 1; i < entries.length; i++) assert.ok(Number(entries[i - 1].atUs) >= Number(entries[i].atUs), "the order of entries");
  const his = entries.filter((entry) => entry.login === someone.login).map((entry) => [entry.action, entry.outcome, entry.client]).reverse();
  assert.deepEqual(his.slice(-3), [["login", "denied", from], ["login", "ok", from], ["password-changed", "ok", "127.0.0.1"]]);
  assert.ok(entries.some((entry) => entry.action === "person-put" && entry.target === someone.login), "who made him");
  assert.ok(!JSON.stringify(entries).includes(someone.password), "no password in it");
  const range = (await api.ask("GET", `/api/v1/audit?fromUs=${entries[0].atUs}&limit=10`, { token: admin.accessToken })).json.entries;
  assert.ok(range.every((entry: any) => Number(entry.atUs) >= Number(entries[0].atUs)));
});
