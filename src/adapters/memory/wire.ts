import { nextTick } from 'node:process';
import { asError } from '../../ports/toolkit/sleep.js';
import type { SessionEnd } from './watch-table.js';

/** Holds back what the server says until what it rests upon is safe. Positions count changes of the tree. */
export interface Settlement {
  /** Answers that are computed now rest upon all changes up to here. */
  readonly position: number;
  /** Changes up to here are safe. */
  readonly settled: number;
  /** Calls back once, when `settled` has moved. */
  onceSettled(listener: () => void): void;
  /** Changes after `settled` were refused and taken back: whatever rests upon them is void. */
  onRefused(listener: (reason: (path: string) => Error) => void): () => void;
}

interface Request {
  readonly path: string;
  readonly run: () => () => void;
  /** Computes the answer anew without an effect; null for calls that change something. */
  readonly again: (() => () => void) | null;
  readonly reject: (reason: Error) => void;
}

/** A message from the server: the answer to a call, or a notice (then `request` is null). */
interface Message {
  readonly request: Request | null;
  deliver: () => void;
  /** What is delivered instead of a notice whose change was taken back. */
  readonly instead: (() => void) | null;
  position: number;
}

/** The two queues between a session and the server. One message moves at a time, in order; one from the server when everybody who waited for
 * the one before has gone on: who awaits an answer has to see it before he hears of what came after it. */
export class Wire implements SessionEnd {
  private requests: Request[] = [];
  private messages: Message[] = [];
  private serving = false;
  private delivering = false;
  private up = true;
  private over = false;
  private readonly leaveSettlement: () => void;

  constructor(private readonly settlement: Settlement | null = null) {
    this.leaveSettlement = settlement?.onRefused((reason) => this.refuse(reason)) ?? ((): void => undefined);
  }

  /** Has the server ended the session? */
  get ended(): boolean {
    return this.over;
  }

  /** Sends a call; `effect` is run when it reaches the server. @param again what answers a question anew, without an effect */
  send<T>(path: string, effect: () => T, again: (() => T) | null = null): Promise<T> {
    return new Promise((resolve, reject) => {
      const answering = (compute: () => T) => (): (() => void) => {
        try {
          const result = compute();
          return () => resolve(result);
        } catch (error) {
          return () => reject(asError(error));
        }
      };
      this.requests.push({ path, run: answering(effect), again: again && answering(again), reject });
      this.serve();
    });
  }

  notify(fire: () => void, instead: (() => void) | null = null): void {
    // What is told of a part of the tree is lost without a connection, as by ZooKeeper; whoever comes back is told that.
    if (this.over || (instead && !this.up)) return;
    this.messages.push({ request: null, deliver: fire, instead, position: this.settlement?.position ?? 0 });
    this.deliver();
  }

  /** The connection is gone: every call under way fails, notices wait for its return. */
  cut(reason: (path: string) => Error): void {
    this.up = false;
    this.failAll(reason);
  }

  resume(): void {
    this.up = true;
    this.deliver();
  }

  /** The session is over: every call under way fails, notices are dropped. */
  end(reason: (path: string) => Error): void {
    this.over = true;
    this.up = false;
    this.leaveSettlement();
    this.failAll(reason);
    this.messages = [];
  }

  private failAll(reason: (path: string) => Error): void {
    const requests = this.requests;
    const answers = this.messages.flatMap(({ request }) => request ?? []);
    this.requests = [];
    this.messages = this.messages.filter(({ request, instead }) => request === null && instead === null);
    for (const { path, reject } of [...answers, ...requests]) reject(reason(path));
  }

  /** Answers that rest upon changes taken back: questions are answered anew, the others fail. A notice too many does no harm. */
  private refuse(reason: (path: string) => Error): void {
    const { settled } = this.settlement ?? { settled: 0 };
    for (const message of this.messages) {
      const { request, position } = message;
      if (position <= settled) continue;
      message.position = settled;
      if (message.instead) message.deliver = message.instead;
      if (request) message.deliver = request.again?.() ?? ((): void => request.reject(reason(request.path)));
    }
  }

  private serve(): void {
    if (this.serving) return;
    this.serving = true;
    queueMicrotask(() => {
      this.serving = false;
      const request = this.requests.shift();
      if (!request) return;
      this.answer(request, request.run());
      if (this.requests.length > 0) this.serve();
    });
  }

  private answer(request: Request, deliver: () => void): void {
    // A call that broke the connection has nobody to answer through: its caller learns that at once.
    if (!this.up) return deliver();
    this.messages.push({ request, deliver, instead: null, position: this.settlement?.position ?? 0 });
    this.deliver();
  }

  private deliver(): void {
    if (this.delivering || !this.up || this.messages.length === 0) return;
    this.delivering = true;
    const goOn = (): void => {
      this.delivering = false;
      this.deliver();
    };
    afterMicrotasks(() => {
      if (this.up && this.isHeldBack()) return this.settlement?.onceSettled(goOn);
      this.delivering = false;
      if (!this.up) return;
      const message = this.messages.shift();
      if (this.messages.length > 0) this.deliver();
      message?.deliver();
    });
  }

  private isHeldBack(): boolean {
    const next = this.messages[0];
    return this.settlement !== null && next !== undefined && next.position > this.settlement.settled;
  }
}

/** A tick set from a microtask comes when all microtasks are done, also those that they set themselves. */
function afterMicrotasks(run: () => void): void {
  queueMicrotask(() => nextTick(run));
}
