// SPDX-License-Identifier: Apache-2.0
// Administration: health of all processes, names, configurations with history and undo, prompts, people, the audit log.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { centreApply } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Answer } from "../../lib/http";
import { until } from "../../lib/wait";
import { person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api;
let admin: Someone, supervisor: Someone, agent: Someone;
let version = 0; // in force before the tests
const mark = `t${Date.now().toString(36)}`;
const ask = (method: string, path: string, who = admin, body?: unknown): Promise<Answer> =>
  api.ask(method, `/api/v1${path}`, { token: who.accessToken, ...(body === undefined ? {} : { body }) });
const good = async (method: string, path: string, body?: unknown): Promise<any> => {
  const answer = await ask(method, path, admin, body);
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.text.slice(0, 300)}`);
  return answer.json;
};

/** A WAV of 16 bits. */
function wav(rate: number, channels: number, seconds: number): Uint8Array {
  const samples = Math.round(rate * seconds) * channels, bytes = new Uint8Array(44 + samples * 2), view = new DataView(bytes.buffer);
  const text = (at: number, word: string): void => word.split("").forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples * 2, true);
  for (let i = 0; i < samples; i++) view.setInt16(44 + i * 2, Math.round(8000 * Math.sin((2 * Math.PI * 440 * Math.floor(i / channels)) / rate)), true);
  return bytes;
}
const upload = (name: string, sound: Uint8Array | string, query = ""): Promise<Answer> =>
  api.ask("PUT", `/api/v1/prompts/${name}${query}`, { token: admin.accessToken, raw: sound, headers: { "content-type": "audio/wav" }, timeoutMs: 20000 });
const clone = (value: unknown): any => JSON.parse(JSON.stringify(value));
/** Wrong passwords count for the address: each run comes from one of its own. */
const from = `127.0.78.${1 + (Date.now() % 250)}`;
const loginStatus = async (login: string, password: string): Promise<number> => (await api.ask("POST", "/api/v1/login", { body: { login, password }, from })).status;
const cached = (edge: string, name: string): string => join(deployment.varDir, "prompt-cache", edge, `${name}.wav`);
const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

before(async () => {
  await centreApply(deployment);
  admin = await person(deployment, ["administrator"]);
  supervisor = await person(deployment, ["supervisor"]);
  agent = await person(deployment, ["agent"]);
  version = Number((await good("GET", "/config")).version);
});
after(async () => {
  if (Number((await good("GET", "/config")).version) !== version) await deployment.ctlGood("undo", String(version), "--note", `${mark}: as before`);
  for (const who of [supervisor, agent, admin]) await deployment.asAdmin("DELETE", `/people/${who.login}`);
});

test("every process says how it is, with what it is loaded with", async () => {
  const page = await until("a report of each process", 12000, async () => {
    const reply = await good("GET", "/system");
    return deployment.services().every((name) => reply.services.some((service: any) => service.instance === name && service.state !== "silent")) ? reply : undefined;
  });
  const of = (name: string): any => page.services.find((service: any) => service.instance === name);
  for (const name of deployment.services()) {
    assert.ok(Number(of(name).memoryBytes) > 1e6 && of(name).version, name);
    assert.ok(of(name).checks.some((check: any) => check.name === "bus" && check.state === "ok"), `${name} is on the bus`);
  }
  const leaders = page.services.flatMap((service: any) => service.load).filter((figure: any) => figure.name === "farseat_acd_leader" && figure.value === 1);
  assert.equal(leaders.length, 1);
  const credit = of("edge-hq").load.find((figure: any) => figure.name === "farseat_edge_incoming_legs");
  assert.ok(credit.limit > 0, "an edge tells its credit");
  assert.ok(!page.faults.some((fault: any) => ["acd-no-leader", "edge-silent", "bus-away"].includes(fault.code)), JSON.stringify(page.faults));
  assert.equal((await ask("GET", "/system", supervisor)).status, 200);
  assert.equal((await ask("GET", "/system", agent)).status, 403);
  const shown = await deployment.ctl("get", "services");
  for (const name of deployment.services()) assert.match(shown.out, new RegExp(`^${name} `, "m"));
});

test("names for everybody, and only once", async () => {
  const first = await ask("GET", "/directory", agent);
  assert.equal(first.status, 200);
  assert.equal(first.json.centre, "Test");
  assert.deepEqual(first.json.queues.map((queue: any) => queue.id).sort(), ["sales", "support"]);
  assert.deepEqual(first.json.agents.find((one: any) => one.id === "ann"), { id: "ann", name: "ANN", team: "first-line", site: "hq", phone: "2001", queues: [] });
  assert.ok(first.json.queueSettings.some((queue: any) => queue.id === "sales" && queue.serviceLevelMs === 20000));
  const tag = first.headers["etag"] ?? "";
  assert.match(tag, /^".+"$/);
  const again = await api.ask("GET", "/api/v1/directory", { token: agent.accessToken, headers: { "if-none-match": tag } });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  const other = await api.ask("GET", "/api/v1/directory", { token: agent.accessToken, headers: { "if-none-match": '"another"' } });
  assert.equal(other.status, 200);
});

test("each configuration is kept with its author and note, and comes back", async () => {
  const now = await good("GET", "/config"), changed = clone(now.config);
  changed.queues[0].greeting = ["en/queue"];
  changed.phones.push({ id: `9${Date.now() % 1000000}`, site: "hq" });
  changed.targets = [{ kpi: "sl_negative", queue: "", low: 0.8, high: 1 }];
  const phone = changed.phones.at(-1).id;
  const dry = await good("PUT", "/config", { config: changed, expectedVersion: now.version, note: "", dryRun: true });
  assert.ok(dry.ok && dry.text.includes(`without a secret: ${phone}`), dry.text);
  assert.equal((await good("GET", "/config")).version, now.version, "a dry run changes nothing");
  const done = await good("PUT", "/config", { config: changed, expectedVersion: now.version, note: `${mark}: a greeting` });
  assert.ok(done.ok);
  const next = Number(now.version) + 1;
  const row = await until("the new version's row", 5000, async () => (await good("GET", "/config/history")).versions.find((one: any) => Number(one.version) === next && one.hash !== "" && one.note));
  assert.deepEqual([row.by, row.note, row.inForce], [admin.login, `${mark}: a greeting`, true]);
  const kept = await good("GET", `/config/history/${next}`);
  assert.deepEqual(kept.config.queues[0].greeting, ["en/queue"]);
  assert.deepEqual(kept.config.targets, [{ kpi: "sl_negative", queue: "", low: 0.8, high: 1 }]);
  assert.equal((await ask("PUT", "/config", admin, { config: changed, expectedVersion: now.version, note: "late" })).status, 409);
  const wrong = clone(changed);
  wrong.targets[0].low = 2;
  const refused = await ask("PUT", "/config", admin, { config: wrong, expectedVersion: String(next), dryRun: true });
  assert.equal(refused.status, 400);
  assert.match(refused.json.text, /targets\[0\]: low 2 and high 1/);
  assert.match(await deployment.ctlGood("history"), new RegExp(`${next}\\* .*${mark}`));
  assert.match(await deployment.ctlGood("undo", now.version, "--note", `${mark}: undone`), /ok position=/);
  const back = await good("GET", "/config");
  assert.deepEqual(back.config, now.config);
  const restored = await until("the undone version", 5000, async () => (await good("GET", "/config/history?limit=1")).versions.find((one: any) => one.version === back.version && one.inForce));
  assert.equal(restored.note, `${mark}: undone`);
  assert.equal((await good("GET", `/config/history?before=${back.version}&limit=1`)).versions[0].version, String(next));
  version = Number(back.version);
  assert.equal((await ask("GET", "/config/history/999999999")).status, 404);
  assert.equal((await ask("GET", "/config/history", agent)).status, 403);
});

test("a prompt is uploaded, heard, used, and goes when nothing uses it", async () => {
  const name = `${mark}/hello`;
  const made = await upload(name, wav(44100, 2, 1.5), "?text=Hello&language=en");
  assert.equal(made.status, 200, made.text);
  assert.deepEqual([made.json.name, made.json.source, made.json.text, made.json.language, made.json.durationMs, made.json.by, made.json.wav], [name, "uploaded", "Hello", "en", 1500, admin.login, ""]);
  const sound = await api.ask("GET", `/api/v1/prompts/${encodeURIComponent(name)}/audio`, { token: supervisor.accessToken });
  assert.equal(sound.headers["content-type"], "audio/wav");
  assert.equal(sha(sound.body), made.json.sha256);
  assert.deepEqual([sound.body.readUInt16LE(20), sound.body.readUInt16LE(22), sound.body.readUInt32LE(24)], [6, 1, 8000], "A-law, one channel, 8 kHz");
  for (const edge of ["edge-hq", "edge-branch"])
    await until(`${edge}'s copy`, 5000, () => existsSync(cached(edge, name)) && sha(readFileSync(cached(edge, name))) === made.json.sha256);
  const list = (await good("GET", "/prompts")).prompts;
  assert.ok(list.some((prompt: any) => prompt.name === name && prompt.source === "uploaded"));
  assert.ok(list.some((prompt: any) => prompt.name === "en/welcome" && prompt.source === "built-in" && prompt.text.startsWith("Welcome") && prompt.durationMs > 500));
  const now = await good("GET", "/config"), config = clone(now.config);
  config.queues[0].greeting = [name, `${mark}/nowhere`];
  const done = await good("PUT", "/config", { config, expectedVersion: now.version, note: `${mark}: greeting` });
  assert.match(done.text, new RegExp(`^warning: queues\\[sales\\]: there is no prompt "${mark}/nowhere"`, "m"));
  assert.ok(!done.text.includes(`"${name}"`));
  await until("the refusal of the removal", 5000, async () => (await ask("POST", `/prompts/${name}/remove`)).status === 409);
  await good("PUT", "/config", { config: now.config, note: `${mark}: back` });
  await until("the removal", 5000, async () => (await ask("POST", `/prompts/${name}/remove`)).status === 200);
  version = Number((await good("GET", "/config")).version);
  for (const edge of ["edge-hq", "edge-branch"]) await until(`${edge} forgetting it`, 5000, () => !existsSync(cached(edge, name)));
  assert.equal((await ask("GET", `/prompts/${name}/audio`)).status, 404);
  assert.equal((await ask("POST", `/prompts/${name}/remove`)).status, 404);
});

