import { ConnectionLostError, SessionLostError, StoreClosedError } from '../../ports/coordination/errors.js';
import type { SessionEvent } from '../../ports/coordination/session.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { parentOf } from '../../ports/toolkit/paths.js';
import type { TreeEvent } from '../../ports/coordination/tree-watch.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { CancelTimer, Clock } from '../../ports/runtime/clock.js';
import { errorFields, type Logger } from '../../ports/telemetry/logger.js';
import type { ReadPipeline } from './read-pipeline.js';
import { TreeCover } from './tree-cover.js';

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
  readonly path: string;
  readonly shows: 'data' | 'children';
  /** Reads if dirty and allowed. */
  pump(): void;
  /** The session and its watches are gone. */
  forget(): void;
  /** The connection is back and the session the same. */
  reconcile(): void;
  /** A watch on all of a part of the tree tells of it; of a change of data only those are told who show it. */
  happened(event: RecordEvent): void;
  /** Nothing of what that watch told before can be relied on. */
  missed(): void;
  dispose(): void;
}

export type RecordEvent = Extract<TreeEvent, { readonly path: string }>;

/**
 * The cells that make up one mirror. The group is *complete* when every cell, and every cell made because of what another one
 * showed, was read under the current session; a new session makes it incomplete until all was read again.
 */
export class WatchGroup {
  private readonly cells = new Set<GroupedCell>();
  private readonly byPath = { data: new Map<string, GroupedCell>(), children: new Map<string, GroupedCell>() };
  private readonly covers: TreeCover[] = [];
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

  /** Everything from `root` on is to be watched as a whole, where the store can do that. To be called before `open`. */
  cover(root: string): void {
    const cover: TreeCover = new TreeCover(root, this.context.store, {
      onEvent: (event) => this.onTreeEvent(cover, event),
      onRefused: (error) => this.onRefused(cover, error),
    });
    this.covers.push(cover);
  }

  /** Need nobody set a watch on this path? */
  covered(path: string): boolean {
    return this.covers.some((cover) => cover.covers(path));
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
    for (const cover of this.covers) cover.end();
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
    this.byPath[cell.shows].set(cell.path, cell);
    this.unread.add(cell);
  }

  /** Of a cell: it is gone. */
  drop(cell: GroupedCell): void {
    this.cells.delete(cell);
    const table = this.byPath[cell.shows];
    if (table.get(cell.path) === cell) table.delete(cell.path);
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
    const anew = generation !== this.generation;
    // First of all: what the cells read from now on is read behind these watches.
    for (const cover of this.covers) cover.begin(anew);
    if (!anew) {
      for (const cell of [...this.cells]) cell.reconcile();
      return;
    }
    if (this.generation > 0) this.onLost();
    this.generation = generation;
    this.pumpAll();
  }

  private onTreeEvent(cover: TreeCover, event: TreeEvent): void {
    if (!('path' in event)) return this.below(cover, (cell) => cell.missed());
    this.byPath.data.get(event.path)?.happened(event);
    if (event.kind === 'written') return;
    this.byPath.children.get(event.path)?.happened(event);
    this.byPath.children.get(parentOf(event.path))?.happened(event);
  }

  private onRefused(cover: TreeCover, error: unknown): void {
    if (error !== undefined) this.reportFailure(cover.root, error);
    this.below(cover, (cell) => cell.missed());
  }

  private below({ root }: TreeCover, act: (cell: GroupedCell) => void): void {
    for (const cell of [...this.cells]) if (cell.path === root || cell.path.startsWith(`${root}/`)) act(cell);
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
