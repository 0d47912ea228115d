// SPDX-License-Identifier: Apache-2.0
// A SIP phone over UDP that a test can look into: it registers, calls and is called, speaks a tone, hears, presses
// digits, holds, refers; and counts what happens to it.
import * as dgram from "node:dgram";
import { DoorLine } from "./door";
import { answer, branchOf, header, headers, parse, print, sdp, sdpSound, SipMessage, tagOf, token, uriOf } from "./sip";
import { Report, Sound } from "./sound";
import { nowMs, until, within } from "./wait";

const T1_MS = 500; // RFC 3261 17: the first repeat
const REPEATS_MS = 32000;

let sound: Sound | null = null;
const soundFailures: string[] = [];
const theSound = (): Sound => (sound ??= new Sound((text) => soundFailures.push(text)));

export interface PhoneOptions {
  edge: { host: string; port: number };
  host?: string; // of the phone itself
  user: string;
  secret?: string; // "": a trunk's call, known by its address
  hz?: number; // the tone it speaks
  talk?: boolean; // it answers upon NOTIFY with Event: talk, and says so when it registers
  door?: DoorLine; // a browser's way in, instead of UDP; its sound is plain RTP all the same
}
export type Answering = "answer" | "ring" | "busy" | "manual";

export class Call {
  readonly id: string;
  state: "calling" | "ringing" | "up" | "ended" = "calling";
  status = 0; // the final one that refused it
  retryAfter = "";
  byRemote = false;
  invitedAt = 0; // our INVITE went out, theirs came
  ringingAt = 0;
  answeredAt = 0;
  endedAt = 0;
  reinvites = 0;
  private cseq = 1;
  private version = 1;
  private remoteTag = "";
  private readonly localTag = token();
  private invite: SipMessage | null = null; // that came, or that was sent
  private finalText = ""; // our answer to their INVITE, for repeats
  private acked = false;
  private branch = "";
  private pending = new Map<string, { done: (message: SipMessage) => void; text: string; since: number; every: number; next: number }>();
  private soundId = "";
  private soundPort = 0;
  private remoteUri = "";
  private tried = false;

  constructor(readonly phone: Phone, readonly outgoing: boolean, id: string) {
    this.id = id;
  }

  // --- sound ------------------------------------------------------------------------------------------------------
  async soundOpen(): Promise<void> {
    this.soundId = `${this.phone.options.user}-${token()}`;
    this.soundPort = await theSound().open(this.soundId, this.phone.host);
  }
  private soundStart(body: string): void {
    const where = sdpSound(body);
    if (where && this.state !== "ended") theSound().start(this.soundId, where.host, where.port, this.phone.options.hz ?? 0, this.phone.tones);
  }
  get rtpPort(): number {
    return this.soundPort;
  }
  press(digit: string): Promise<number> {
    return theSound().press(this.soundId, digit);
  }
  mark(): Promise<void> {
    return theSound().mark(this.soundId);
  }
  report(): Promise<Report> {
    return theSound().report(this.soundId);
  }
  /** Waits until the tone was heard for at least that long. */
  hears(hz: number, ms: number, atLeastMs = 300): Promise<Report> {
    return until(`${this.phone.options.user} hearing ${hz} Hz`, ms, async () => {
      const report = await this.report();
      return report.heard.some((stretch) => stretch.hz === hz && stretch.to - stretch.from >= atLeastMs) && report;
    });
  }

