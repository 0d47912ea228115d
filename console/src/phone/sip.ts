// SPDX-License-Identifier: Apache-2.0
// The line: JsSIP over our own socket, which takes a fresh ticket for each connection. Loaded only by whom it serves.
import * as JsSIP from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent } from 'jssip/lib/UA';
import { openMicrophone, setOutputOf, type MicrophoneFault } from './devices';
import { BURST_MS, burstInto, decideEcho, listenForEcho } from './echo';
import type { PhoneEvent, PhoneState } from './machine';

export interface Account {
  readonly phone: string;
  readonly display: string;
  readonly domain: string;
  readonly ticket: string;
  readonly echoNumber: string;
}
const PEER: RTCConfiguration = { iceServers: [], bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' };
const ANSWER_MS = 8000;
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** JsSIP's idea of a socket; each connect() asks for a ticket first. */
class TicketSocket {
  via_transport = location.protocol === 'https:' ? 'WSS' : 'WS';
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (data: unknown) => void = () => {};
  private socket: WebSocket | undefined;
  private attempt = 0;

  constructor(
    domain: string,
    private readonly ticket: () => Promise<string>,
  ) {
    this.url = `${location.origin.replace(/^http/, 'ws')}/sip`;
    this.sip_uri = `sip:${domain};transport=ws`;
  }
  connect(): void {
    if (this.isConnected() || this.isConnecting()) return;
    const mine = ++this.attempt;
    this.ticket().then(
      (ticket) => {
        if (mine === this.attempt) this.open(`${this.url}?ticket=${encodeURIComponent(ticket)}`, mine);
      },
      (error: unknown) => {
        if (mine === this.attempt) this.ondisconnect(true, 0, error instanceof Error ? error.message : '');
      },
    );
  }
  private open(url: string, mine: number): void {
    const socket = (this.socket = new WebSocket(url, 'sip'));
    const opening = setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), ANSWER_MS);
    socket.onopen = () => {
      clearTimeout(opening);
      if (mine === this.attempt) this.onconnect();
    };
    socket.onmessage = (event) => this.ondata(event.data);
    socket.onclose = (event) => {
      clearTimeout(opening);
      if (mine !== this.attempt) return;
      this.socket = undefined;
      this.ondisconnect(!event.wasClean, event.code, event.reason);
    };
  }
  disconnect(): void {
    this.attempt++;
    const socket = this.socket;
    this.socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.isConnected()) return false;
    this.socket?.send(message as string);
    return true;
  }
  isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }
  isConnecting(): boolean {
    return this.socket?.readyState === WebSocket.CONNECTING;
  }
}
export interface LineDeps {
  /** A fresh account with a fresh ticket. */
  readonly account: () => Promise<Account>;
  readonly tell: (event: PhoneEvent) => void;
  readonly state: () => PhoneState;
}
export class LineUp {
  private readonly ua: JsSIP.UA;
  private session: RTCSession | undefined;
  private microphone: MediaStream | undefined;
  private readonly speaker = new Audio();
  private lastWatch = performance.now();
  private stopped = false;
  private readonly watch: ReturnType<typeof setInterval>;

