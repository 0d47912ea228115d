// SPDX-License-Identifier: Apache-2.0
// What the demo prints.
import { KpiReply, Ratio } from "./api";
import { KillReport } from "./leader";
import { AGENTS, CALLER_PHONE, passwordFile, phoneSecretFile } from "./setup";
import { Settings } from "./settings";
import { agentsHeard, Seen } from "./verify";
import { toneMs } from "./stretch";
import { AGENT_HZ } from "./stories";

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const title = (text: string): void => print(`\n==> ${text}`);
const ms = (text: string | number | undefined): number => Number(text ?? 0);
const seconds = (value: number | string): string => (Number(value) / 1000).toFixed(1);

/** Chinese letters are two columns wide. */
const width = (text: string): number =>
  [...text].reduce((sum, letter) => sum + (/[\u1100-\u115f\u2e80-\uffdc]/.test(letter) ? 2 : 1), 0);
const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)));
const right = (text: string, columns: number): string => " ".repeat(Math.max(0, columns - width(text))) + text;

export function table(head: string[], rows: string[][], rightFrom: number): void {
  const columns = head.map((name, i) => Math.max(width(name), ...rows.map((row) => width(row[i] ?? ""))));
  const line = (row: string[]) =>
    `    ${row.map((cell, i) => (i < rightFrom ? pad : right)(cell, columns[i] as number)).join("  ")}`.trimEnd();
  print(line(head));
  for (const row of rows) print(line(row));
}

const RESULTS: Record<string, string> = {
  RESULT_ANSWERED: "answered 接通",
  RESULT_ABANDONED: "gave up 放弃",
  RESULT_IVR_ABANDONED: "left in menu",
  RESULT_OVERFLOWED: "overflowed",
  RESULT_REFUSED: "refused",
};

/** A line a caller: his own clock, Kafka's record, the report; talked against recorded. Seconds. */
export function showCallers(all: Seen[], wrong: Set<string>): void {
  title("Each caller: own clock | Kafka | report, in seconds");
  const two = (value: number) => (value / 1000).toFixed(2);
  const rows = all.map((seen) => {
    const { record, history, caller } = seen,
      answered = record.result === "RESULT_ANSWERED";
    const talked = record.parts.map((part) => two(ms(part.talkMs) + ms(part.holdMs))).join("+");
    const recorded = record.parts
      .map((part) => two(seen.recorded.filter((r) => r.agent === part).reduce((sum, r) => sum + r.sound.seconds * 1000, 0)))
      .join("+");
    return [
      String(caller.index + 1),
      caller.story.from,
      RESULTS[record.result] ?? record.result,
      record.agentIds.join(">"),
      caller.story.digit ? `${two(seen.ownWaitMs)} | ${two(ms(record.waitMs))} | ${two(ms(history.contact?.waitMs))}` : "-",
      answered ? `${two(seen.ownTalkMs)} | ${talked} | ${two(ms(history.contact?.talkMs) + ms(history.contact?.holdMs))}` : "-",
      answered ? recorded : "-",
      wrong.has(caller.name) ? "DIFFERS" : "ok",
    ];
  });
  table(["#", "caller", "result", "agents", "waited", "talked", "recorded", ""], rows, 4);
}

export function showRecordings(all: Seen[]): void {
  title("Recordings: the caller is on the left, the agent on the right");
  const rows = all.flatMap((seen) =>
    seen.recorded.map(({ part, sound, agent }) => {
      const hz = AGENT_HZ[agent.agentId] as number;
      return [
        `caller ${seen.caller.index + 1}`,
        agent.agentId,
        `${sound.seconds.toFixed(2)} s`,
        `${seen.caller.hz} Hz for ${seconds(toneMs(sound.left, seen.caller.hz))} s`,
        `${hz} Hz for ${seconds(toneMs(sound.right, hz))} s`,
        part.instance,
        part.recordingId,
      ];
    })
  );
  table(["caller", "agent", "length", "left", "right", "recorder", "recording"], rows, 2);
}

export function showTickets(all: Seen[]): void {
  title("Tickets");
  table(
    ["ticket", "caller", "status", "disposition", "agent"],
    all.flatMap((seen) =>
      seen.tickets.map((ticket) => [
        ticket.number,
        ticket.caller?.canonical ?? "",
        ticket.status,
        ticket.disposition || "-",
        ticket.agentId || "-",
      ])
    ),
    5
  );
}

const of = (ratio: unknown): string => {
  const r = ratio as Ratio | undefined;
  return r ? `${(r.value * 100).toFixed(1)} % (${r.numerator}/${r.denominator})` : "-";
};

