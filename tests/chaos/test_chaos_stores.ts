// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "Kafka or PostgreSQL away": calls, routing and recording go on; every record arrives exactly once afterwards;
// consoles say what is unavailable.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { Agent } from "../lib/centre";
import { nowMs, until } from "../lib/wait";
import { Wav } from "../lib/wav";
import { say, Scene, Talk } from "./scene";

const scene = new Scene(), { deployment } = scene;
let ann: Agent;
const talks: Talk[] = [];
before(async () => {
  await scene.begin();
  ann = await scene.sit("ann");
});
after(() => scene.end());

/** A call of a second and a half, with after-call work and a disposition. */
async function callAndWork(): Promise<void> {
  const talk = await scene.talk(ann), began = nowMs();
  talks.push(talk);
  await until("a second and a half of talk", 3000, () => nowMs() - began > 1500);
  await talk.call.bye();
  await ann.is("AGENT_AFTER_CALL_WORK");
  await ann.onContact(talk.contact.contactId, "disposition", { disposition: "solved", note: "meanwhile" });
  await ann.act("end-after-call-work");
}

test("Kafka is away: calls go on and are kept", async () => {
  const pid = deployment.pid("kafka");
  deployment.takeAway("kafka");
  const gone = nowMs();
  await callAndWork();
  await callAndWork();
  const page = await until("analytics telling of Kafka", 15000, async () => {
    const look = await deployment.look("analytics", "/readyz");
    return JSON.parse(look.text).checks.find((check: any) => check.name === "kafka" && check.state !== "ok");
  }, 200);
  say(`without Kafka analytics says after ${((nowMs() - gone) / 1000).toFixed(1)} s: ${page.state}, ${page.text}`);
  assert.match(page.text, /Kafka|broker|Broker/);
  assert.ok(await deployment.metric(await deployment.leader(), "farseat_acd_records_unstored") === 0, "the bus has the records: the ACD waits for nobody");
  deployment.giveBack("kafka");
  const back = nowMs();
  await until("another Kafka", 30000, () => deployment.pid("kafka") !== pid && deployment.alive(deployment.pid("kafka")));
  for (const talk of talks) {
    const record = await scene.record(talk.caller, 60000);
    assert.deepEqual([record.result, record.disposition], ["RESULT_ANSWERED", "solved"]);
  }
  say(`the records were in Kafka ${((nowMs() - back) / 1000).toFixed(1)} s after its return`);
  await deployment.ready("analytics", 30000);
});

test("PostgreSQL is away: calls, routing and recording go on; the API says what is unavailable", async () => {
  const token = await deployment.adminToken(), before_ = talks.length;
  deployment.takeAway("postgres");
  const gone = nowMs();
  await callAndWork();
  await callAndWork();
  const ask = async (path: string): Promise<[number, string]> => {
    const at = nowMs(), answer = await deployment.api.ask("GET", `/api/v1${path}`, { token });
    assert.ok(nowMs() - at < 9000, `${path} took ${nowMs() - at} ms`);
    return [answer.status, answer.json?.text ?? answer.text.slice(0, 100)];
  };
  assert.equal((await ask("/agents"))[0], 200, "what the ACD knows is there");
  for (const path of ["/tickets", "/customers?number=1", "/contacts", "/people", "/audit"]) {
    const [status, text] = await ask(path);
    say(`GET ${path}: ${status} ${text}`);
    assert.equal(status, 503, path);
    assert.match(text, /PostgreSQL/);
  }
  const login = await deployment.api.ask("POST", "/api/v1/login", { body: { login: "admin", password: deployment.adminPassword() } });
  assert.equal(login.status, 503, login.text);
  assert.match(login.json.text, /PostgreSQL/);
  for (const name of ["ticketing", "gateway", "analytics", "recording-1"]) {
    const check = await until(`${name} telling of PostgreSQL`, 15000, async () =>
      JSON.parse((await deployment.look(name, "/readyz")).text).checks.find((one: any) => one.name === "postgres" && one.state !== "ok"), 200);
    say(`${name}: postgres ${check.state}, ${check.text}`);
  }
  assert.ok(nowMs() - gone > 2000);
  deployment.giveBack("postgres");
  const back = nowMs();
  await deployment.allReady();
  for (const talk of talks.slice(before_)) {
    const { contactId } = talk.contact, record = await scene.record(talk.caller);
    assert.equal(record.result, "RESULT_ANSWERED");
    const ticket = await until("its ticket", 20000, async () => {
      const { tickets } = await deployment.asAdmin("GET", `/tickets?contactId=${contactId}`);
      assert.ok(tickets.length <= 1, "one ticket a contact");
      return tickets[0]?.disposition === "solved" && tickets[0];
    }, 200);
    assert.equal(ticket.note, "meanwhile");
    const part = await until("its recording", 20000, async () => (await deployment.asAdmin("GET", `/recordings?contactId=${contactId}`)).parts
      .find((one: any) => one.state === "complete"), 200);
    const sound = await deployment.api.ask("GET", `/api/v1/recordings/${part.recordingId}/audio`, { token });
    const wav = new Wav(sound.body);
    assert.ok(wav.toneMs(0, 440) > 1000 && wav.toneMs(1, 500) > 1000, "both sides are in it");
    await until("the contact in the reports", 20000, async () => (await deployment.api.ask("GET", `/api/v1/contacts/${contactId}`, { token })).status === 200, 200);
  }
  say(`tickets, recordings and reports were complete ${((nowMs() - back) / 1000).toFixed(1)} s after PostgreSQL's return`);
});