test("a text is spoken in both languages", async () => {
  for (const [language, text] of [["zh", "您好，请稍候。"], ["en", "Good morning."]] as const) {
    const name = `${mark}/${language}`, made = await good("POST", `/prompts/${name}/synthesise`, { text, language });
    assert.deepEqual([made.source, made.text, made.language], ["synthesised", text, language]);
    assert.ok(made.durationMs > 500 && made.durationMs < 6000, `${language}: ${made.durationMs} ms`);
    await until("its name in the list", 3000, async () => (await good("GET", "/prompts")).prompts.some((prompt: any) => prompt.name === name));
    await good("POST", `/prompts/${name}/remove`);
  }
  for (const body of [{ text: "", language: "en" }, { text: "x".repeat(2001), language: "en" }, { text: "hello", language: "xx" }, { text: "a\u0007b", language: "en" }])
    assert.equal((await ask("POST", `/prompts/${mark}/bad/synthesise`, admin, body)).status, 400, JSON.stringify(body).slice(0, 60));
});

test("what is no prompt, or not for one to make, is refused in words", async () => {
  const no = await upload(`${mark}/no`, "this is no sound");
  assert.deepEqual([no.status, no.json.code], [400, "EPROTO"]);
  assert.equal((await upload(`${mark}/no`, "")).status, 400);
  const long = await upload(`${mark}/long`, wav(8000, 1, 130));
  assert.equal(long.status, 400);
  assert.match(long.json.text, /130 s long, 112 s/);
  const huge = await upload(`${mark}/huge`, new Uint8Array(10 * 1024 * 1024 + 1)).then((answer) => answer.status, () => 413);
  assert.equal(huge, 413, "or the connection is closed while we still send");
  for (const name of ["Bad", "a.b", "music", `${"x".repeat(128)}`]) assert.equal((await upload(name, wav(8000, 1, 0.2))).status, 400, name);
  assert.equal((await ask("POST", "/prompts/en/welcome/remove")).status, 409, "built in");
  assert.equal((await ask("PUT", `/prompts/${mark}/x`, supervisor, {})).status, 403);
  assert.equal((await ask("GET", "/prompts", agent)).status, 403);
});