export function showKpi(before: KpiReply, after: KpiReply): void {
  title(`KPIs of the day ${after.day}, ${after.timeZone} (docs/kpi.md)`);
  const f = after.funnel,
    all = after.all;
  if (f)
    print(
      `    arrived ${f.arrived} = refused ${f.refused} + ended in the menu ${ms(f.ivrServed) + ms(f.ivrAbandoned)} + queued ${
        f.queued
      }; queued = answered ${f.answered} + abandoned ${f.abandoned} + overflowed ${f.overflowed}`
    );
  if (ms(before.funnel?.arrived) > 0)
    print(`    (${before.funnel?.arrived} of them arrived before this demo; what is checked is the difference)`);
  if (!all) return;
  table(
    ["KPI", ""],
    [
      ["answer rate 接通率", of(all["answerRate"])],
      ["abandon rate 放弃率", of(all["abandonRate"])],
      ["net abandon rate 实际放弃率", of(all["netAbandonRate"])],
      ["service level 20 s, positive", of(all["slPositive"])],
      ["service level 20 s, of the answered", of(all["slAnswered"])],
      ["service level 20 s, negative", of(all["slNegative"])],
      ["service level 20 s, abandons ignored", of(all["slIgnored"])],
      ["service level 20 s, short abandons as answered", of(all["slShortAsAnswered"])],
      ["service level 20 s, short abandons left out", of(all["slShortLeftOut"])],
      ["average speed of answer 平均应答速度", `${seconds(all.asaMs)} s`],
      ["average time to abandon 平均放弃时间", `${seconds(all.aatMs)} s`],
      ["average handling time 平均处理时长", `${seconds(all.ahtMs)} s`],
      ["survey", `${all.surveysAnswered} of ${all.surveysPushed} answered, ${all.surveyScore.toFixed(1)} on average`],
    ],
    1
  );
}

export function showTimeline(seen: Seen): void {
  title(`One contact's way: caller ${seen.caller.index + 1}, ${seen.contactId}`);
  for (const segment of seen.history.segments) {
    const what = segment.kind.replace("SEGMENT_", "").toLowerCase().replace(/_/g, " ");
    const who = segment.agentId || segment.queueId || segment.nodeId;
    print(
      `    ${right(seconds(segment.offsetMs), 6)} s  ${pad(what, 16)} ${right(seconds(segment.durationMs), 5)} s  ${pad(
        who,
        10
      )} ${segment.outcome}${segment.digits ? ` digits ${segment.digits}` : ""}`
    );
    const decision = segment.decision;
    if (!decision) continue;
    const others = decision.refusals.map((refusal) => `${refusal.agents} ${refusal.reason}`).join(", ");
    print(`              why ${segment.agentId}: ${decision.text || decision.rule}${others ? ` (others: ${others})` : ""}`);
  }
}

export function showKill(report: KillReport, all: Seen[]): void {
  const waited = all.filter((seen) => report.places.some((place) => place.contactId === seen.contactId));
  const edge = Math.max(0, ...waited.map((seen) => ms(seen.record.soundGapMsMax)));
  const ear = Math.max(0, ...waited.map((seen) => seen.caller.ear.gapMsMax));
  title(`The ACD's leader ${report.killed} was killed with -9 while ${report.places.length} callers waited`);
  print(`    ${report.leader} led after ${(report.backMs / 1000).toFixed(1)} s`);
  table(
    ["caller", "place before", "place after"],
    report.places.map((place) => [place.raw, String(place.before), place.gone ? "gave up meanwhile" : String(place.after)]),
    1
  );
  print(
    `    longest gap in the music of those who waited: ${edge} ms by the edge, ${Math.round(
      ear
    )} ms at their ears (whose own delays on a busy machine are in it)`
  );
}

export function showEnd(settings: Settings, all: Seen[]): void {
  const hq = settings.edges["hq"] as string,
    first = all.find((seen) => seen.recorded.length > 0);
  const agent = AGENTS[0];
  title("It stays up: look around");
  print(`    console and API    ${settings.api}  (user admin, password in ${settings.varFolder}/secrets/admin-password)`);
  if (first && first.recorded[0]) {
    print(
      `    hear recordings    ${settings.folder}/recordings/*.wav, as the API played them; they lie encrypted in ${settings.varFolder}/recordings`
    );
    print("                       or by the API:");
    print(
      `      token=$(curl -s --cacert ${settings.varFolder}/secrets/tls/ca.pem ${settings.api}/api/v1/login -d '{"login":"admin","password":"'$(cat ${settings.varFolder}/secrets/admin-password)'"}' | sed 's/.*"accessToken": *"\\([^"]*\\)".*/\\1/')`
    );
    print(
      `      curl -s --cacert ${settings.varFolder}/secrets/tls/ca.pem -H "Authorization: Bearer $token" -o call.wav ${settings.api}/api/v1/recordings/${first.recorded[0].part.recordingId}/audio`
    );
  }
  print(
    `    a caller's phone   SIP user ${CALLER_PHONE} at ${hq}, secret in ${phoneSecretFile(
      settings,
      CALLER_PHONE
    )}; dial 1000 for the menu, 9196 for the echo test`
  );
  if (agent)
    print(
      `    an agent's phone   SIP user ${agent.phone} at ${hq}, secret in ${phoneSecretFile(settings, agent.phone)}\n` +
        `                       person ${agent.id}, password in ${passwordFile(settings, agent.id)}; or by hand:\n` +
        `                       farseatctl agent ${agent.id} login; farseatctl agent ${agent.id} ready`
    );
  print('    live               eval "$(./farseat env)"; farseatctl top');
  print("    stop               ./farseat down");
}
export { agentsHeard };
