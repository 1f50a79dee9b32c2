import { setImmediate } from 'node:timers';
import { ConnectionLostError, SessionLostError, StoreClosedError } from '../../ports/coordination/errors.js';
import { checkPath, chrootPrefix } from '../../ports/toolkit/paths.js';
import { SessionTracker } from '../../ports/toolkit/session-tracker.js';
import type { SessionMonitor } from '../../ports/coordination/session.js';
import type {
  CreateOptions,
  OperationResult,
  RecordStat,
  TreeOperation,
  TreeRecord,
  TreeStore,
  WatchListener,
} from '../../ports/coordination/tree-store.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { CancelTimer, Clock } from '../../ports/runtime/clock.js';
import { operationsBehind } from '../../ports/toolkit/transaction.js';
import { eventBelow } from '../../ports/toolkit/paths.js';
import type { TreeListener, TreeWatch } from '../../ports/coordination/tree-watch.js';
import type { MemoryTree } from './memory-tree.js';
import { Refusal, refusedAs } from './refusal.js';
import { Wire } from './wire.js';
import type { WatchKind } from './watch-table.js';

/** Bytes of a message above which the server hangs up, as ZooKeeper does by default (`jute.maxbuffer`). */
const MOST_BYTES = 0xfffff;

export type TreeCall = 'create' | 'read' | 'list' | 'stat' | 'write' | 'remove' | 'transaction' | 'watchTree';

export interface MemoryTreeStoreOptions {
  readonly clock: Clock;
  /** Prefix of all paths; created if missing. */
  readonly chroot?: string;
  /** Seconds without a connection after which the server ends the session; 10 by default, as in nodepool.yaml. */
  readonly sessionTimeout?: number;
  /** Seconds until the store connects again after an expired session or a lost reply; 0 (at once) by default. */
  readonly reconnectDelay?: number;
}

/**
 * One client's session on a `MemoryTree`. Calls take effect and are answered one by one in later turns of the promise queue, never
 * by timers, so they work under virtual time; calls of several stores interleave. The methods that ZooKeeper does not have make
 * the network and the server misbehave.
 */
export class MemoryTreeStore implements TreeStore {
  private readonly tracker = new SessionTracker();
  private readonly prefix: string;
  private readonly counts = new Map<TreeCall, number>();
  private readonly faults: { readonly call: TreeCall; readonly takesEffect: boolean }[] = [];
  private wire: Wire;
  private linked = true;
  private closed = false;
  private cancelExpiry: CancelTimer = () => undefined;
  private cancelReconnect: CancelTimer = () => undefined;

  constructor(
    private readonly tree: MemoryTree,
    private readonly options: MemoryTreeStoreOptions,
  ) {
    this.prefix = chrootPrefix(options.chroot);
    this.wire = new Wire(tree.log);
    this.tracker.opened();
    if (this.prefix !== '' && !tree.stat(this.prefix)) {
      tree.create(this.prefix, new Uint8Array(), { makeParents: true }, this.wire);
    }
  }

  get session(): SessionMonitor {
    return this.tracker;
  }

  create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<string> {
    const sent = Uint8Array.from(data);
    return this.call(
      'create',
      path,
      (full) => this.tree.create(full, sent, options, this.wire).slice(this.prefix.length),
      { sequential: options.sequential === true, size: sent.length },
    );
  }

  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined> {
    return this.ask(
      'read',
      path,
      (full) => {
        const record = this.tree.read(full);
        if (record) this.watch('data', full, onChange);
        return record;
      },
      (full) => this.tree.read(full),
    );
  }

  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined> {
    return this.ask(
      'list',
      path,
      (full) => {
        const names = this.tree.list(full);
        if (names) this.watch('children', full, onChange);
        return names;
      },
      (full) => this.tree.list(full),
    );
  }

  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined> {
    return this.ask(
      'stat',
      path,
      (full) => {
        this.watch('existence', full, onChange);
        return this.tree.stat(full);
      },
      (full) => this.tree.stat(full),
    );
  }

  write(path: string, data: Uint8Array, version?: number): Promise<RecordStat> {
    const sent = Uint8Array.from(data);
    return this.call('write', path, (full) => this.tree.write(full, sent, version), { size: sent.length });
  }

  remove(path: string, version?: number): Promise<boolean> {
    return this.call('remove', path, (full) => this.tree.remove(full, version));
  }

  transaction(operations: readonly TreeOperation[]): Promise<readonly OperationResult[]> {
    const path = operations[0]?.path;
    if (path === undefined) return Promise.resolve([]);
    let sent: readonly TreeOperation[];
    try {
      sent = operationsBehind(this.prefix, operations);
    } catch (error) {
      return Promise.reject(asError(error));
    }
    const size = sent.reduce((sum, one) => sum + (one.kind === 'remove' ? 0 : one.data.length), 0);
    const effect = (): readonly OperationResult[] => {
      const results = this.tree.transaction(sent, this.wire);
      return results.map((result) => ({ ...result, path: result.path.slice(this.prefix.length) || '/' }));
    };
    return this.call('transaction', path, () => refusedAs(operations, effect), { sequential: true, size });
  }

  async watchTree(path: string, listener: TreeListener): Promise<TreeWatch> {
    let live = true;
    const tell: TreeListener = (event) => {
      if (live) listener(eventBelow(this.prefix, event));
    };
    let end = (): void => undefined;
    const set = (full: string): void => void (end = this.tree.watches.watchTree(full, this.wire, tell));
    await this.call('watchTree', path, set);
    return {
      stop: () => {
        live = false;
        end();
        return Promise.resolve();
      },
    };
  }

