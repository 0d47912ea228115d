// SPDX-License-Identifier: Apache-2.0
// A recording through the API: whole, by ranges, beyond its end; and that playing it is audited.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Agent, centreApply, talking } from "../../lib/centre";
import { Deployment } from "../../lib/deployment";
import { Answer } from "../../lib/http";
import { Phone, soundEnd } from "../../lib/phone";
import { nowMs, until } from "../../lib/wait";
import { Wav } from "../../lib/wav";
import { person, Someone } from "./people";

const deployment = new Deployment(), api = deployment.api;
let listener: Someone, ben: Agent, part: any, whole: Buffer, talkedMs = 0;
const phones: Phone[] = [];

const audio = (range: string, id = part.recordingId as string, query = ""): Promise<Answer> =>
  api.ask("GET", `/api/v1/recordings/${id}/audio${query}`, { token: listener.accessToken, headers: range ? { range } : {} });

before(async () => {
  await centreApply(deployment);
  listener = await person(deployment, ["quality"]);
  ben = await Agent.sit(deployment, "ben");
  await ben.ready();
  const { caller, call, contact } = await talking(deployment, ben);
  phones.push(caller);
  const began = nowMs();
  await until("three seconds of talk", 5000, () => nowMs() - began > 3000);
  await call.bye();
  talkedMs = call.endedAt - call.answeredAt;
  part = await until("the complete recording", 10000, async () => {
    const { parts } = await api.good("GET", `/recordings?contactId=${contact.contactId}`, { token: listener.accessToken });
    return parts[0]?.state === "complete" && parts[0];
  }, 100);
});
after(async () => {
  for (const phone of phones) phone.close();
  await ben.leave();
  await soundEnd();
});

test("whole: a WAV with the caller left and the agent right, as long as the talk, of the listed checksum", async () => {
  const answer = await audio("");
  assert.equal(answer.status, 200);
  assert.deepEqual([answer.headers["content-type"], answer.headers["accept-ranges"]], ["audio/wav", "bytes"]);
  whole = answer.body;
  assert.equal(whole.length, Number(part.audioBytes));
  assert.equal(createHash("sha256").update(whole.subarray(44)).digest("hex"), part.sha256);
  const wav = new Wav(whole);
  assert.deepEqual([wav.rateHz, wav.channels], [8000, 2]);
  console.log(`talked ${talkedMs.toFixed(0)} ms, recorded ${wav.ms} ms, the catalogue says ${part.recordedMs} ms`);
  assert.ok(Math.abs(wav.ms - talkedMs) < 500, `${wav.ms} ms recorded of ${talkedMs}`);
  assert.ok(Math.abs(wav.ms - Number(part.recordedMs)) < 100);
  const left = wav.toneMs(0, 440), right = wav.toneMs(1, 600), crossed = wav.toneMs(0, 600) + wav.toneMs(1, 440);
  console.log(`440 Hz on the left for ${left} ms, 600 Hz on the right for ${right} ms, crossed ${crossed} ms`);
  assert.ok(left > 2500 && right > 2500, "each side has its own sound");
  assert.equal(crossed, 0, "no side has the other's");
});

test("by ranges: every byte is that of the whole", async () => {
  const size = whole.length;
  const ranges: [string, number, number][] = [["bytes=0-43", 0, 43], ["bytes=0-0", 0, 0], ["bytes=44-", 44, size - 1], ["bytes=1000-8191", 1000, 8191],
    ["bytes=-100", size - 100, size - 1], [`bytes=${size - 1}-`, size - 1, size - 1], [`bytes=20000-${size * 2}`, 20000, size - 1], [`bytes=-${size * 2}`, 0, size - 1]];
  for (let i = 0; i < 12; i++) {
    const first = (i * 7901) % (size - 5000);
    ranges.push([`bytes=${first}-${first + 4321}`, first, first + 4321]);
  }
  for (const [range, first, last] of ranges) {
    const answer = await audio(range);
    assert.equal(answer.status, 206, range);
    assert.equal(answer.headers["content-range"], `bytes ${first}-${last}/${size}`, range);
    assert.ok(answer.body.equals(whole.subarray(first, last + 1)), `${range}: other bytes`);
  }
});

test("ranges beyond the end, nonsense, parts that are not there", async () => {
  const beyond = await audio(`bytes=${whole.length}-`);
  assert.deepEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${whole.length}`]);
  assert.equal((await audio("bytes=-0")).status, 416);
  for (const range of ["bytes=5-2", "seconds=1-2", "bytes=a-b", "bytes=", "bytes=1-2,4-5", "bytes=--5"]) {
    const answer = await audio(range);
    assert.deepEqual([answer.status, answer.body.length], [200, whole.length], `${range}: what is no range is ignored`);
  }
  assert.equal((await audio("", part.recordingId, "?part=2")).status, 404);
  assert.equal((await audio("", part.recordingId, "?part=x")).status, 400);
});

test("many listeners at once", async () => {
  const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => audio(`bytes=${i * 100}-${i * 100 + 20000}`)));
  answers.forEach((answer, i) => assert.ok(answer.status === 206 && answer.body.equals(whole.subarray(i * 100, i * 100 + 20001)), `listener ${i}: ${answer.status}`));
});

test("playing is in the audit log; agents may not play", async () => {
  const { entries } = await deployment.asAdmin("GET", "/audit?limit=200");
  assert.ok(entries.some((entry: any) => entry.action === "recording-played" && entry.target === part.recordingId && entry.login === listener.login));
  const agent = await person(deployment, ["agent"], "ben");
  assert.equal((await api.ask("GET", `/api/v1/recordings/${part.recordingId}/audio`, { token: agent.accessToken })).status, 403);
});