  // --- what came about --------------------------------------------------------------------------------------------
  isRinging(ms: number): Promise<this> {
    return until(`ringing of ${this.phone.options.user}'s call`, ms, () => this.ringingAt > 0 && this, 10);
  }
  isUp(ms: number): Promise<this> {
    return until(`${this.phone.options.user}'s call being answered (it is ${this.state} ${this.status || ""})`, ms, () => this.state === "up" && this, 10);
  }
  hasEnded(ms: number): Promise<this> {
    return until(`the end of ${this.phone.options.user}'s call`, ms, () => this.state === "ended" && this, 10);
  }
  header(name: string): string {
    return this.invite ? header(this.invite, name.toLowerCase()) : "";
  }
  private end(byRemote: boolean, status = 0): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.status = status;
    this.byRemote = byRemote;
    this.endedAt = nowMs();
    if (this.soundId) theSound().close(this.soundId);
  }

  // --- requests of ours -------------------------------------------------------------------------------------------
  private request(method: string, cseq: number, branch: string, body: string, more: [string, string][] = []): string {
    const { user } = this.phone.options, to = this.remoteUri;
    const local = `<sip:${user}@${this.phone.options.edge.host}>;tag=${this.localTag}`;
    const list: [string, string][] = [
      ["Via", `${this.phone.via};branch=${branch};rport`], ["Max-Forwards", "70"],
      ["From", local], ["To", `<${to}>${this.remoteTag ? `;tag=${this.remoteTag}` : ""}`],
      ["Call-ID", this.id], ["CSeq", `${cseq} ${method}`], ["Contact", `<${this.phone.contact}>`], ["User-Agent", "test"], ...more,
    ];
    if (body) list.push(["Content-Type", "application/sdp"]);
    return print(`${method} ${to} SIP/2.0`, list, body);
  }
  /** Sends and repeats until a final answer. */
  private ask(method: string, body: string, more: [string, string][] = []): Promise<SipMessage> {
    const branch = `z9hG4bK${token()}`, cseq = this.cseq++;
    const text = this.request(method, cseq, branch, body, more);
    if (method === "INVITE") this.branch = branch;
    this.phone.send(text);
    return new Promise((done) => this.pending.set(branch, { done, text, since: nowMs(), every: T1_MS, next: nowMs() + T1_MS }));
  }
  /** The phone's clock. @internal */
  tick(now: number): void {
    for (const [branch, waiting] of this.pending) {
      if (now - waiting.since > REPEATS_MS) this.pending.delete(branch);
      else if (now >= waiting.next) {
        this.phone.send(waiting.text);
        waiting.every = Math.min(waiting.every * 2, 4000);
        waiting.next = now + waiting.every;
      }
    }
    if (this.finalText && !this.acked && this.state === "up" && now - this.answeredAt > this.repeatAfter && this.repeatAfter < REPEATS_MS) {
      this.phone.send(this.finalText);
      this.repeatAfter *= 2;
    }
  }
  private repeatAfter = T1_MS;

  /** @internal */
  async dial(number: string, more: [string, string][] = []): Promise<void> {
    await this.soundOpen();
    this.remoteUri = `sip:${number}@${this.phone.options.edge.host}:${this.phone.options.edge.port}`;
    this.invitedAt = nowMs();
    let final = await this.ask("INVITE", sdp(this.phone.host, this.soundPort, this.version), more);
    const challenge = headers(final, "www-authenticate").concat(headers(final, "proxy-authenticate"))[0];
    if ((final.status === 401 || final.status === 407) && challenge && this.phone.options.secret && !this.tried) {
      this.tried = true;
      this.remoteTag = "";
      const name = final.status === 401 ? "Authorization" : "Proxy-Authorization";
      const auth = answer(challenge, "INVITE", this.remoteUri, this.phone.options.user, this.phone.options.secret);
      final = await this.ask("INVITE", sdp(this.phone.host, this.soundPort, this.version), [...more, [name, auth]]);
    }
    if (final.status >= 300) {
      this.retryAfter = header(final, "retry-after");
      this.end(true, final.status);
    } else {
      this.state = "up";
      this.answeredAt = nowMs();
      this.soundStart(final.body);
    }
  }
  /** A response to a request of ours. @internal */
  response(message: SipMessage): void {
    const branch = branchOf(message), waiting = this.pending.get(branch), method = header(message, "cseq").split(" ")[1] ?? "";
    if (method === "INVITE") {
      if (tagOf(header(message, "to"))) this.remoteTag = tagOf(header(message, "to"));
      if (message.status >= 200) this.ack(message, branch);
    }
    if (!waiting) return;
    if (message.status < 200) {
      if (message.status >= 180 && this.ringingAt === 0) this.ringingAt = nowMs();
      if (message.status >= 180 && this.state === "calling") this.state = "ringing";
      waiting.next = Infinity; // a provisional answer ends the repeats
      return;
    }
    this.pending.delete(branch);
    waiting.done(message);
  }
  private ack(message: SipMessage, branch: string): void {
    const cseq = Number(header(message, "cseq").split(" ")[0]);
    if (message.status < 300 && header(message, "contact")) this.target = uriOf(header(message, "contact"));
    this.phone.send(this.request("ACK", cseq, message.status < 300 ? `z9hG4bK${token()}` : branch, ""));
  }
  private target = "";

  // --- requests of theirs -----------------------------------------------------------------------------------------
  /** @internal */
  async incoming(message: SipMessage, answering: Answering): Promise<void> {
    this.invite = message;
    this.invitedAt = nowMs();
    this.remoteTag = tagOf(header(message, "from"));
    this.remoteUri = uriOf(header(message, "contact") || header(message, "from"));
    await this.soundOpen();
    if (this.state === "ended") return;
    if (answering === "busy") this.reject(486);
    else if (answering !== "manual") this.ring();
    if (answering === "answer") this.answer();
  }
  /** @internal */
  respond(message: SipMessage, status: number, reason: string, body = ""): string {
    const list: [string, string][] = headers(message, "via").map((via) => ["Via", via] as [string, string]);
    list.push(...headers(message, "record-route").map((value) => ["Record-Route", value] as [string, string]));
    const to = header(message, "to");
    list.push(["From", header(message, "from")], ["To", status > 100 && !tagOf(to) ? `${to};tag=${this.localTag}` : to],
      ["Call-ID", this.id], ["CSeq", header(message, "cseq")], ["Contact", `<${this.phone.contact}>`]);
    if (body) list.push(["Content-Type", "application/sdp"]);
    const text = print(`SIP/2.0 ${status} ${reason}`, list, body);
    this.phone.send(text);
    return text;
  }
  ring(): void {
    if (!this.invite || this.state === "ended") return;
    this.state = "ringing";
    this.ringingAt = nowMs();
    this.respond(this.invite, 180, "Ringing");
  }
  answer(): void {
    if (!this.invite || this.state === "ended" || this.state === "up") return;
    this.state = "up";
    this.answeredAt = nowMs();
    this.finalText = this.respond(this.invite, 200, "OK", sdp(this.phone.host, this.soundPort, this.version));
    if (this.invite.body) this.soundStart(this.invite.body);
  }
  reject(status: number): void {
    if (!this.invite || this.state === "ended") return;
    this.finalText = this.respond(this.invite, status, "Refused");
    this.end(false, status);
  }
  /** @internal */
  theirs(message: SipMessage): void {
    switch (message.method) {
      case "INVITE":
        if (this.invite && branchOf(message) === branchOf(this.invite)) {
          if (this.finalText) this.phone.send(this.finalText);
          return;
        }
        this.reinvites++;
        this.respond(message, 200, "OK", sdp(this.phone.host, this.soundPort, this.version));
        return;
      case "ACK":
        this.acked = true;
        if (message.body) this.soundStart(message.body);
        return;
      case "CANCEL":
        this.respond(message, 200, "OK");
        if (this.state !== "up" && this.state !== "ended" && this.invite) {
          this.respond(this.invite, 487, "Request Terminated");
          this.end(true, 487);
        }
        return;
      case "BYE":
        this.respond(message, 200, "OK");
        this.end(true);
        return;
      case "NOTIFY":
        this.respond(message, 200, "OK");
        if (this.phone.options.talk && /^talk\b/.test(header(message, "event")) && this.state === "ringing") this.answer();
        return;
      default:
        this.respond(message, 200, "OK");
    }
  }

  // --- what a person does -----------------------------------------------------------------------------------------
  async bye(): Promise<void> {
    if (this.state !== "up") return;
    if (this.target) this.remoteUri = this.target;
    this.end(false);
    const final = this.ask("BYE", "");
    await within("an answer to BYE", 5000, final);
  }
  /** Hangs up without waiting for an answer: there may be nobody. */
  drop(): void {
    if (this.state === "up") this.bye().catch(() => undefined);
    else if (this.outgoing) this.cancel();
    else this.reject(480);
  }
  cancel(): void {
    if (this.state === "up" || this.state === "ended") return;
    const saved = this.remoteTag;
    this.remoteTag = "";
    this.phone.send(this.request("CANCEL", this.cseq - 1, this.branch, ""));
    this.remoteTag = saved;
  }
  async hold(on: boolean): Promise<void> {
    if (this.target) this.remoteUri = this.target;
    const final = await within("an answer to re-INVITE", 5000, this.ask("INVITE", sdp(this.phone.host, this.soundPort, ++this.version, on ? "sendonly" : "sendrecv")));
    if (final.status !== 200) throw new Error(`re-INVITE: ${final.status} ${final.reason}`);
  }
  async refer(number: string): Promise<number> {
    if (this.target) this.remoteUri = this.target;
    const final = this.ask("REFER", "", [["Refer-To", `<sip:${number}@${this.phone.options.edge.host}>`]]);
    return (await within("an answer to REFER", 5000, final)).status;
  }
}

