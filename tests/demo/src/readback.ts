// SPDX-License-Identifier: Apache-2.0
// Reading back what the house has written: records with a stock Kafka reader, everything else by the API.
import * as fs from "node:fs";
import { Api, ContactHistory, ContactRecord, KpiReply, RecordingPart, Ticket } from "./api";
import { run } from "../../lib/deployment";
import { TIME_ZONE } from "./setup";
import { until } from "../../lib/wait";
import { Wav } from "../../lib/wav";
import { Stretch, stretchesOf } from "./stretch";

/** The newest revision of each of these contacts' records in Kafka, as kcat reads them. */
export async function kafkaContacts(
  brokers: string,
  sinceMs: number,
  contactIds: Set<string>
): Promise<Map<string, { records: ContactRecord[]; last: ContactRecord }>> {
  const ran = await run(
    "kcat",
    [
      "-C",
      "-b",
      brokers,
      "-t",
      "farseat.contacts.v1",
      "-o",
      `s@${sinceMs}`,
      "-e",
      "-q",
      "-X",
      "isolation.level=read_committed",
      "-f",
      "%s\\n",
    ],
    15000
  );
  if (ran.code !== 0) throw new Error(`kcat: ${ran.err}`);
  const found = new Map<string, { records: ContactRecord[]; last: ContactRecord }>();
  for (const line of ran.out.split("\n")) {
    if (!line) continue;
    const record = JSON.parse(line) as ContactRecord;
    if (!contactIds.has(record.contactId)) continue;
    const entry = found.get(record.contactId);
    if (!entry) found.set(record.contactId, { records: [record], last: record });
    else {
      entry.records.push(record);
      if (record.revision > entry.last.revision) entry.last = record;
    }
  }
  return found;
}

/** Waits until Kafka has them all. */
export function kafkaAwait(brokers: string, sinceMs: number, contactIds: Set<string>): ReturnType<typeof kafkaContacts> {
  return until(
    `${contactIds.size} contact records are in Kafka`,
    45000,
    async () => {
      const found = await kafkaContacts(brokers, sinceMs, contactIds);
      if (found.size < contactIds.size) throw new Error(`${found.size} of them so far`);
      return found;
    },
    1000
  );
}

function dayOf(ms: number): string {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: TIME_ZONE,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(new Date(ms));
  return ["year", "month", "day"].map((type) => parts.find((part) => part.type === type)?.value ?? "").join("-");
}

/** Two days, so that a demo over midnight counts all of its calls. */
export function kpiRead(api: Api, sinceMs: number): Promise<KpiReply> {
  return api.get<KpiReply>(`/reports/kpi?day=${dayOf(sinceMs)}&toDay=${dayOf(sinceMs + 86400000)}`);
}
export function historyRead(api: Api, contactId: string): Promise<ContactHistory> {
  return until(`the report's tables have contact ${contactId}`, 20000, async () => {
    const history = await api.get<ContactHistory>(`/contacts/${contactId}`);
    return history.contact ? history : undefined;
  });
}
export async function ticketsRead(api: Api, contactId: string): Promise<Ticket[]> {
  return (await api.get<{ tickets: Ticket[] }>(`/tickets?contactId=${contactId}`)).tickets;
}
export function recordingsRead(api: Api, contactId: string, count: number): Promise<RecordingPart[]> {
  return until(`${count} recordings of contact ${contactId} are complete`, 15000, async () => {
    const parts = (await api.get<{ parts: RecordingPart[] }>(`/recordings?contactId=${contactId}`)).parts;
    return parts.length >= count && parts.every((part) => part.state !== "recording") ? parts : undefined;
  });
}

export interface RecordedSound {
  file: string;
  seconds: number;
  left: Stretch[];
  right: Stretch[];
}
/** A part's sound by the API, kept as a file for whoever wants to hear it. */
export async function soundRead(api: Api, part: RecordingPart, tones: number[], file: string): Promise<RecordedSound> {
  const bytes = await api.bytes(`/recordings/${part.recordingId}/audio?part=${part.part}`),
    wav = new Wav(bytes);
  fs.writeFileSync(file, bytes, { mode: 0o600 });
  if (wav.channels !== 2 || wav.rateHz !== 8000) throw new Error(`a recording with ${wav.channels} channels of ${wav.rateHz} Hz`);
  return { file, seconds: wav.ms / 1000, left: stretchesOf(wav.samples(0), tones), right: stretchesOf(wav.samples(1), tones) };
}