test("a built-in prompt can be replaced, and comes back", async () => {
  const builtIn = (await api.ask("GET", "/api/v1/prompts/en/goodbye/audio", { token: admin.accessToken })).body;
  assert.equal((await upload("en/goodbye", wav(16000, 1, 0.5))).status, 200);
  await until("the new one", 3000, async () => (await good("GET", "/prompts")).prompts.some((prompt: any) => prompt.name === "en/goodbye" && prompt.source === "uploaded"));
  await good("POST", "/prompts/en/goodbye/remove");
  await until("the built-in one", 3000, async () => (await good("GET", "/prompts")).prompts.some((prompt: any) => prompt.name === "en/goodbye" && prompt.source === "built-in"));
  assert.deepEqual((await api.ask("GET", "/api/v1/prompts/en/goodbye/audio", { token: admin.accessToken })).body, builtIn);
});

test("people are disabled, get new passwords, and go; somebody always administers", async () => {
  const someone = await person(deployment, ["agent"]), put = (who: Record<string, unknown>, more = {}): Promise<Answer> => ask("POST", "/people", admin, { person: who, ...more });
  const base = { login: someone.login, name: "Some One", roles: ["agent"] };
  assert.equal((await put({ ...base, disabled: true })).status, 200);
  assert.equal(await loginStatus(someone.login, someone.password), 401);
  const renewed = await put({ ...base, disabled: false }, { generatePassword: true });
  assert.ok(renewed.json.password.length >= 12);
  assert.equal(await loginStatus(someone.login, someone.password), 401);
  assert.equal((await api.login(someone.login, renewed.json.password)).person.name, "Some One");
  assert.equal((await put({ ...base, roles: ["wizard"] })).status, 400);
  assert.equal((await ask("DELETE", `/people/${someone.login}`, supervisor)).status, 403);
  await good("DELETE", `/people/${someone.login}`);
  assert.equal(await loginStatus(someone.login, renewed.json.password), 401);
  assert.equal((await ask("DELETE", `/people/${someone.login}`)).status, 404);
});

