// SPDX-License-Identifier: Apache-2.0
// Reports through the API: a call is in the figures of its interval, figures open their contacts, files say the same as
// screens, and nobody sees more than is his.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent, centreApply, talking } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Answer } from "../../lib/http";
import { Phone, soundEnd } from "../../lib/phone";
import { until } from "../../lib/wait";
import { unzip } from "../../lib/zip";
import { person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api;
const phones: Phone[] = [];
let boss: Someone, ann: Someone, ben: Someone, admin: Someone, agent: Agent, contactId = "", number = "";
const day = new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10); // the centre's day

const get = (path: string, who = boss): Promise<Answer> => api.ask("GET", `/api/v1${path}`, { token: who.accessToken });
async function good(path: string, who = boss): Promise<any> {
  const answer = await get(path, who);
  assert.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 300)}`);
  return answer.json;
}

before(async () => {
  await centreApply(deployment);
  boss = await person(deployment, ["supervisor"]);
  admin = await person(deployment, ["administrator"]);
  ann = await person(deployment, ["agent"], "ann");
  ben = await person(deployment, ["agent"], "ben");
  agent = await Agent.sit(deployment, "ben");
  await agent.ready();
  const { caller, call, contact } = await talking(deployment, agent);
  phones.push(caller);
  contactId = contact.contactId;
  number = caller.options.user;
  await call.hears(600, 8000);
  await call.bye();
  await agent.is("AGENT_AFTER_CALL_WORK");
  await agent.act("end-after-call-work");
  await until("the contact's record in the reports", 20000, async () => (await get(`/contacts/${contactId}`)).status === 200, 100);
});
after(async () => {
  for (const phone of phones) phone.close();
  await agent.leave();
  await soundEnd();
});

test("intervals add up to the day, by whatever it is asked for", async () => {
  const kpi = await good(`/reports/kpi?day=${day}`);
  for (const by of ["all", "queue", "site", "number"])
    for (const interval of ["15m", "60m", "day", "week", "all"]) {
      const table = await good(`/reports/table?from=${day}&to=${day}&interval=${interval}&by=${by}`);
      for (const figure of ["offered", "answered", "handled", "talkMs"]) {
        const sum = (rows: any[]): number => rows.reduce((total, row) => total + Number(row.queue[figure]), 0);
        assert.equal(sum(table.rows), Number(kpi.all[figure]), `${figure} by ${by}, ${interval}`);
        assert.equal(sum(table.totals), Number(kpi.all[figure]), `${figure} by ${by}, total`);
      }
    }
  const agents = await good(`/reports/table?from=${day}&to=${day}&interval=30m&by=agent&id=ben`);
  const ofBen = kpi.agents.find((one: any) => one.agentId === "ben");
  assert.equal(agents.totals.length, 1);
  assert.deepEqual([agents.totals[0].agent.handled, agents.totals[0].agent.talkMs], [ofBen.handled, ofBen.talkMs]);
  assert.equal((await get(`/reports/table?from=${day}&interval=5m`)).status, 400);
  assert.equal((await get("/reports/table?from=yesterday")).status, 400);
});

test("a figure opens what it counts", async () => {
  const { definitions } = await good("/reports/definitions", ann);
  const table = await good(`/reports/table?from=${day}&to=${day}&interval=all&by=queue&id=sales`);
  const { fromUs, toUs, queue } = table.totals[0];
  for (const definition of definitions.filter((one: any) => one.of === "queue" && one.unit === "count" && one.counts && !["handled", "transfers"].includes(one.id))) {
    const found = await good(`/contacts?fromUs=${fromUs}&toUs=${toUs}&queueId=sales&counts=${definition.counts}&limit=500`);
    if (!found.nextCursor) assert.equal(found.contacts.length, Number(queue[definition.figure]), definition.id);
  }
  const mine = await good(`/contacts?number=${number.slice(-6)}&limit=500`);
  assert.ok(mine.contacts.some((contact: any) => contact.contactId === contactId), "found by the end of its number");
  assert.match(mine.startedLocal[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  assert.equal((await get("/contacts?counts=nothing")).status, 400);
  const customer = await until("the contact's ticket in the reports", 15000, async () => {
    const ticket = (await good(`/tickets?contactId=${contactId}`)).tickets[0];
    return ticket && (await good(`/contacts?customerId=${ticket.customerId}`)).contacts.some((contact: any) => contact.contactId === contactId) && ticket.customerId;
  }, 200);
  assert.ok(customer);
});

test("a CSV says what the table says, with names in the language asked for", async () => {
  const table = await good(`/reports/table?from=${day}&to=${day}&interval=60m&by=queue`);
  const answer = await get(`/reports/export?from=${day}&to=${day}&interval=60m&by=queue&lang=zh`);
  assert.match(answer.headers["content-type"] ?? "", /^text\/csv/);
  assert.match(answer.headers["content-disposition"] ?? "", new RegExp(`farseat-report-${day}-${day}\\.csv`));
  assert.deepEqual([...answer.body.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const lines = answer.text.slice(1).trimEnd().split("\r\n");
  assert.equal(lines.length, table.rows.length + 1);
  const head = (lines[0] ?? "").split(",");
  assert.ok(head.includes("接通率") && head.includes("平均应答速度 (s)"), lines[0]);
  const offered = head.indexOf("呼入量");
  table.rows.forEach((row: any, i: number) => {
    const cells = (lines[i + 1] ?? "").split(",");
    assert.deepEqual([cells[0], cells[1], cells[offered]], [row.label, row.id, row.queue.offered]);
  });
  assert.match((await get(`/reports/export?from=${day}&lang=en`)).text, /Service level/);
  assert.equal((await get(`/reports/export?from=${day}&format=pdf`)).status, 400);
  assert.equal((await get(`/reports/export?from=${day}&lang=fr`)).status, 400);
  assert.equal((await get("/reports/export?from=never")).status, 400);
});

test("a spreadsheet has true numbers, a frozen head, and what its columns mean", async () => {
  const table = await good(`/reports/table?from=${day}&to=${day}&interval=all&by=queue&id=sales`);
  const answer = await get(`/reports/export?from=${day}&to=${day}&interval=all&by=queue&id=sales&before=true&format=xlsx&lang=en`);
  assert.equal(answer.status, 200, answer.text.slice(0, 200));
  const files = unzip(answer.body), names = files.get("xl/workbook.xml") ?? "";
  for (const name of ["Report", "Totals", "Before", "Totals before", "Definitions"]) assert.ok(names.includes(`name="${name}"`), name);
  const page = files.get("xl/worksheets/sheet1.xml") ?? "";
  assert.match(page, /state="frozen"/);
  assert.ok(!page.includes("<f>"), "no formulas");
  const rate = table.totals[0].queue.answerRate;
  if (rate && rate.value > 0 && rate.value < 1) assert.ok(page.includes(`<v>${String(rate.value).slice(0, 8)}`), "the ratio is a number");
  assert.ok(page.includes(`<v>${table.totals[0].queue.offered}</v>`));
  assert.match(files.get("xl/styles.xml") ?? "", /\[h\]:mm:ss/);
  assert.match(files.get("xl/sharedStrings.xml") ?? "", /answered within T \/ \(answered \+ abandoned\)/);
});

test("contacts as a file: the number is no formula, the time is local", async () => {
  const answer = await get(`/contacts/export?number=${number}&lang=en`);
  const lines = answer.text.slice(1).trimEnd().split("\r\n");
  assert.match(lines[0] ?? "", /^Started,Caller,/);
  const line = lines.find((one) => one.includes(contactId)) ?? "";
  assert.ok(line.includes(`"'+86${number}"`), line);
  assert.match(line, new RegExp(`^${day} \\d\\d:\\d\\d:\\d\\d,`));
  assert.ok(line.includes("answered"));
  const files = unzip((await get(`/contacts/export?number=${number}&format=xlsx&lang=zh`)).body);
  assert.match(files.get("xl/sharedStrings.xml") ?? "", /主叫号码/);
  assert.match(files.get("xl/worksheets/sheet1.xml") ?? "", /<v>\d{5}\.\d+<\/v>/);
  const entries = await until("the exports in the audit log", 3000, async () => {
    const found = (await good("/audit?limit=200", admin)).entries.filter((entry: any) => entry.login === boss.login);
    return ["report-exported", "contacts-exported"].every((action) => found.some((entry: any) => entry.action === action && entry.outcome === "ok")) && found;
  }, 100);
  assert.ok(entries.length >= 4);
});

test("an agent sees what is his", async () => {
  const mine = await good("/reports/mine", ben);
  assert.deepEqual(mine.agents.map((one: any) => one.agentId), ["ben"]);
  assert.ok(Number(mine.agents[0].handled) >= 1);
  assert.equal(mine.all ?? null, null);
  assert.equal((await get("/reports/mine", admin)).status, 403, "a login without an agent");
  assert.equal((await good(`/contacts/${contactId}`, ben)).contact.contactId, contactId);
  assert.equal((await get(`/contacts/${contactId}`, ann)).status, 403);
  assert.equal((await get(`/contacts/${contactId}?agentId=ben`, ann)).status, 403);
  for (const path of ["/reports/table", "/reports/export", "/contacts/export", `/recordings?contactId=${contactId}`])
    assert.equal((await get(path, ben)).status, 403, path);
});

test("a ticket plays one recording and no other, and is no token", async () => {
  const part = await until("the recording", 10000, async () => {
    const { parts } = await good(`/recordings?contactId=${contactId}`);
    return parts[0]?.state === "complete" && parts[0];
  }, 100);
  const path = `/api/v1/recordings/${part.recordingId}`, other = "/api/v1/recordings/019f0000-0000-7000-8000-000000000000";
  const wave = (await api.ask("GET", `${path}/peaks?points=100`, { token: boss.accessToken })).json;
  assert.ok(Math.max(...wave.left) > 30 || Math.max(...wave.right) > 30, "somebody was heard");
  assert.equal((await api.ask("POST", `${path}/ticket`, { token: ben.accessToken })).status, 403);
  assert.equal((await api.ask("POST", `${other}/ticket`, { token: boss.accessToken })).status, 404);
  const { ticket, expiresInS } = (await api.ask("POST", `${path}/ticket`, { token: boss.accessToken })).json;
  assert.equal(expiresInS, 300);
  const piece = await api.ask("GET", `${path}/audio?part=1&ticket=${ticket}`, { headers: { range: "bytes=0-99" } });
  assert.deepEqual([piece.status, piece.body.length], [206, 100]);
  for (const url of [`${other}/audio?ticket=${ticket}`, `${path}/audio?ticket=${ticket}x`, `${path}/audio?ticket=${boss.accessToken}`, `${path}/peaks?ticket=${ticket}`, `/api/v1/agents?ticket=${ticket}`])
    assert.equal((await api.ask("GET", url)).status, 401, url.slice(0, 80));
  assert.equal((await api.ask("GET", "/api/v1/agents", { token: ticket })).status, 401, "a ticket is no access token");
});
