// SPDX-License-Identifier: Apache-2.0
// The OpenAPI page against the running server: a real call gives every operation something to answer; each is asked,
// each answer is held against its schema, and who may not is refused.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, caller, callerNumber, centre, centreApply, contactOf, DIRECT, MENU, SURVEYED } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Answer, Ask } from "../../lib/http";
import { Operation, Page, validateAnswer } from "../../lib/openapi";
import { Call, Phone, soundEnd } from "../../lib/phone";
import { token } from "../../lib/sip";
import { until } from "../../lib/wait";
import { page as pageOf, person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api;
const asked = new Set<string>(); // operations that answered 200
const phones: Phone[] = [], agents: Agent[] = [];
let page: Page, boss: Someone, admin: Someone;

function operation(method: string, template: string): Operation {
  const found = page.paths[template]?.[method.toLowerCase()];
  if (!found) throw new Error(`the page has no ${method} ${template}`);
  return found;
}

/** Asks, and holds the answer against the page. fill: what stands for {name}s, and the query. */
async function ask(method: string, template: string, fill: Record<string, string>, status = 200, more: Ask = {}): Promise<Answer> {
  const query = new Map(Object.entries(fill));
  const path = `/api/v1${template}`.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = query.get(name) ?? "";
    query.delete(name);
    return encodeURIComponent(value);
  });
  const described = operation(method, `/api/v1${template}`);
  for (const name of query.keys())
    assert.ok(described.parameters.some((parameter) => parameter.name === name && parameter.in === "query"), `${method} ${template}: ?${name} is not in the page`);
  const text = [...query].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const answer = await api.ask(method, text ? `${path}?${text}` : path, { token: boss.accessToken, ...more });
  assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 300)}`);
  const faults = validateAnswer(page, described, answer.status, answer.headers["content-type"] ?? "", answer.json);
  assert.deepEqual(faults, [], `${method} ${template}`);
  if (answer.status < 300) asked.add(`${method} ${template}`);
  return answer;
}

async function sit(id: string, talk = false): Promise<Agent> {
  const agent = await Agent.sit(deployment, id, [440], talk);
  agents.push(agent);
  return agent;
}
async function calls(number: string): Promise<[Phone, Call]> {
  const phone = await caller(deployment);
  phones.push(phone);
  return [phone, phone.call(number)];
}

before(async () => {
  await centreApply(deployment);
  page = await pageOf(deployment);
  boss = await person(deployment, ["supervisor"]);
  admin = await person(deployment, ["administrator", "supervisor"]);
});
after(async () => {
  for (const phone of phones) phone.close();
  for (const agent of agents) await agent.leave();
  await soundEnd();
});

test("one's own session", async () => {
  assert.match(page.openapi, /^3\.0\./);
  await ask("GET", "/openapi.json", {});
  const someone = await person(deployment, ["agent"], "ann");
  const { login, password } = someone;
  const reply = (await ask("POST", "/login", {}, 200, { body: { login, password } })).json;
  assert.equal(reply.person.login, login);
  const renewed = (await ask("POST", "/token", {}, 200, { body: { refreshToken: reply.refreshToken } })).json;
  assert.deepEqual((await ask("GET", "/me", {}, 200, { token: renewed.accessToken })).json.person.roles, ["agent"]);
  await ask("POST", "/me/language", {}, 200, { token: renewed.accessToken, body: { language: "zh" } });
  const sessions = (await ask("GET", "/me/sessions", {}, 200, { token: renewed.accessToken })).json.sessions as any[];
  await ask("POST", "/me/sessions/{sessionId}/end", { sessionId: sessions.find((session) => !session.current).sessionId }, 200, { token: renewed.accessToken });
  const admin = await deployment.adminToken();
  assert.equal((await ask("GET", "/me/phone", {}, 200, { token: renewed.accessToken })).json.phone, "2001");
  await ask("POST", "/me/phone/secret", {}, 200, { token: renewed.accessToken });
  await ask("POST", "/phones/{phone}/secret", { phone: "2001" }, 200, { token: admin });
  await centreApply(deployment); // the secret that ann's phone has
  assert.equal((await ask("GET", "/people/{login}/sessions", { login }, 200, { token: admin })).json.sessions.length, 1);
  await ask("POST", "/me/password", {}, 200, { token: renewed.accessToken, body: { password, newPassword: `${password}-2` } });
  await ask("POST", "/logout", {}, 200, { token: renewed.accessToken });
  await ask("POST", "/people/{login}/end-sessions", { login }, 200, { token: admin });
});

test("agents and contacts while a call lives", async () => {
  const ann = await sit("ann", true);
  const ben = await sit("ben");
  await ask("POST", "/agents/{agentId}/logout", { agentId: "ann" });
  await ask("POST", "/agents/{agentId}/login", { agentId: "ann" }, 200, { body: { phone: "2001" } });
  await ask("POST", "/agents/{agentId}/not-ready", { agentId: "ann" }, 200, { body: { reason: "break" } });
  await ask("POST", "/agents/{agentId}/ready", { agentId: "ann" });
  const why = (await ask("GET", "/agents/{id}/explain", { id: "ben" })).json;
  assert.deepEqual(why.queues.map((queue: any) => [queue.queueId, queue.eligible]), [["sales", false], ["support", false]]);
  ann.phone.answering = "ring";
  const [phone, call] = await calls(DIRECT);
  await ann.is("AGENT_RINGING");
  const contactId = (await contactOf(deployment, phone.options.user)).contactId as string;
  const mine = { contactId, agentId: "ann" };
  await ask("POST", "/contacts/{contactId}/answer", mine);
  await call.hears(500, 8000);
  await contactOf(deployment, phone.options.user, 5000, "CONTACT_TALKING");
  ann.phone.answering = "answer";
  const detail = (await ask("GET", "/contacts/live/{id}", { id: contactId })).json;
  const ring = detail.segments.find((segment: any) => segment.kind === "SEGMENT_RING");
  assert.equal(ring.decision.candidates[0].agentId, "ann");
  assert.ok((await ask("GET", "/contacts/live", {})).json.contacts.some((contact: any) => contact.contactId === contactId));
  const seen = (await ask("GET", "/agents", {})).json.agents.find((agent: any) => agent.agentId === "ann");
  assert.deepEqual([seen.state, seen.contactId, seen.siteId], ["AGENT_TALKING", contactId, "hq"]);
  const alone = (await ask("GET", "/agents", { id: "ann" })).json.agents;
  assert.deepEqual(alone.map((agent: any) => [agent.agentId, agent.contactId]), [["ann", contactId]]);
  await ask("POST", "/contacts/{contactId}/mute", mine);
  await ask("POST", "/contacts/{contactId}/unmute", mine);
  await ask("POST", "/contacts/{contactId}/hold", mine);
  await ask("POST", "/contacts/{contactId}/resume", mine);
  await ben.ready();
  await ask("POST", "/contacts/{contactId}/transfer", mine, 200, { body: { agentId: "ben" } });
  await call.hears(600, 8000);
  await until("ann's after-call work", 3000, async () => (await agents[0]?.view()).state === "AGENT_AFTER_CALL_WORK");
  await ask("POST", "/agents/{agentId}/end-after-call-work", { agentId: "ann" });
  await ask("POST", "/contacts/{contactId}/disposition", { contactId, agentId: "ben" }, 200, { body: { disposition: "solved", note: "done" } });
  await ask("POST", "/contacts/{contactId}/hang-up", { contactId, agentId: "ben" });
  await call.hasEnded(3000);
});

test("what lives, all at once", async () => {
  const [phone] = await calls(MENU);
  await contactOf(deployment, phone.options.user);
  const queues = (await ask("GET", "/queues", {})).json.queues;
  assert.deepEqual(queues.map((queue: any) => queue.queueId).sort(), ["sales", "support"]);
  await until("the live figures", 5000, async () => {
    const live = (await ask("GET", "/live", {})).json;
    return live.queues.length === 2 && live.agents.length >= 2;
  });
  const status = (await ask("GET", "/status", {})).json;
  assert.match(status.leader, /^acd-[12]$/);
});

test("a finished contact: record, recording, ticket, customer, report", async () => {
  const ben = agents[1] as Agent;
  await ben.act("end-after-call-work").catch(() => undefined);
  await ben.ready();
  const [phone, call] = await calls(SURVEYED);
  await call.hears(600, 8000);
  const number = phone.options.user;
  const contactId = (await contactOf(deployment, number, 5000, "CONTACT_TALKING")).contactId as string;
  await call.bye();
  await ben.is("AGENT_AFTER_CALL_WORK");
  await ask("POST", "/agents/{agentId}/end-after-call-work", { agentId: "ben" });

  const history = await until("the contact's record in the reports", 20000, async () => {
    const answer = await api.ask("GET", `/api/v1/contacts/${contactId}`, { token: boss.accessToken });
    return answer.status === 200 && (await ask("GET", "/contacts/{contactId}", { contactId })).json;
  }, 200);
  assert.equal(history.contact.result, "RESULT_ANSWERED");
  const found = (await ask("GET", "/contacts", { number, limit: "10" })).json;
  assert.deepEqual(found.contacts.map((contact: any) => contact.contactId), [contactId]);

  const part = await until("the recording's end", 10000, async () => {
    const { parts } = (await ask("GET", "/recordings", { contactId })).json;
    return parts[0]?.state === "complete" && parts[0];
  }, 200);
  const sound = await ask("GET", "/recordings/{recordingId}/audio", { recordingId: part.recordingId, part: "1" });
  assert.equal(sound.body.subarray(0, 4).toString("latin1"), "RIFF");
  assert.equal(sound.body.length, Number(part.audioBytes));
  const wave = (await ask("GET", "/recordings/{recordingId}/peaks", { recordingId: part.recordingId, part: "1", points: "64" })).json;
  assert.deepEqual([wave.left.length, wave.right.length, wave.recordedMs], [64, 64, part.recordedMs]);
  const { ticket: ticket_ } = (await ask("POST", "/recordings/{recordingId}/ticket", { recordingId: part.recordingId })).json;
  await ask("GET", "/recordings/{recordingId}/audio", { recordingId: part.recordingId, ticket: ticket_ }, 200, { token: "" });

  const ticket = await until("the contact's ticket", 10000, async () => (await ask("GET", "/tickets", { contactId })).json.tickets[0], 200);
  assert.equal(ticket.caller.canonical, `+86${number}`);
  const whole = (await ask("GET", "/tickets/{id}", { id: ticket.ticketId })).json;
  assert.ok(whole.events.length > 0, "a ticket has a history");
  const changed = (await ask("PUT", "/tickets/{id}", { id: ticket.ticketId }, 200, { body: { ...whole, events: [], subject: "changed", status: "pending" } })).json;
  assert.deepEqual([changed.subject, changed.status, changed.revision], ["changed", "pending", whole.revision + 1]);
  await ask("PUT", "/tickets/{id}", { id: ticket.ticketId }, 409, { body: { ...whole, events: [], subject: "too late" } });
  const made = (await ask("POST", "/tickets", {}, 200, { body: { subject: "by hand", businessType: "order", customerId: ticket.customerId } })).json;
  assert.ok(made.ticketId && made.number);

  const customer = (await ask("GET", "/customers", { number })).json.customers[0];
  assert.equal(customer.customerId, ticket.customerId);
  assert.equal((await ask("GET", "/customers/{id}", { id: customer.customerId })).json.revision, customer.revision);
  const named = (await ask("PUT", "/customers/{id}", { id: customer.customerId }, 200, { body: { ...customer, name: "Named" } })).json;
  assert.equal(named.name, "Named");
  await ask("POST", "/customers", {}, 200, { body: { name: `New ${token()}`, numbers: [{ raw: callerNumber() }] } });

  const day = new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10); // the centre's day
  const report = (await ask("GET", "/reports/kpi", { day })).json;
  assert.equal(report.timeZone, "Asia/Shanghai");
  const table = (await ask("GET", "/reports/table", { from: day, to: day, interval: "60m", by: "queue", before: "true" })).json;
  assert.equal(table.totals.find((row: any) => row.id === "support").queue.offered, report.queues.find((queue: any) => queue.queueId === "support").offered);
  const { definitions } = (await ask("GET", "/reports/definitions", {})).json;
  assert.ok(definitions.some((definition: any) => definition.id === "service_level" && definition.name.zh));
  const owner = await person(deployment, ["agent"], "ben");
  const own = (await ask("GET", "/reports/mine", {}, 200, { token: owner.accessToken })).json;
  assert.deepEqual([own.agents.map((agent: any) => agent.agentId), own.queues, own.funnel ?? null], [["ben"], [], null]);
  await ask("GET", "/reports/export", { from: day, to: day, by: "agent", format: "csv" });
  await ask("GET", "/contacts/export", { fromUs: String(Date.parse(`${day}T00:00:00+08:00`) * 1000), format: "xlsx", lang: "zh" });
  assert.ok(Number(report.funnel.arrived) >= 1 && report.queues.some((queue: any) => queue.queueId === "support"));
});

test("configuration, people, the audit log", async () => {
  const token_ = { token: admin.accessToken };
  const config = (await ask("GET", "/config", {}, 200, token_)).json;
  await ask("PUT", "/config", {}, 200, { ...token_, body: { config: config.config, dryRun: true } });
  const wrong = { ...config.config, queues: [{ ...config.config.queues[0], skills: [{ skill: "nothing", level: 1 }] }] };
  const refused = await ask("PUT", "/config", {}, 400, { ...token_, body: { config: wrong, dryRun: true } });
  assert.match(refused.json.text, /nothing/);
  const people = (await ask("GET", "/people", {}, 200, token_)).json.people;
  assert.ok(people.some((one: any) => one.login === boss.login));
  const login = `made-${token()}`;
  const made = (await ask("POST", "/people", {}, 200, { ...token_, body: { person: { login, name: "", roles: ["quality"] }, generatePassword: true } })).json;
  assert.ok(made.password.length >= 12);
  await api.login(login, made.password);
  const versions = (await ask("GET", "/config/history", { limit: "5" }, 200, token_)).json.versions;
  await ask("GET", "/config/history/{version}", { version: String(versions[0].version) }, 200, token_);
  const directory = (await ask("GET", "/directory", {})).json;
  assert.ok(directory.agents.some((agent: any) => agent.id === "ann"));
  assert.ok((await ask("GET", "/system", {}, 200, token_)).json.services.length > 0);
  const entries = (await ask("GET", "/audit", { limit: "50" }, 200, token_)).json.entries;
  assert.ok(entries.some((entry: any) => entry.action === "person-put" && entry.target === login && entry.login === admin.login));
  await ask("DELETE", "/people/{login}", { login }, 200, token_);
  assert.ok(Object.keys(centre(deployment)).length > 0);
});

test("prompts", async () => {
  const token_ = { token: admin.accessToken }, name = `page-${token()}`;
  await ask("POST", "/prompts/{name}/synthesise", { name }, 200, { ...token_, body: { text: "one two", language: "en" }, timeoutMs: 20000 });
  const listed = await until("the prompt", 3000, async () => (await ask("GET", "/prompts", {}, 200, token_)).json.prompts.find((prompt: any) => prompt.name === name), 100);
  assert.equal(listed.source, "synthesised");
  const sound = (await ask("GET", "/prompts/{name}/audio", { name }, 200, token_)).body;
  await ask("PUT", "/prompts/{name}", { name }, 200, { ...token_, raw: sound, headers: { "content-type": "audio/wav" } });
  await until("its removal", 3000, async () => (await api.ask("POST", `/api/v1/prompts/${name}/remove`, token_)).status === 200, 100);
  asked.add("POST /prompts/{name}/remove");
});

test("every operation of the page has been asked", () => {
  const all = Object.entries(page.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`));
  assert.deepEqual(all.filter((one) => !asked.has(one)), []);
  console.log(`${all.length} operations asked`);
});