test("the last administrator stays, whatever is tried", async () => {
  const people = (await good("GET", "/people")).people, others = people.filter((one: any) => one.roles.includes("administrator") && !one.disabled && one.login !== admin.login);
  try {
    for (const one of others) assert.equal((await ask("POST", "/people", admin, { person: { ...one, disabled: true } })).status, 200);
    const me = people.find((one: any) => one.login === admin.login);
    for (const attempt of [{ ...me, disabled: true }, { ...me, roles: ["supervisor"] }]) {
      const answer = await ask("POST", "/people", admin, { person: attempt });
      assert.deepEqual([answer.status, answer.json.code], [409, "ESTATE"]);
    }
    assert.equal((await ask("DELETE", `/people/${admin.login}`)).status, 409);
    assert.equal((await good("GET", "/people")).people.find((one: any) => one.login === admin.login).disabled, false);
  } finally {
    for (const one of others) await ask("POST", "/people", admin, { person: one });
  }
});

test("the audit log is searched, page after page", async () => {
  const mine = await until("the uploads' lines", 5000, async () => {
    const reply = await good("GET", `/audit?login=${admin.login}&action=prompt-uploaded&target=${encodeURIComponent(`${mark}/hello`)}`);
    return reply.entries.length > 0 ? reply : undefined;
  });
  assert.deepEqual([mine.entries.length, mine.entries[0].outcome, mine.next], [1, "ok", "0"]);
  const seen: string[] = [];
  let cursor = "0";
  do {
    const reply = await good("GET", `/audit?login=${admin.login}&action=prompt-&limit=3${cursor === "0" ? "" : `&cursor=${cursor}`}`);
    assert.ok(reply.entries.length <= 3 && reply.entries.every((entry: any) => entry.login === admin.login && entry.action.startsWith("prompt-")));
    seen.push(...reply.entries.map((entry: any) => `${entry.atUs} ${entry.action} ${entry.target}`));
    cursor = reply.next;
  } while (cursor !== "0");
  const whole = (await good("GET", `/audit?login=${admin.login}&action=prompt-&limit=1000`)).entries.map((entry: any) => `${entry.atUs} ${entry.action} ${entry.target}`);
  assert.deepEqual(seen, whole);
  assert.ok(seen.length > 6);
  assert.deepEqual((await good("GET", "/audit?action=%25")).entries, [], "a percent sign is one");
  assert.equal((await ask("GET", "/audit", supervisor)).status, 403);
});
