// SPDX-License-Identifier: Apache-2.0
// DESIGN 6, "SIGTERM": no new calls, live ones finish, then exit 0.
import { after, before, test } from "node:test";
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nowMs, until } from "../lib/wait";
import { say, Scene, TALK_GAP_MS } from "./scene";

const scene = new Scene(), { deployment } = scene;
before(() => scene.begin());
after(() => scene.end());

/** How a process of this name ended last, as its supervisor wrote it down. */
const exits = (name: string): string[] => {
  try {
    return readFileSync(join(deployment.varDir, "run", `${name}.exits`), "utf8").trim().split("\n").map((line) => line.split(" ")[1] ?? "");
  } catch {
    return [];
  }
};

test("an edge is told to end while a call lives", async () => {
  const ann = await scene.sit("ann");
  const talk = await scene.talk(ann, "branch"), ended = exits("edge-branch").length, pid = deployment.pid("edge-branch");
  const gaps = await scene.listen([talk.call, talk.agentCall]);
  deployment.kill("edge-branch", "SIGTERM");
  const told = nowMs();
  await until("an edge that is not ready", 3000, async () => (await deployment.look("edge-branch", "/readyz")).status === 503, 20);
  const [newcomer, refused] = await scene.dial(undefined, "branch");
  await refused.hasEnded(3000);
  say(`a new call got ${refused.status}, Retry-After ${refused.retryAfter || "none"}`);
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.retryAfter) > 0, "a Retry-After");
  scene.turnedAway(newcomer);
  await until("three seconds of talk while it drains", 5000, () => nowMs() - told > 3000);
  const longest = Math.max(...(await gaps()));
  say(`longest gap in the talk while it drains ${longest.toFixed(0)} ms`);
  assert.ok(longest < TALK_GAP_MS, `a gap of ${longest} ms`);
  assert.equal(deployment.pid("edge-branch"), pid, "it lives as long as its call");
  assert.equal(talk.call.state, "up");
  await talk.call.bye();
  const bye = nowMs();
  await until("its end", 5000, () => exits("edge-branch").length > ended, 20);
  say(`it ended ${(nowMs() - bye).toFixed(0)} ms after its last call, with status ${exits("edge-branch").pop()}`);
  assert.equal(exits("edge-branch").pop(), "0");
  const record = await scene.record(talk.caller);
  assert.deepEqual([record.result, record.endedBy], ["RESULT_ANSWERED", "ENDED_BY_CALLER"]);
  await deployment.restarted("edge-branch", pid);
});

test("every other service ends with status 0 when it is told, and comes back", async () => {
  for (const name of deployment.services().filter((one) => !one.startsWith("edge-"))) {
    const ended = exits(name).length, pid = deployment.pid(name), at = nowMs();
    deployment.kill(name, "SIGTERM");
    await until(`the end of ${name}`, 10000, () => exits(name).length > ended, 20);
    const took = nowMs() - at;
    assert.equal(exits(name).pop(), "0", `${name} ended with ${exits(name).pop()}`);
    await deployment.restarted(name, pid);
    say(`${name} ended after ${took.toFixed(0)} ms`);
  }
});