test("without a token, or with a false one, the answer is 401", async () => {
  const [head, body] = boss.accessToken.split(".");
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64").replace(/=+$/, "");
  const false_ = ["", "x", `${head}.${body}.AAAA`, `${none}.${body}.`, boss.accessToken.slice(0, -2), "x".repeat(3000)];
  for (const [path, methods] of Object.entries(page.paths)) {
    for (const [method, described] of Object.entries(methods)) {
      if (described.security) continue; // open to all
      const real = path.replace(/\{\w+\}/g, "x");
      for (const one of false_) {
        const answer = await api.ask(method.toUpperCase(), real, one ? { token: one } : {});
        assert.equal(answer.status, 401, `${method} ${path} with '${one.slice(0, 20)}'`);
        assert.deepEqual(validateAnswer(page, described, 401, answer.headers["content-type"] ?? "", answer.json), []);
      }
    }
  }
});

test("roles that may not get 403, by the permission that the page names", async () => {
  let refused = 0;
  for (const role of ["agent", "quality", "supervisor", "administrator"]) {
    const someone = await person(deployment, [role], role === "agent" ? "ann" : "");
    for (const [path, methods] of Object.entries(page.paths)) {
      for (const [method, described] of Object.entries(methods)) {
        const permission = /^Permission: (\w+)/.exec(described.description ?? "")?.[1];
        if (!permission || someone.permissions.includes(permission)) continue;
        const answer = await api.ask(method.toUpperCase(), path.replace(/\{\w+\}/g, "x"), { token: someone.accessToken });
        assert.equal(answer.status, 403, `${role}: ${method} ${path}: ${answer.text}`);
        assert.match(answer.json.text, new RegExp(permission));
        refused++;
      }
    }
  }
  assert.ok(refused > 20, `${refused} were refused`);
});