export class Phone {
  readonly calls: Call[] = []; // all that ever were, in order
  answering: Answering = "answer";
  tones: number[] = [];
  host = "127.0.0.1";
  port = 0;
  private socket!: dgram.Socket;
  private readonly byId = new Map<string, Call>();
  private registering = new Map<string, (message: SipMessage) => void>();
  private clock: Timer | undefined;
  private closed = false;
  private readonly registerId = token();
  private cseq = 1;

  private constructor(readonly options: PhoneOptions) {}

  static async open(options: PhoneOptions): Promise<Phone> {
    const phone = new Phone(options);
    phone.host = options.host ?? "127.0.0.1";
    if (options.door) {
      options.door.onMessage = (text) => phone.receive(text);
      return phone;
    }
    phone.socket = dgram.createSocket("udp4");
    phone.socket.on("message", (data) => phone.receive(data.toString("utf8")));
    phone.socket.on("error", () => undefined); // a port that nobody listens on: the repeats tell
    await new Promise<void>((resolve) => phone.socket.bind(0, phone.host, resolve));
    phone.port = phone.socket.address().port;
    phone.clock = setInterval(() => phone.tick(), 100).unref();
    return phone;
  }
  get contact(): string {
    return this.options.door ? `sip:${this.options.user}@test.invalid;transport=ws` : `sip:${this.options.user}@${this.host}:${this.port}`;
  }
  /** @internal */
  get via(): string {
    return this.options.door ? "SIP/2.0/WSS test.invalid" : `SIP/2.0/UDP ${this.host}:${this.port}`;
  }
  /** @internal */
  send(text: string): void {
    if (this.options.door) {
      if (!this.options.door.closed) this.options.door.send(text);
      return;
    }
    if (!this.closed) this.socket.send(text, this.options.edge.port, this.options.edge.host, () => undefined);
  }
  private tick(): void {
    const now = nowMs();
    for (const call of this.calls) call.tick(now);
  }
  private receive(text: string): void {
    const message = parse(text);
    if (!message) return;
    const id = header(message, "call-id");
    if (message.status > 0 && header(message, "cseq").endsWith("REGISTER")) {
      if (message.status >= 200) this.registering.get(branchOf(message))?.(message);
      return;
    }
    const call = this.byId.get(id);
    if (message.status > 0) call?.response(message);
    else if (call) call.theirs(message);
    else if (message.method === "INVITE") this.called(id, message);
    else if (message.method !== "ACK") new Call(this, false, id).respond(message, message.method === "BYE" ? 481 : 200, message.method === "BYE" ? "Gone" : "OK");
  }
  private called(id: string, message: SipMessage): void {
    const call = new Call(this, false, id);
    this.calls.push(call);
    this.byId.set(id, call);
    call.incoming(message, this.answering).catch(() => undefined);
  }