  constructor(
    private readonly first: Account,
    private readonly deps: LineDeps,
  ) {
    let ticket: string | undefined = first.ticket;
    const socket = new TicketSocket(first.domain, async () => {
      const now = ticket ?? (await deps.account()).ticket;
      ticket = undefined; // good for one connection
      return now;
    });
    this.speaker.autoplay = true;
    this.ua = new JsSIP.UA({
      sockets: [socket as unknown as JsSIP.Socket],
      uri: `sip:${first.phone}@${first.domain}`,
      display_name: first.display || first.phone,
      user_agent: 'Farseat console',
      register: true,
      register_expires: 300,
      no_answer_timeout: 300, // the centre decides how long it rings
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
    });
    const tell = (event: PhoneEvent): void => {
      if (!this.stopped) deps.tell(event);
    };
    this.ua.on('connecting', () => tell({ is: 'line', line: 'connecting' }));
    this.ua.on('disconnected', (event) => {
      tell({ is: 'line', line: 'connecting', cause: event.reason ?? '' });
      this.session?.terminate({ cause: 'connection lost' }); // the centre has ended it as well
    });
    this.ua.on('registered', () => tell({ is: 'line', line: 'registered' }));
    this.ua.on('registrationFailed', (event) => {
      tell({ is: 'line', line: 'failed', cause: String(event.cause ?? '') });
      setTimeout(() => this.ua.isConnected() && !this.ua.isRegistered() && this.ua.register(), 3000);
    });
    this.ua.on('newRTCSession', (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
      if ((event.originator as string) === 'remote') this.incoming(event.session);
    });
    // After a sleep of the machine the socket may be dead without knowing it.
    this.watch = setInterval(() => {
      const slept = performance.now() - this.lastWatch > 30_000;
      this.lastWatch = performance.now();
      if (slept && this.ua.isConnected()) this.ua.register();
    }, 5000);
    this.ua.start();
  }
  stop(): void {
    clearInterval(this.watch);
    this.session?.terminate();
    this.ua.stop();
    this.release();
    this.stopped = true; // what the stack says while it winds up is of no interest
    this.deps.tell({ is: 'line', line: 'off' });
  }
  private release(): void {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.microphone = undefined;
    this.speaker.srcObject = null;
  }
  private incoming(session: RTCSession): void {
    if (this.session) return session.terminate({ status_code: 486, reason_phrase: 'Busy Here' });
    this.session = session;
    const id = session.id;
    const { tell } = this.deps;
    tell({ is: 'call', call: { id, kind: 'in', phase: 'ringing', from: session.remote_identity.uri.user ?? '' } });
    this.hear(session);
    session.on('confirmed', () => tell({ is: 'phase', id, phase: 'up' }));
    const over = (): void => {
      if (this.session === session) this.session = undefined;
      this.release();
      tell({ is: 'call-end', id });
    };
    session.on('ended', over);
    session.on('failed', over);
  }
  // The other side to the chosen output; and no waiting for candidates of networks that lead nowhere.
  private hear(session: RTCSession): void {
    const attach = (peer: RTCPeerConnection): void => {
      peer.ontrack = (event) => {
        this.speaker.srcObject = event.streams[0] ?? new MediaStream([event.track]);
        void setOutputOf(this.speaker);
        void this.speaker.play().catch(() => this.deps.tell({ is: 'sound', blocked: true }));
      };
    };
    if (session.connection) attach(session.connection);
    session.on('peerconnection', (event) => attach(event.peerconnection));
    session.on('icecandidate', (event) => {
      if (/ typ host/.test(event.candidate.candidate)) setTimeout(event.ready, 150);
    });
  }
  async answer(): Promise<void> {
    const session = this.session;
    if (!session || session.isEstablished() || this.deps.state().call?.phase !== 'ringing') return;
    this.deps.tell({ is: 'phase', id: session.id, phase: 'answering' });
    try {
      this.microphone = await openMicrophone();
      if (this.session !== session) return this.release(); // the caller gave up meanwhile
      session.answer({ mediaStream: this.microphone, pcConfig: PEER });
    } catch (fault) {
      this.release();
      this.deps.tell({ is: 'phase', id: session.id, phase: 'ringing' });
      this.deps.tell({ is: 'call-fault', id: session.id, fault: String(fault) });
    }
  }
  /** Decline what rings, hang up what talks. */
  hangUp(): void {
    const session = this.session;
    if (!session) return;
    session.terminate(session.isEstablished() ? {} : { status_code: 486, reason_phrase: 'Busy Here' });
  }
  /** Another output was chosen: also for the call that is up. */
  outputChanged(): void {
    void setOutputOf(this.speaker);
  }
  /** Call the echo service, send tones with the microphone, look whether they come back. */
  async echoTest(): Promise<PhoneEvent & { is: 'echo-end' }> {
    if (this.session) return { is: 'echo-end', result: 'busy' };
    if (!this.first.echoNumber) return { is: 'echo-end', result: 'no-number' };
    let microphone: MediaStream;
    try {
      microphone = await openMicrophone();
    } catch (fault) {
      return { is: 'echo-end', result: fault as MicrophoneFault };
    }
    for (let i = 0; i < 80 && !this.ua.isRegistered(); i++) await wait(100);
    const context = new AudioContext();
    try {
      if (!this.ua.isRegistered()) return { is: 'echo-end', result: 'no-line', cause: this.deps.state().lineCause };
      await context.resume();
      return await this.echoCall(context, microphone);
    } finally {
      for (const track of microphone.getTracks()) track.stop();
      void context.close();
    }
  }
  private async echoCall(context: AudioContext, microphone: MediaStream): Promise<PhoneEvent & { is: 'echo-end' }> {
    const out = context.createMediaStreamDestination();
    const voice = context.createMediaStreamSource(microphone);
    voice.connect(out);
    const own = listenForEcho(context, microphone); // how loud the microphone is
    let remote: MediaStream | undefined;
    const session = this.ua.call(`sip:${this.first.echoNumber}@${this.first.domain}`, { mediaStream: out.stream, pcConfig: PEER });
    this.session = session;
    this.hear(session);
    this.deps.tell({ is: 'call', call: { id: session.id, kind: 'echo', phase: 'answering', from: this.first.echoNumber } });
    let over: string | undefined;
    const end = (event: { cause?: string }): void => {
      over = event.cause ?? '';
    };
    session.on('ended', end);
    session.on('failed', end);
    session.on('confirmed', () => this.deps.tell({ is: 'phase', id: session.id, phase: 'up' }));
    try {
      const by = performance.now() + ANSWER_MS + 4000;
      while (over === undefined && !session.isEstablished() && performance.now() < by) await wait(50);
      if (over !== undefined || !session.isEstablished()) return { is: 'echo-end', result: 'no-answer', cause: over ?? 'timeout' };
      const soundBy = performance.now() + 4000;
      while (over === undefined && performance.now() < soundBy && !(remote = this.speaker.srcObject as MediaStream | undefined)) await wait(50);
      if (!remote) return { is: 'echo-end', result: 'no-sound', cause: over ?? '' };
      const heard = listenForEcho(context, remote);
      await wait(700); // the service picks up, the path warms up
      const bursts: number[] = [];
      for (let i = 0; i < 4 && over === undefined; i++) {
        bursts.push(performance.now());
        burstInto(context, out);
        await wait(BURST_MS + 800);
      }
      await wait(700);
      heard.stop();
      const echo = decideEcho(heard.samples, bursts);
      if (echo.heard < 2) return { is: 'echo-end', result: 'no-sound', cause: over ?? '' };
      if (own.loudest() < 0.0008) return { is: 'echo-end', result: 'silent-microphone' };
      return { is: 'echo-end', result: 'ok', delayMs: echo.delayMs };
    } finally {
      own.stop();
      voice.disconnect();
      if (over === undefined) session.terminate();
      if (this.session === session) this.session = undefined;
      this.speaker.srcObject = null;
      this.deps.tell({ is: 'call-end', id: session.id });
    }
  }
}
