import { asError } from '../../ports/runtime/clock.js';
import type { SessionEnd } from './watch-table.js';

interface Request {
  readonly path: string;
  readonly run: () => () => void;
  readonly reject: (reason: Error) => void;
}

/** A message from the server: the answer to a call, or a notice (then `reject` is null). */
interface Message {
  readonly path: string | null;
  readonly deliver: () => void;
  readonly reject: ((reason: Error) => void) | null;
}

/** The two queues between a session and the server. One message moves per microtask, in order. */
export class Wire implements SessionEnd {
  private requests: Request[] = [];
  private messages: Message[] = [];
  private serving = false;
  private delivering = false;
  private up = true;
  private over = false;

  /** Has the server ended the session? */
  get ended(): boolean {
    return this.over;
  }

  /** Sends a call; `effect` is run when it reaches the server. */
  send<T>(path: string, effect: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): (() => void) => {
        try {
          const result = effect();
          return () => resolve(result);
        } catch (error) {
          return () => reject(asError(error));
        }
      };
      this.requests.push({ path, run, reject });
      this.serve();
    });
  }

  notify(fire: () => void): void {
    if (this.over) return;
    this.messages.push({ path: null, deliver: fire, reject: null });
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
    this.failAll(reason);
    this.messages = [];
  }

  private failAll(reason: (path: string) => Error): void {
    const requests = this.requests;
    const answers = this.messages.filter((message) => message.reject !== null);
    this.requests = [];
    this.messages = this.messages.filter((message) => message.reject === null);
    for (const { path, reject } of answers) reject?.(reason(path ?? '/'));
    for (const { path, reject } of requests) reject(reason(path));
  }

  private serve(): void {
    if (this.serving) return;
    this.serving = true;
    queueMicrotask(() => {
      this.serving = false;
      const request = this.requests.shift();
      if (!request) return;
      this.answer(request.path, request.reject, request.run());
      if (this.requests.length > 0) this.serve();
    });
  }

  private answer(path: string, reject: (reason: Error) => void, deliver: () => void): void {
    // A call that broke the connection has nobody to answer through: its caller learns that at once.
    if (!this.up) return deliver();
    this.messages.push({ path, deliver, reject });
    this.deliver();
  }

  private deliver(): void {
    if (this.delivering || !this.up || this.messages.length === 0) return;
    this.delivering = true;
    queueMicrotask(() => {
      this.delivering = false;
      if (!this.up) return;
      const message = this.messages.shift();
      if (this.messages.length > 0) this.deliver();
      message?.deliver();
    });
  }
}
