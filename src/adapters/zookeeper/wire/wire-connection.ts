import type { CancelTimer, Clock } from '../../../ports/runtime/clock.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import { UNIMPLEMENTED } from '../error-codes.js';
import { FrameQueue } from './frame-queue.js';
import { FrameSplitter } from './frame-splitter.js';
import { JuteReader, MalformedMessageError } from './jute-reader.js';
import { decodeHandshake, encodeHandshake, encodePing, request } from './messages.js';
import type { Handshake, HandshakeAnswer } from './messages.js';
import { OPERATION, REQUEST } from './protocol.js';
import type { Dial, Transport } from './transport.js';

export interface ServerEvent {
  /** One of `EVENT`. */
  readonly type: number;
  /** As the server knows it, with the chroot. */
  readonly path: string;
}

/** Told from turns of the event loop in which nobody of ours is calling; nothing comes after `onClosed`. */
export interface ConnectionEvents {
  /** The server has taken us on, or told that the session asked for is over (`timeout` 0). */
  onHandshake(answer: HandshakeAnswer): void;
  onEvent(event: ServerEvent): void;
  /** Watches could not be set again, for the server does not know how to. */
  onWatchesRefused(): void;
  /** All that was under way has no answer. */
  onClosed(reason: Error): void;
}

/** Who made a request. One of the two is called, once. */
export interface Caller {
  /** `code`: 0 or an error of the server's; `body`: what follows the header. */
  answered(code: number, body: JuteReader): void;
  /** The connection ended: it may or may not have taken effect. */
  cutOff(): void;
}

interface Underway {
  readonly xid: number;
  readonly caller: Caller;
}

const NOBODY: Caller = { answered: () => undefined, cutOff: () => undefined };

/** Seconds; servers may grant more than was asked for. */
const SANE_TIMEOUT = 10;

/**
 * One connection to one server: greets it, keeps it awake, numbers requests, and hands out answers in the order in which it was asked.
 * Silence of two thirds of the session time-out counts as the end; after a third without a word of ours the server is pinged.
 */
export class WireConnection {
  /** Of the newest change that the server has told of. */
  lastZxid: bigint;
  private readonly transport: Transport;
  private readonly splitter = new FrameSplitter();
  private readonly frames = new FrameQueue((frame) => this.handle(frame));
  private underway: Underway[] = [];
  private first = 0;
  private greeted = false;
  private reached = false;
  private over = false;
  private xid = 0;
  private timeout = 0;
  private lastSent = 0;
  private lastHeard = 0;
  private halfwaySince: number | null = null;
  private cancelTimer: CancelTimer;
  private closing: (() => void) | undefined;

  constructor(
    dial: Dial,
    server: { readonly host: string; readonly port: number },
    private readonly handshake: Handshake,
    /** Seconds until the server must have taken us on. */
    patience: number,
    private readonly clock: Clock,
    private readonly events: ConnectionEvents,
  ) {
    this.lastZxid = handshake.lastZxid;
    this.cancelTimer = clock.schedule(patience, () => this.end(new Error('the server did not answer in time')));
    this.transport = dial(server, {
      onOpen: () => {
        this.reached = true;
        this.transport.write(encodeHandshake(handshake));
      },
      onData: (data) => this.receive(data),
      onClosed: (reason) => this.end(reason),
    });
  }

  /** The server heard our greeting and did not answer it. */
  get snubbed(): boolean {
    return this.reached && !this.greeted;
  }

  get open(): boolean {
    return this.greeted && !this.over;
  }

  /** Requests without an answer. */
  get pending(): number {
    return this.underway.length - this.first;
  }

  /** Number of the next request. */
  nextXid(): number {
    this.xid = this.xid === 0x7fffffff ? 1 : this.xid + 1;
    return this.xid;
  }

  /** Sends a request; answers come in the order of the calls. */
  send(xid: number, frame: Buffer, caller: Caller): void {
    this.underway.push({ xid, caller });
    this.write(frame);
  }

  /** Sends what has no answer of its own, or one that tells nothing. */
  tell(frame: Buffer): void {
    this.write(frame);
  }

  /** Cuts all callers off; their answers are not handed out any more. */
  abandon(): void {
    const callers = this.underway.slice(this.first).map(({ caller }) => caller);
    this.underway = this.underway.map(({ xid }) => ({ xid, caller: NOBODY }));
    for (const caller of callers) caller.cutOff();
  }

