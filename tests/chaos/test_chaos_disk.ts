// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "disk full": calls go on; what cannot be stored is refused loudly, and alarms fire.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { writeFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/deployment";
import { nowMs, until } from "../lib/wait";
import { Wav } from "../lib/wav";
import { say, Scene, TALK_GAP_MS } from "./scene";

const scene = new Scene(), { deployment } = scene;
const RECORDERS = ["recording-1", "recording-2"], FREE_MIN_MB = 256, ROOM_MB = 16;
const folder = (name: string): string => join(deployment.varDir, "recordings", name);
const mounted: string[] = [];
let why = "";

/** The recorder starts again on a small disk of its own. */
async function smallDisk(name: string, megabytes: number): Promise<string> {
  const pid = deployment.pid(name);
  deployment.takeAway(name);
  const ran = await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0755`, "tmpfs", folder(name)]);
  if (ran.code === 0) mounted.push(name);
  deployment.giveBack(name);
  await until(`another ${name}`, 15000, () => deployment.pid(name) !== pid && deployment.alive(deployment.pid(name)));
  return ran.code === 0 ? "" : `no mount here: ${ran.err.trim()}`;
}
/** And again on the one that it had. */
async function ownDisk(name: string): Promise<void> {
  const pid = deployment.pid(name);
  deployment.takeAway(name);
  await run("umount", ["-l", folder(name)]);
  deployment.giveBack(name);
  await deployment.restarted(name, pid);
}
const refusedForDisk = async (): Promise<number> => {
  const pages = await Promise.all(RECORDERS.map((name) => deployment.look(name, "/metrics")));
  return pages.reduce((sum, page) => sum + Number(/farseat_recording_refused_total\{[^}]*cause="disk"[^}]*\} (\d+)/.exec(page.text)?.[1] ?? 0), 0);
};
const store = async (name: string): Promise<any> => JSON.parse((await deployment.look(name, "/readyz")).text).checks.find((check: any) => check.name === "store");

before(async () => {
  await scene.begin();
  if (process.getuid() !== 0) why = "only root may mount a small disk";
});
after(async () => {
  deployment.giveAllBack();
  for (const name of mounted) await ownDisk(name);
  await scene.end();
});

test("no room at either recorder: the call goes on, the refusal is loud", async (t) => {
  for (const name of RECORDERS) why ||= await smallDisk(name, 4);
  if (why) return t.skip(why);
  for (const name of RECORDERS) {
    const check = await until(`${name} telling of its disk`, 10000, async () => {
      const one = await store(name);
      return one.state !== "ok" && one;
    }, 100);
    say(`${name}: ${check.state}, ${check.text}`);
    assert.match(check.text, /free|room|disk|space/i);
  }
  const before_ = await refusedForDisk(), ann = await scene.sit("ann"), talk = await scene.talk(ann), gaps = await scene.listen([talk.call, talk.agentCall]);
  await until("a refusal that is counted", 8000, async () => (await refusedForDisk()) > before_, 100);
  const began = nowMs();
  await until("two seconds of talk", 4000, () => nowMs() - began > 2000);
  const longest = Math.max(...(await gaps()));
  say(`longest gap in the talk ${longest.toFixed(0)} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  await talk.call.bye();
  const record = await scene.record(talk.caller);
  assert.equal(record.result, "RESULT_ANSWERED");
  const { parts } = await deployment.asAdmin("GET", `/recordings?contactId=${talk.contact.contactId}`);
  assert.equal(parts.filter((part: any) => part.state === "complete").length, 0, "nothing is said to be recorded that is not");
});

test("the disk fills during a call: the call goes on, what could not be stored is a marked gap", async (t) => {
  if (why) return t.skip(why);
  for (const name of RECORDERS) await ownDisk(name);
  mounted.length = 0;
  why = await smallDisk("recording-1", FREE_MIN_MB + ROOM_MB);
  if (why) return t.skip(why);
  await deployment.ready("recording-1");
  const ann = scene.agents[0] as (typeof scene.agents)[0];
  await ann.is("AGENT_READY", 8000);
  const talk = await scene.talk(ann), { contactId } = talk.contact;
  const first = await until("the recording", 5000, async () => (await deployment.asAdmin("GET", `/recordings?contactId=${contactId}`)).parts[0], 100);
  assert.equal(first.instance, "recording-1");
  const faults = await deployment.metric("recording-1", "farseat_recording_store_faults_total");
  const began = nowMs();
  await until("two seconds of talk", 4000, () => nowMs() - began > 2000);
  const gaps = await scene.listen([talk.call, talk.agentCall]), filler = join(folder("recording-1"), "filler");
  try {
    writeFileSync(filler, Buffer.alloc((FREE_MIN_MB + ROOM_MB + 8) * 1024 * 1024, 1));
  } catch {
    // that it fails is the point
  }
  await until("a fault that is counted", 10000, async () => (await deployment.metric("recording-1", "farseat_recording_store_faults_total")) > faults, 100);
  const check = await store("recording-1");
  say(`recording-1 on a full disk: ${check.state}, ${check.text}`);
  assert.notEqual(check.state, "ok");
  rmSync(filler, { force: true });
  const freed = nowMs();
  await until("two seconds with room again", 4000, () => nowMs() - freed > 2000);
  const longest = Math.max(...(await gaps()));
  say(`longest gap in the talk ${longest.toFixed(0)} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  await talk.call.bye();
  const part = await until("the finished part", 10000, async () => (await deployment.asAdmin("GET", `/recordings?contactId=${contactId}`)).parts
    .find((one: any) => one.part === 1 && one.state === "complete"), 200);
  const answer = await deployment.api.ask("GET", `/api/v1/recordings/${part.recordingId}/audio`, { token: await deployment.adminToken() });
  const wav = new Wav(answer.body), talked = talk.call.endedAt - talk.call.answeredAt;
  say(`talked ${talked.toFixed(0)} ms, recorded ${part.recordedMs} ms, of which ${part.writeGapMs} ms could not be stored; the caller is heard for ${wav.toneMs(0, 440)} ms`);
  assert.ok(Math.abs(wav.ms - talked) < 1500, "its time line is whole");
  assert.ok(wav.toneMs(0, 440) + Number(part.writeGapMs) > wav.ms - 1500, "what is missing is marked as missing");
});
