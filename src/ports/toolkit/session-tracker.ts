import { asError } from './sleep.js';
import { StoreClosedError } from '../coordination/errors.js';
import type { SessionEvent, SessionMonitor, SessionState } from '../coordination/session.js';

/** The bookkeeping behind a `SessionMonitor`, for adapters: they report what happens to the connection. */
export class SessionTracker implements SessionMonitor {
  private readonly listeners = new Set<{ readonly call: (event: SessionEvent) => void }>();
  private readonly waiting = new Set<{ readonly resolve: () => void; readonly reject: (reason: Error) => void }>();
  private current: SessionState = 'suspended';
  private count = 0;
  private closed = false;

  get state(): SessionState {
    return this.current;
  }

  get generation(): number {
    return this.count;
  }

  onChange(listener: (event: SessionEvent) => void): () => void {
    const entry = { call: listener };
    this.listeners.add(entry);
    return () => this.listeners.delete(entry);
  }

  connected(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(asError(signal.reason));
    if (this.closed) return Promise.reject(new StoreClosedError('The store is closed', null));
    if (this.current === 'connected') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.waiting.delete(entry);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        done();
        reject(asError(signal?.reason));
      };
      const entry = {
        resolve: () => {
          done();
          resolve();
        },
        reject: (reason: Error) => {
          done();
          reject(reason);
        },
      };
      this.waiting.add(entry);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** A new session was opened. */
  opened(): void {
    this.count += 1;
    this.enter('connected');
  }

  /** The connection of a living session came back. */
  resumed(): void {
    this.enter('connected');
  }

  suspended(): void {
    if (this.current === 'connected') this.enter('suspended');
  }

  lost(): void {
    this.enter('lost');
  }

  /** The owner closed the store: whoever waits for a connection is told so. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const entry of [...this.waiting]) entry.reject(new StoreClosedError('The store was closed', null));
    this.enter('lost');
  }

  private enter(state: SessionState): void {
    if (this.current === state) return;
    this.current = state;
    const event = { state, generation: this.count };
    for (const listener of [...this.listeners]) if (this.listeners.has(listener)) listener.call(event);
    if (this.current === 'connected') for (const entry of [...this.waiting]) entry.resolve();
  }
}
