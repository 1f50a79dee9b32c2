import { ConnectionLostError, SessionLostError, StoreClosedError } from '../../ports/coordination/errors.js';
import type { SessionEvent } from '../../ports/coordination/session.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { asError, type CancelTimer, type Clock } from '../../ports/runtime/clock.js';
import { errorFields, type Logger } from '../../ports/telemetry/logger.js';
import type { ReadPipeline } from './read-pipeline.js';

/** Seconds until reads that were cut off are tried again; the return of the connection does it sooner. */
const RETRY_DELAY = 0.25;

export interface WatchContext {
  readonly store: TreeStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pipeline: ReadPipeline;
}

/** What the group asks of its cells; each is a `WatchCell`. */
export interface GroupedCell {
  /** Reads if dirty and allowed. */
  pump(): void;
  /** The session and its watches are gone. */
  forget(): void;
  /** The connection is back and the session the same. */
  reconcile(): void;
  dispose(): void;
}

/**
 * The cells that make up one mirror. The group is *complete* when every cell, and every cell made because of what another one
 * showed, was read under the current session; a new session makes it incomplete until all was read again.
 */
export class WatchGroup {
  private readonly cells = new Set<GroupedCell>();
  private readonly unread = new Set<GroupedCell>();
  private readonly waiters = new Set<() => void>();
  private generation = 0;
  private isComplete = false;
  private everComplete = false;
  private closed = false;
  private cancelRetry: CancelTimer | undefined;
  private unsubscribe: (() => void) | undefined;

  /** @param onComplete called each time the group becomes complete; `again`: after a session before this one. */
  constructor(
    readonly context: WatchContext,
    private readonly onComplete: (again: boolean) => void,
  ) {}

  /** Reads that were asked for and have no answer yet. */
  reading = 0;

  /** Cells that were not read yet under the current session. */
  get unreadCells(): number {
    return this.unread.size;
  }

  get complete(): boolean {
    return this.isComplete;
  }

  get connected(): boolean {
    return !this.closed && this.context.store.session.state === 'connected' && this.generation > 0;
  }

  get sessionGeneration(): number {
    return this.context.store.session.generation;
  }

  /** The first cells must have been added already. */
  open(): void {
    const session = this.context.store.session;
    this.unsubscribe = session.onChange((event) => this.onSession(event));
    if (session.state === 'connected') this.onConnected(session.generation);
  }

  close(): void {
    this.closed = true;
    this.isComplete = false;
    this.unsubscribe?.();
    this.cancelRetry?.();
    for (const cell of [...this.cells]) cell.dispose();
  }

  /** Resolves when complete; rejects with the signal's reason. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (!this.isComplete) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const done = (): void => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        };
        const onAbort = (): void => {
          this.waiters.delete(done);
          reject(asError(signal?.reason));
        };
        this.waiters.add(done);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    }
  }

  /** Of a cell: it exists, and counts for completeness until it was read. */
  add(cell: GroupedCell): void {
    this.cells.add(cell);
    this.unread.add(cell);
  }

  /** Of a cell: it is gone. */
  drop(cell: GroupedCell): void {
    this.cells.delete(cell);
    this.markRead(cell);
  }

  /** Of a cell: what it shows was read under the current session, or need not be. */
  markRead(cell: GroupedCell): void {
    if (this.unread.delete(cell)) this.checkComplete();
  }

  /** Of a cell: it could not be read and is still dirty. `away`: for want of a connection, which is waited for here. */
  reportFailure(path: string, error: unknown): 'away' | 'unreadable' {
    if (this.closed || error instanceof StoreClosedError) return 'away';
    if (!(error instanceof ConnectionLostError || error instanceof SessionLostError)) {
      this.context.logger.warn('A record could not be read; it will be tried again.', { path, ...errorFields(error) });
      return 'unreadable';
    }
    this.cancelRetry ??= this.context.clock.schedule(RETRY_DELAY, () => {
      this.cancelRetry = undefined;
      this.pumpAll();
    });
    return 'away';
  }

  private onSession(event: SessionEvent): void {
    if (event.state === 'lost') this.onLost();
    if (event.state === 'connected') this.onConnected(event.generation);
  }

  private onLost(): void {
    this.isComplete = false;
    for (const cell of this.cells) {
      cell.forget();
      this.unread.add(cell);
    }
  }

  private onConnected(generation: number): void {
    if (generation === this.generation) {
      for (const cell of [...this.cells]) cell.reconcile();
      return;
    }
    if (this.generation > 0) this.onLost();
    this.generation = generation;
    this.pumpAll();
  }

  private pumpAll(): void {
    for (const cell of [...this.cells]) cell.pump();
  }

  private checkComplete(): void {
    if (this.isComplete || this.closed || this.unread.size > 0 || this.generation === 0) return;
    if (this.context.store.session.generation !== this.generation) return;
    const again = this.everComplete;
    this.everComplete = true;
    this.isComplete = true;
    this.onComplete(again);
    for (const resolve of [...this.waiters]) {
      this.waiters.delete(resolve);
      resolve();
    }
  }
}