  private register1(expires: number, auth: string): Promise<SipMessage> {
    const branch = `z9hG4bK${token()}`, { user, edge } = this.options, uri = `sip:${edge.host}`;
    const list: [string, string][] = [
      ["Via", `${this.via};branch=${branch};rport`], ["Max-Forwards", "70"], ["From", `<sip:${user}@${edge.host}>;tag=${token()}`],
      ["To", `<sip:${user}@${edge.host}>`], ["Call-ID", this.registerId], ["CSeq", `${this.cseq++} REGISTER`], ["Contact", `<${this.contact}>`],
      ["Expires", String(expires)], ["User-Agent", "test"],
    ];
    if (this.options.talk) list.push(["Allow-Events", "hold, talk"]);
    if (auth) list.push(["Authorization", auth]);
    const text = print(`REGISTER ${uri} SIP/2.0`, list);
    this.send(text);
    const repeat = this.options.door ? undefined : setInterval(() => this.send(text), T1_MS).unref();
    return within(`an answer to ${user}'s REGISTER`, 5000, new Promise<SipMessage>((done) => this.registering.set(branch, done))).finally(() => {
      clearInterval(repeat);
      this.registering.delete(branch);
    });
  }
  /** Registers by digest. @return the final status. */
  async registerStatus(expires = 3600, secret = this.options.secret ?? ""): Promise<number> {
    let final = await this.register1(expires, "");
    const challenge = headers(final, "www-authenticate")[0];
    if (final.status === 401 && challenge)
      final = await this.register1(expires, answer(challenge, "REGISTER", `sip:${this.options.edge.host}`, this.options.user, secret));
    return final.status;
  }
  async register(expires = 3600): Promise<void> {
    const status = await this.registerStatus(expires);
    if (status !== 200) throw new Error(`REGISTER of ${this.options.user}: ${status}`);
  }
  /** Calls a number; the call goes on by itself. */
  call(number: string, more: [string, string][] = []): Call {
    const call = new Call(this, true, `${token()}@test`);
    this.calls.push(call);
    this.byId.set(call.id, call);
    call.dial(number, more).catch(() => undefined);
    return call;
  }
  /** The next call that comes in after those that were counted. */
  nextCall(ms: number, counted = this.calls.length): Promise<Call> {
    return until(`a call at ${this.options.user}`, ms, () => this.calls[counted], 10);
  }
  close(): void {
    clearInterval(this.clock);
    for (const call of this.calls) if (call.state !== "ended") call.drop();
    // What was sent last goes out after this turn of the loop.
    setTimeout(() => {
      this.closed = true;
      if (this.options.door) this.options.door.close();
      else this.socket.close();
    }, 100);
  }
}

/** At the end of a file: the sound's thread ends, and what failed there is an error. */
export async function soundEnd(): Promise<void> {
  await sound?.end();
  sound = null;
  if (soundFailures.length > 0) throw new Error(soundFailures.join("; "));
}