  close(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.closed = true;
    this.cancelExpiry();
    this.cancelReconnect();
    this.wire.end(() => new StoreClosedError('The store was closed', null));
    this.tree.endSession(this.wire);
    this.tracker.close();
    return this.tree.log?.settle() ?? Promise.resolve();
  }

  /** How often each kind of call was made since the start or the last reset. */
  get calls(): Readonly<Record<TreeCall, number>> {
    const of = (call: TreeCall): number => this.counts.get(call) ?? 0;
    return {
      create: of('create'),
      read: of('read'),
      list: of('list'),
      stat: of('stat'),
      write: of('write'),
      remove: of('remove'),
      transaction: of('transaction'),
      watchTree: of('watchTree'),
    };
  }

  resetCalls(): void {
    this.counts.clear();
  }

  /** The server ends the session now. If the connection is up the store notices at once and opens a new session. */
  expireSession(): void {
    if (this.closed) return;
    this.tree.endSession(this.wire);
    this.wire.end((path) => new SessionLostError('The session expired', path));
    if (this.linked && this.tracker.state === 'connected') this.startOver();
  }

  /** Cuts the connection until `restoreConnection`; after the session time-out the server ends the session. */
  loseConnection(): void {
    this.cancelReconnect();
    if (this.closed || !this.linked) return;
    this.linked = false;
    this.tracker.suspended();
    this.wire.cut((path) => new ConnectionLostError('The connection was lost', path));
    this.cancelExpiry = this.options.clock.schedule(this.options.sessionTimeout ?? 10, () => this.expireSession());
  }

  /** Ends the cut: the session goes on if the server still knows it, else a new one is opened. */
  restoreConnection(): void {
    if (this.closed || this.linked) return;
    this.linked = true;
    this.cancelExpiry();
    if (this.wire.ended) return this.startOver();
    this.tracker.resumed();
    this.wire.resume();
    this.tree.watches.missed(this.wire);
  }

  /** The next call of this kind takes effect, but its answer is lost with the connection, which comes back by itself. */
  loseNextReply(call: TreeCall): void {
    this.faults.push({ call, takesEffect: true });
  }

  /** The next call of this kind is lost with the connection before it reaches the server. */
  loseNextCall(call: TreeCall): void {
    this.faults.push({ call, takesEffect: false });
  }

  private watch(kind: WatchKind, full: string, onChange: WatchListener | undefined): void {
    if (onChange) this.tree.watches.set(kind, full, this.wire, onChange);
  }

  private call<T>(
    call: TreeCall,
    path: string,
    effect: (full: string) => T,
    sent: { readonly sequential?: boolean; readonly size?: number } = {},
  ): Promise<T> {
    return this.ask(call, path, effect, null, sent);
  }

  /** @param again answers a question anew, without setting watches; null for calls that change something */
  private ask<T>(
    call: TreeCall,
    path: string,
    effect: (full: string) => T,
    again: ((full: string) => T) | null,
    { sequential = false, size = 0 }: { readonly sequential?: boolean; readonly size?: number } = {},
  ): Promise<T> {
    const refusal = this.refusal(path, sequential);
    if (refusal) return Promise.reject(refusal);
    this.counts.set(call, (this.counts.get(call) ?? 0) + 1);
    const full = this.inside(path);
    const run = (): T => {
      if (size + path.length > MOST_BYTES) return this.hangUp(path);
      const fault = this.faults.findIndex((next) => next.call === call);
      if (fault < 0) return worded(path, () => effect(full));
      const [{ takesEffect } = { takesEffect: true }] = this.faults.splice(fault, 1);
      try {
        if (takesEffect) effect(full);
      } catch {
        // The refusal is lost with the connection, too.
      }
      return this.hangUp(path);
    };
    return this.wire.send(path, run, again && ((): T => again(full)));
  }

  private inside(path: string): string {
    return path === '/' ? this.prefix || '/' : this.prefix + path;
  }

  private hangUp(path: string): never {
    this.breakDown();
    throw new ConnectionLostError('The connection was lost', path);
  }

  private refusal(path: string, sequential: boolean): Error | undefined {
    if (this.closed) return new StoreClosedError('The store is closed', path);
    if (this.tracker.state === 'suspended') return new ConnectionLostError('There is no connection', path);
    if (this.tracker.state === 'lost') return new SessionLostError('There is no session', path);
    try {
      checkPath(path, sequential);
    } catch (error) {
      return asError(error);
    }
    return undefined;
  }

  private breakDown(): void {
    this.loseConnection();
    this.later(() => this.restoreConnection());
  }

  /** The session is over and the connection is up: says so and opens a new one. */
  private startOver(): void {
    this.tracker.lost();
    this.later(() => {
      if (!this.linked || this.closed || this.tracker.state !== 'lost') return;
      this.wire = new Wire(this.tree.log);
      this.tracker.opened();
    });
  }

  private later(action: () => void): void {
    const delay = this.options.reconnectDelay ?? 0;
    let wanted = true;
    const run = (): void => {
      if (wanted) action();
    };
    this.cancelReconnect = () => (wanted = false);
    if (delay > 0) this.options.clock.schedule(delay, run);
    // In a later turn: those whose calls failed see first that there is no connection.
    else setImmediate(run);
  }
}

function worded<T>(path: string, effect: () => T): T {
  try {
    return effect();
  } catch (error) {
    throw error instanceof Refusal ? error.toError(path) : error;
  }
}
