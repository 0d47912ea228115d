// SPDX-License-Identifier: Apache-2.0
// The gateway's HTTP API, as much of it as the demo asks. JSON is proto3's: 64-bit integers are texts.
import { Answer, Ask, Http, originOf } from "../../lib/http";

export type Ms = string; // a 64-bit number of milliseconds
export interface TelephoneNumber {
  raw: string;
  canonical: string;
  kind: string;
}
export interface ContactView {
  contactId: string;
  state: string;
  caller: TelephoneNumber;
  queueId: string;
  position: number;
  waitMs: Ms;
  agentId: string;
  queueOrder: string;
  startedAtUs: string;
  stateMs: Ms;
}
export interface AgentView {
  agentId: string;
  name: string;
  state: string;
  reason: string;
  phoneReachable: boolean;
  contactId: string;
  stateMs: Ms;
  edge: string;
}
export interface Candidate {
  agentId: string;
  idleMs: Ms;
  skillLevel: number;
  siteId: string;
}
export interface Decision {
  rule: string;
  text: string;
  position: number;
  candidates: Candidate[];
  refusals: { reason: string; agents: number }[];
}
export interface Segment {
  kind: string;
  offsetMs: Ms;
  durationMs: Ms;
  queueId: string;
  agentId: string;
  nodeId: string;
  outcome: string;
  decision?: Decision;
  recordingId: string;
  digits: string;
  position: number;
  siteId: string;
}
export interface Part {
  agentId: string;
  queueId: string;
  phone: string;
  siteId: string;
  edge: string;
  ringMs: Ms;
  talkMs: Ms;
  holdMs: Ms;
  afterCallWorkMs: Ms;
  recordingId: string;
  disposition: string;
  endedBy: string;
}
export interface ContactRecord {
  recordId: string;
  revision: number;
  contactId: string;
  startedAtUs: string;
  endedAtUs: string;
  caller: TelephoneNumber;
  dialled: string;
  published: string;
  trunkId: string;
  siteId: string;
  edge: string;
  result: string;
  endedBy: string;
  endCause: string;
  menuPath: { nodeId: string; digits: string }[];
  queueId: string;
  positionAtEntry: number;
  shortAbandon: boolean;
  ivrMs: Ms;
  waitMs: Ms;
  ringMs: Ms;
  talkMs: Ms;
  holdMs: Ms;
  afterCallWorkMs: Ms;
  durationMs: Ms;
  agentIds: string[];
  missedOffers: { agentId: string; cause: string; ringMs: Ms }[];
  parts: Part[];
  disposition: string;
  recordingIds: string[];
  surveyScore: number;
  surveyAnswered: boolean;
  transfers: number;
  holds: number;
  soundGapMsMax: Ms;
  firstQueueId: string;
}
export interface ContactHistory {
  contact?: ContactRecord;
  segments: Segment[];
  survey?: { answered: boolean; score: number };
}
export interface RecordingPart {
  recordingId: string;
  part: number;
  contactId: string;
  agentId: string;
  recordedMs: Ms;
  state: string;
  instance: string;
  sha256: string;
}
export interface Ticket {
  ticketId: string;
  number: string;
  contactId: string;
  status: string;
  disposition: string;
  agentId: string;
  queueId: string;
  caller?: TelephoneNumber;
}
export interface Ratio {
  numerator: string;
  denominator: string;
  value: number;
}
export interface Funnel {
  arrived: string;
  refused: string;
  ivrServed: string;
  ivrAbandoned: string;
  queued: string;
  answered: string;
  abandoned: string;
  overflowed: string;
  open: string;
}
export interface QueueKpi {
  queueId: string;
  offered: string;
  answered: string;
  abandoned: string;
  shortAbandoned: string;
  overflowed: string;
  answeredWithin: string;
  abandonedWithin: string;
  asaMs: Ms;
  aatMs: Ms;
  ahtMs: Ms;
  talkMs: Ms;
  holdMs: Ms;
  afterCallWorkMs: Ms;
  surveysPushed: string;
  surveysAnswered: string;
  surveyScore: number;
  transfers: string;
  handled: string;
  waitMsAnswered: Ms;
  waitMsAbandoned: Ms;
  [ratio: string]: unknown;
}
export interface AgentKpi {
  agentId: string;
  handled: string;
  missed: string;
  talkMs: Ms;
  holdMs: Ms;
  transfers: string;
}
export interface KpiReply {
  day: string;
  toDay: string;
  timeZone: string;
  funnel?: Funnel;
  queues: QueueKpi[];
  agents: AgentKpi[];
  all?: QueueKpi;
}
export interface Verdict {
  ok: boolean;
  position: string;
}

export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, text: string) {
    super(text);
  }
  /** Worth asking again: nobody was there, or the answer did not come. */
  get passing(): boolean {
    return this.status === 0 || this.status === 503 || this.status === 504;
  }
}

const ASK_MS = 9000;

/** The API as one person. */
export class Api {
  private readonly http: Http;
  private token = "";
  private renewAt = 0;

  constructor(base: string, private readonly login: string, private readonly password: string) {
    const { host, port, ca } = originOf(base, process.env["FARSEAT_CA"] ?? "");
    this.http = new Http(host, port, ca);
  }

  private async send(method: string, path: string, ask: Ask): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await this.http.ask(method, `/api/v1${path}`, { timeoutMs: ASK_MS, ...ask });
    } catch (error) {
      throw new ApiError(0, "EUNAVAILABLE", `${method} ${path}: ${(error as Error).message}`);
    }
    if (answer.status === 200) return answer;
    throw new ApiError(
      answer.status,
      answer.json?.code ?? "",
      `${method} ${path}: ${answer.status} ${answer.json?.code ?? ""} ${answer.json?.text ?? answer.text.slice(0, 200)}`
    );
  }

  private async mine(): Promise<string> {
    if (Date.now() >= this.renewAt) {
      const { json } = await this.send("POST", "/login", { body: { login: this.login, password: this.password } });
      this.token = json.accessToken;
      this.renewAt = Date.now() + (json.expiresInS - 60) * 1000;
    }
    return this.token;
  }

  async get<T>(path: string, timeoutMs = ASK_MS): Promise<T> {
    return (await this.send("GET", path, { token: await this.mine(), timeoutMs })).json as T;
  }
  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return (await this.send("POST", path, { token: await this.mine(), body })).json as T;
  }
  async bytes(path: string): Promise<Buffer> {
    return (await this.send("GET", path, { token: await this.mine() })).body;
  }
}
