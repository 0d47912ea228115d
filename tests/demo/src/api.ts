// SPDX-License-Identifier: Apache-2.0
// The gateway's HTTP API, as much of it as the demo asks. JSON is proto3's: 64-bit integers are texts.

export type Ms = string; // a 64-bit number of milliseconds
export interface TelephoneNumber { raw: string; canonical: string; kind: string }
export interface ContactView {
  contactId: string; state: string; caller: TelephoneNumber; queueId: string; position: number; waitMs: Ms; agentId: string; queueOrder: string;
  startedAtUs: string; stateMs: Ms;
}
export interface AgentView { agentId: string; name: string; state: string; reason: string; phoneReachable: boolean; contactId: string; stateMs: Ms; edge: string }
export interface Candidate { agentId: string; idleMs: Ms; skillLevel: number; siteId: string }
export interface Decision { rule: string; text: string; position: number; candidates: Candidate[]; refusals: { reason: string; agents: number }[] }
export interface Segment {
  kind: string; offsetMs: Ms; durationMs: Ms; queueId: string; agentId: string; nodeId: string; outcome: string; decision?: Decision; recordingId: string;
  digits: string; position: number; siteId: string;
}
export interface Part {
  agentId: string; queueId: string; phone: string; siteId: string; edge: string; ringMs: Ms; talkMs: Ms; holdMs: Ms; afterCallWorkMs: Ms; recordingId: string;
  disposition: string; endedBy: string;
}
export interface ContactRecord {
  recordId: string; revision: number; contactId: string; startedAtUs: string; endedAtUs: string; caller: TelephoneNumber; dialled: string; published: string;
  trunkId: string; siteId: string; edge: string; result: string; endedBy: string; endCause: string; menuPath: { nodeId: string; digits: string }[]; queueId: string;
  positionAtEntry: number; shortAbandon: boolean; ivrMs: Ms; waitMs: Ms; ringMs: Ms; talkMs: Ms; holdMs: Ms; afterCallWorkMs: Ms; durationMs: Ms;
  agentIds: string[]; missedOffers: { agentId: string; cause: string; ringMs: Ms }[]; parts: Part[]; disposition: string; recordingIds: string[];
  surveyScore: number; surveyAnswered: boolean; transfers: number; holds: number; soundGapMsMax: Ms; firstQueueId: string;
}
export interface ContactHistory { contact?: ContactRecord; segments: Segment[]; survey?: { answered: boolean; score: number } }
export interface RecordingPart { recordingId: string; part: number; contactId: string; agentId: string; recordedMs: Ms; state: string; instance: string; sha256: string }
export interface Ticket { ticketId: string; number: string; contactId: string; status: string; disposition: string; agentId: string; queueId: string; caller?: TelephoneNumber }
export interface Ratio { numerator: string; denominator: string; value: number }
export interface Funnel {
  arrived: string; refused: string; ivrServed: string; ivrAbandoned: string; queued: string; answered: string; abandoned: string; overflowed: string; open: string;
}
export interface QueueKpi {
  queueId: string; offered: string; answered: string; abandoned: string; shortAbandoned: string; overflowed: string; answeredWithin: string;
  abandonedWithin: string; asaMs: Ms; aatMs: Ms; ahtMs: Ms; talkMs: Ms; holdMs: Ms; afterCallWorkMs: Ms; surveysPushed: string; surveysAnswered: string;
  surveyScore: number; transfers: string; handled: string; waitMsAnswered: Ms; waitMsAbandoned: Ms; [ratio: string]: unknown;
}
export interface AgentKpi { agentId: string; handled: string; missed: string; talkMs: Ms; holdMs: Ms; transfers: string }
export interface KpiReply { day: string; toDay: string; timeZone: string; funnel?: Funnel; queues: QueueKpi[]; agents: AgentKpi[]; all?: QueueKpi }
export interface Verdict { ok: boolean; position: string }

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

export class Api {
  private token = "";
  private renewAt = 0;

  constructor(readonly base: string, private readonly login: string, private readonly password: string) {}

  private async send(method: string, path: string, body: unknown, headers: Record<string, string>, timeoutMs = ASK_MS): Promise<Response> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    const init: RequestInit = { method, headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) }, signal: abort.signal };
    if (body !== undefined) init.body = JSON.stringify(body);
    let response: Response;
    try {
      response = await fetch(`${this.base}/api/v1${path}`, init);
    } catch (error) {
      throw new ApiError(0, "EUNAVAILABLE", `${method} ${path}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return response;
    const text = await response.text();
    let reply = { code: "", text };
    try {
      reply = JSON.parse(text);
    } catch {
      // what is no JSON is shown as it is
    }
    throw new ApiError(response.status, reply.code, `${method} ${path}: ${response.status} ${reply.code} ${reply.text}`);
  }

  private async authorization(): Promise<Record<string, string>> {
    if (Date.now() >= this.renewAt) {
      const response = await this.send("POST", "/login", { login: this.login, password: this.password }, {});
      const reply = (await response.json()) as { accessToken: string; expiresInS: number };
      this.token = reply.accessToken;
      this.renewAt = Date.now() + (reply.expiresInS - 60) * 1000;
    }
    return { authorization: `Bearer ${this.token}` };
  }

  async get<T>(path: string, timeoutMs = ASK_MS): Promise<T> {
    return (await (await this.send("GET", path, undefined, await this.authorization(), timeoutMs)).json()) as T;
  }
  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return (await (await this.send("POST", path, body, await this.authorization())).json()) as T;
  }
  async bytes(path: string): Promise<Buffer> {
    return Buffer.from(await (await this.send("GET", path, undefined, await this.authorization())).arrayBuffer());
  }
}
