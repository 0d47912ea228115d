// SPDX-License-Identifier: Apache-2.0
// Records as anyone reads them: kcat, committed ones only.
import { run } from "./deployment";
import { until } from "./wait";

export interface Row { topic: string; partition: number; offset: number; key: string; headers: Record<string, string>; value: any }

export const TOPICS = ["farseat.contacts.v1", "farseat.segments.v1", "farseat.agent-activity.v1", "farseat.surveys.v1", "farseat.tickets.v1"];

export class Kafka {
  constructor(private readonly brokers: string) {}

  /** All of a topic, from its beginning. */
  async read(topic: string): Promise<Row[]> {
    const ran = await run("kcat", ["-b", this.brokers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J", "-X", "isolation.level=read_committed",
      "-X", "topic.metadata.refresh.interval.ms=1000", "-X", "fetch.wait.max.ms=50"], 20000);
    if (ran.code !== 0) throw new Error(`kcat ${topic}: ${ran.err}`);
    return ran.out.split("\n").filter((line) => line).map((line) => {
      const row = JSON.parse(line);
      const headers: Record<string, string> = {};
      for (let i = 0; row.headers && i < row.headers.length; i += 2) headers[row.headers[i]] = row.headers[i + 1];
      return { topic, partition: row.partition, offset: row.offset, key: row.key, headers, value: JSON.parse(row.payload) };
    });
  }

  /** The contact's record of the highest revision, once it is there. */
  contactOf(caller: string, ms = 20000): Promise<any> {
    return until(`the contact record of ${caller} in Kafka`, ms, async () => {
      const rows = (await this.read("farseat.contacts.v1")).map((row) => row.value).filter((value) => value.caller.raw === caller);
      return rows.sort((a, b) => b.revision - a.revision)[0];
    }, 300);
  }

  /** Every record is there once: origin numbers of each producer without gap or repeat, record ids once.
   *  @return how many of each producer. */
  async audit(): Promise<Map<string, number>> {
    const rows = (await Promise.all(TOPICS.map((topic) => this.read(topic)))).flat();
    const ids = new Set<string>(), numbers = new Map<string, number[]>();
    for (const row of rows) {
      if (ids.has(row.value.recordId)) throw new Error(`record ${row.value.recordId} is in Kafka twice`);
      ids.add(row.value.recordId);
      const origin = row.value.origin, producer = `${origin.producer} ${origin.incarnation}`;
      numbers.set(producer, [...(numbers.get(producer) ?? []), Number(origin.number)]);
    }
    const counts = new Map<string, number>();
    for (const [producer, list] of numbers) {
      list.sort((a, b) => a - b);
      list.forEach((number, i) => {
        if (number !== i + 1) throw new Error(`records of ${producer}: number ${number} stands where ${i + 1} should`);
      });
      counts.set(producer, list.length);
    }
    return counts;
  }
}