test("an agent acts for himself only", async () => {
  const someone = await person(deployment, ["agent"], "ann"), token_ = someone.accessToken;
  const nobody = await person(deployment, ["agent"]);
  const mine = await api.ask("POST", "/api/v1/agents/ann/not-ready", { token: token_, body: { reason: "break" } });
  assert.equal(mine.status, 200, mine.text);
  for (const path of ["/api/v1/agents/ben/ready", "/api/v1/contacts/x/hang-up?agentId=ben", "/api/v1/agents/ben/logout"])
    assert.equal((await api.ask("POST", path, { token: token_ })).status, 403, path);
  assert.equal((await api.ask("POST", "/api/v1/agents/ann/ready", { token: nobody.accessToken })).status, 403, "a login without an agent");
  const day = await api.ask("GET", "/api/v1/contacts?limit=100", { token: token_ });
  assert.equal(day.status, 200);
  for (const contact of day.json.contacts) assert.ok(contact.agentIds.includes("ann"), "a contact in which he did not talk");
  assert.equal((await api.ask("GET", "/api/v1/contacts?agentId=ben", { token: token_ })).status, 403);
  const by = await api.ask("POST", "/api/v1/agents/ann/ready?by=admin", { token: token_ });
  assert.equal(by.status, 200, "who asked is not the asker's to say, but no error");
});