  /** Ends the session; resolves when the server has said so or `patience` seconds have passed. The connection is closed then. */
  endSession(patience: number): Promise<void> {
    if (!this.open) return Promise.resolve(this.destroy());
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.destroy();
        resolve();
      };
      const cancel = this.clock.schedule(patience, done);
      const xid = this.nextXid();
      this.closing = done;
      this.send(xid, request(xid, OPERATION.closeSession).frame(), { answered: done, cutOff: () => undefined });
    });
  }

  /** Drops the connection without a word; nobody is told. */
  destroy(): void {
    this.over = true;
    this.frames.close();
    this.cancelTimer();
    this.transport.destroy();
  }

  private write(frame: Buffer): void {
    this.lastSent = this.clock.monotonic();
    this.transport.write(frame);
  }

  private receive(data: Buffer): void {
    this.guarded(() => this.splitter.add(data, (frame) => this.frames.add(frame)));
    const now = this.clock.monotonic();
    if (!this.splitter.halfway) this.halfwaySince = null;
    else this.halfwaySince ??= now;
    // A frame without an end would be taken for life: what announces it may be garbage.
    if (this.halfwaySince === null || now - this.halfwaySince < this.timeout) this.lastHeard = now;
  }

  private handle(frame: Buffer): void {
    if (!this.over) this.guarded(() => this.take(new JuteReader(frame)));
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.end(asError(error));
    }
  }

  private take(reader: JuteReader): void {
    if (!this.greeted) return this.welcome(decodeHandshake(reader));
    const xid = reader.int();
    const zxid = reader.long();
    const code = reader.int();
    if (xid === REQUEST.event) return this.events.onEvent(readEvent(reader));
    if (xid === REQUEST.setWatches && code === UNIMPLEMENTED) return this.setWithout();
    if (zxid > this.lastZxid) this.lastZxid = zxid;
    if (xid !== REQUEST.ping && xid !== REQUEST.setWatches) this.answer(xid, code, reader);
  }

  private answer(xid: number, code: number, reader: JuteReader): void {
    const call = this.underway[this.first];
    if (call?.xid !== xid) throw new MalformedMessageError(`an answer to ${xid} where ${call?.xid ?? 'none'} was due`);
    this.shift();
    call.caller.answered(code, reader);
  }

  /** What has changed meanwhile was not told: the number of a newer change, which answers bring, would hide that from the next server. */
  private setWithout(): void {
    this.events.onWatchesRefused();
    this.end(new Error('the server knows no recursive watches'));
  }

  /** Answered requests are cut off in blocks: taking the first out of a long list moves all the others. */
  private shift(): void {
    this.first += 1;
    if (this.first < 256 && this.first < this.underway.length) return;
    this.underway = this.underway.slice(this.first);
    this.first = 0;
  }

  private welcome(answer: HandshakeAnswer): void {
    this.greeted = true;
    this.cancelTimer();
    if (answer.timeout > 0) {
      // To be awake more often than is needed does no harm; an absurd answer must not make us deaf.
      this.timeout = Math.min(answer.timeout, Math.max(SANE_TIMEOUT, 2 * this.handshake.timeout));
      this.lastSent = this.clock.monotonic();
      this.watchOver();
    }
    this.events.onHandshake(answer);
  }

  /** Sleeps until the next ping is due or silence has lasted too long, whichever comes first. */
  private watchOver(): void {
    const now = this.clock.monotonic();
    const due = Math.min(this.lastSent + this.timeout / 3, this.lastHeard + (this.timeout * 2) / 3);
    this.cancelTimer = this.clock.schedule(Math.max(0.01, due - now), () => this.check(now));
  }

  private check(since: number): void {
    const now = this.clock.monotonic();
    const frozen = now - since > this.timeout;
    // A process that was frozen has not looked at what has come meanwhile: that is heard before the timer fires again.
    if (now - this.lastHeard >= (this.timeout * 2) / 3 && !frozen) {
      return this.end(new Error(`the server was silent for ${Math.round(now - this.lastHeard)} s`));
    }
    if (frozen) this.lastHeard = now - this.timeout / 2;
    if (now - this.lastSent >= this.timeout / 3) this.write(encodePing());
    this.watchOver();
  }

  private end(reason: Error): void {
    if (this.over) return;
    this.destroy();
    if (this.closing) return this.closing();
    // First the state of the session, then the calls: nobody may be refused by a session that calls itself connected.
    this.events.onClosed(reason);
    this.abandon();
  }
}

function readEvent(reader: JuteReader): ServerEvent {
  const type = reader.int();
  reader.int();
  return { type, path: reader.text() };
}
