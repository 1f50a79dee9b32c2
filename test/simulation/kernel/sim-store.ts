import { ConnectionLostError, SessionLostError, StoreClosedError } from '../../../src/ports/coordination/errors.js';
import { checkPath } from '../../../src/ports/toolkit/paths.js';
import { SessionTracker } from '../../../src/ports/toolkit/session-tracker.js';
import type { SessionMonitor } from '../../../src/ports/coordination/session.js';
import type {
  CreateOptions,
  OperationResult,
  RecordStat,
  TreeOperation,
  TreeRecord,
  TreeStore,
  WatchListener,
} from '../../../src/ports/coordination/tree-store.js';
import type { TreeListener, TreeWatch } from '../../../src/ports/coordination/tree-watch.js';
import { Refusal, refusedAs } from '../../../src/adapters/memory/refusal.js';
import type { CancelTimer } from '../../../src/ports/runtime/clock.js';
import { asError } from '../../../src/ports/toolkit/sleep.js';
import type { Dice } from './dice.js';
import type { Author, ObservedTree, Role } from './observed-tree.js';
import type { SimProcess } from './sim-process.js';

/** Seconds without contact after which the server ends a session; the client's time-out is ten. */
const SESSION_TIMEOUT = 10;
/** The share of it after which a client gives a silent server up. */
const CLIENT_PATIENCE = 2 / 3;
/** More than any honest work asks for in vain within one moment of virtual time. */
const REFUSALS_PER_MOMENT = 20_000;
/** Bytes of a message above which the server hangs up (`jute.maxbuffer`). */
const MOST_BYTES = 0xfffff;
/** Seconds until the client is back after that. */
const HANG_UP = 0.5;

export type CallKind = 'create' | 'read' | 'list' | 'stat' | 'write' | 'remove' | 'transaction' | 'watchTree';

const WRITES: ReadonlySet<CallKind> = new Set(['create', 'write', 'remove', 'transaction']);

interface Pending {
  readonly path: string;
  readonly effect: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
  arrived: boolean;
}

class ServerSession implements Author {
  over = false;
  /** Notices that the client has not got yet, oldest first. */
  notices: (() => void)[] = [];

  constructor(private readonly store: SimStore) {}

  get process(): string {
    return this.store.process.name;
  }

  get absence(): { readonly from: number; readonly to: number } {
    return this.store.process.absence;
  }

  get role(): Role {
    return this.store.process.role;
  }

  notify(fire: () => void, instead?: () => void): void {
    // What is told of a part of the tree is lost without a connection.
    if (this.over || (instead && this.store.severed)) return;
    this.notices.push(fire);
    this.store.noticeSent(this, fire);
  }
}

/**
 * A session on the simulated ZooKeeper: every message takes a time drawn from the seed, in order in each direction, as on a TCP
 * connection. Calls under way when the connection breaks may have taken effect or not.
 */
export class SimStore implements TreeStore {
  readonly counts = { read: 0, write: 0 };
  private readonly tracker = new SessionTracker();
  private serverSession = new ServerSession(this);
  /** Identifies the TCP connection; null while there is none. */
  private connection: object | null = {};
  private readonly inflight = new Set<Pending>();
  private readonly toServer: Lane;
  private readonly fromServer: Lane;
  private closed = false;
  private moment = -1;
  private refusedAtMoment = 0;
  private cancelExpiry: CancelTimer = () => undefined;

  constructor(
    private readonly tree: ObservedTree,
    readonly process: SimProcess,
  ) {
    this.toServer = new Lane(process);
    this.fromServer = new Lane(process);
    this.tracker.opened();
  }

  get session(): SessionMonitor {
    return this.tracker;
  }

  get severed(): boolean {
    return this.connection === null;
  }

  get author(): Author {
    return this.serverSession;
  }

  /** Is an answer to come? */
  get busy(): boolean {
    return this.inflight.size > 0;
  }

  create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<string> {
    const sent = Uint8Array.from(data);
    const effect = (): string => this.tree.create(path, sent, options, this.serverSession);
    return this.call('create', path, effect, options.sequential, sent.length);
  }

  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined> {
    return this.call('read', path, () => {
      const record = this.tree.read(path);
      if (record && onChange) this.tree.watches.set('data', path, this.serverSession, onChange);
      return record;
    });
  }

  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined> {
    return this.call('list', path, () => {
      const names = this.tree.list(path);
      if (names && onChange) this.tree.watches.set('children', path, this.serverSession, onChange);
      return names;
    });
  }

  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined> {
    return this.call('stat', path, () => {
      if (onChange) this.tree.watches.set('existence', path, this.serverSession, onChange);
      return this.tree.stat(path);
    });
  }

  write(path: string, data: Uint8Array, version?: number): Promise<RecordStat> {
    const sent = Uint8Array.from(data);
    return this.call('write', path, () => this.tree.write(path, sent, version), false, sent.length);
  }

  remove(path: string, version?: number): Promise<boolean> {
    return this.call('remove', path, () => this.tree.remove(path, version));
  }

  transaction(operations: readonly TreeOperation[]): Promise<readonly OperationResult[]> {
    const path = operations[0]?.path ?? '/';
    const size = operations.reduce((sum, one) => sum + (one.kind === 'remove' ? 0 : one.data.length), 0);
    const effect = (): readonly OperationResult[] => this.tree.transaction(operations, this.serverSession);
    return this.call('transaction', path, () => refusedAs(operations, effect), true, size);
  }

  async watchTree(path: string, listener: TreeListener): Promise<TreeWatch> {
    let end = (): void => undefined;
    let live = true;
    const tell: TreeListener = (event) => {
      if (live) listener(event);
    };
    const set = (): void => void (end = this.tree.watches.watchTree(path, this.serverSession, tell));
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
    this.connection = null;
    this.cancelExpiry();
    this.endServerSession();
    this.tracker.close();
    this.failAll((path) => new StoreClosedError('The store was closed', path));
    return Promise.resolve();
  }

  // ---- faults

  /** The connection breaks, and comes back after `seconds`. */
  cut(seconds: number): void {
    if (this.connection === null || this.closed) return;
    this.sever();
    this.process.away(seconds);
    this.process.run(() => this.noticeLoss());
    this.process.base.schedule(seconds, () => this.process.run(() => this.restore()));
  }

  /** The link is dead in both directions: the client goes on sending until it has heard nothing for too long. */
  goSilent(seconds: number): void {
    if (this.connection === null || this.closed) return;
    const silence = SESSION_TIMEOUT * CLIENT_PATIENCE;
    this.sever();
    this.process.away(Math.max(seconds, silence));
    this.process.base.schedule(silence, () => this.process.run(() => this.noticeLoss()));
    this.process.base.schedule(Math.max(seconds, silence + HANG_UP), () => this.process.run(() => this.restore()));
  }

  /** The server ends the session now. */
  expire(): void {
    if (this.closed || this.serverSession.over) return;
    this.endServerSession();
    if (this.connection !== null) this.tellOver();
  }

  /** The process has died: the server learns of it by the silence. */
  orphan(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.connection !== null) this.sever();
    this.inflight.clear();
  }

  /** The process has been frozen: if that lasts too long the server gives the session up. */
  silence(seconds: number): void {
    const patience = this.process.dice.between(0.67, 1) * SESSION_TIMEOUT;
    const session = this.serverSession;
    if (seconds < patience || this.connection === null) return;
    this.process.base.schedule(patience, () => {
      if (session === this.serverSession) this.expire();
    });
  }

  // ----

  noticeSent(session: ServerSession, fire: () => void): void {
    const { connection } = this;
    if (connection === null) return;
    this.toClient(connection, () => {
      if (session.over || session !== this.serverSession || !session.notices.includes(fire)) return;
      // Those before it have been delivered before it.
      session.notices.splice(0, session.notices.indexOf(fire) + 1);
      fire();
    });
  }

  private call<T>(kind: CallKind, path: string, effect: () => T, sequential = false, size = 0): Promise<T> {
    if (!this.process.dead && !this.closed) this.process.pass('before');
    if (this.process.dead) return new Promise(() => undefined);
    const refusal = this.refusal(path, sequential);
    if (refusal) return this.refuse(refusal, `${kind} ${path}`);
    this.counts[WRITES.has(kind) ? 'write' : 'read'] += 1;
    return new Promise<T>((resolve, reject) => {
      let answer: () => void = () => undefined;
      const pending: Pending = {
        path,
        effect: () => {
          try {
            const result = this.tree.as(this.serverSession, effect);
            answer = () => resolve(result);
          } catch (error) {
            answer = () => reject(error instanceof Refusal ? error.toError(path) : asError(error));
          }
        },
        resolve: () => answer(),
        reject,
        // What is too large never arrives.
        arrived: size > MOST_BYTES,
      };
      this.inflight.add(pending);
      this.send(pending);
    });
  }

  private send(pending: Pending): void {
    const { connection } = this;
    this.toServer.carry(() => {
      if (connection === null || connection !== this.connection || this.serverSession.over) return;
      if (pending.arrived) return this.cut(HANG_UP);
      this.arrive(pending);
      if (!this.process.pass('after') || connection !== this.connection) return;
      this.toClient(connection, () => {
        if (this.inflight.delete(pending)) pending.resolve();
      });
    });
  }

  private arrive(pending: Pending): void {
    if (pending.arrived) return;
    pending.arrived = true;
    pending.effect();
  }

  private toClient(connection: object, deliver: () => void): void {
    this.fromServer.carry(() => {
      if (connection !== this.connection) return;
      this.process.run(() => {
        if (connection === this.connection) deliver();
      });
    });
  }

  /** Of what is under way, the first part still gets through. */
  private sever(): void {
    this.connection = null;
    const open = [...this.inflight].filter((pending) => !pending.arrived);
    const through = this.process.dice.whole(0, open.length);
    if (!this.serverSession.over) open.slice(0, through).forEach((pending) => this.arrive(pending));
    const session = this.serverSession;
    const patience = this.process.dice.between(0.67, 1) * SESSION_TIMEOUT;
    this.cancelExpiry = this.process.base.schedule(patience, () => {
      if (!session.over) this.endOf(session);
    });
  }

  private noticeLoss(): void {
    if (this.connection !== null || this.closed) return;
    this.tracker.suspended();
    this.failAll((path) => new ConnectionLostError('The connection was lost', path));
  }

  private restore(): void {
    if (this.connection !== null || this.closed) return;
    this.cancelExpiry();
    const session = this.serverSession;
    if (session.over) return this.startOver();
    this.connection = {};
    this.tracker.resumed();
    for (const fire of [...session.notices]) this.noticeSent(session, fire);
    this.tree.watches.missed(session);
  }

  private tellOver(): void {
    const { connection } = this;
    this.process.base.schedule(latency(this.process.dice), () =>
      this.process.run(() => {
        if (connection === this.connection && !this.closed) this.startOver();
      }),
    );
  }

  private startOver(): void {
    this.connection = null;
    this.tracker.lost();
    this.failAll((path) => new SessionLostError('The session expired', path));
    this.process.base.schedule(latency(this.process.dice), () =>
      this.process.run(() => {
        if (this.closed) return;
        this.serverSession = new ServerSession(this);
        this.connection = {};
        this.tracker.opened();
      }),
    );
  }

  private endServerSession(): void {
    this.endOf(this.serverSession);
  }

  private endOf(session: ServerSession): void {
    if (session.over) return;
    session.over = true;
    session.notices = [];
    this.tree.as(session, () => this.tree.endSession(session));
  }

  private failAll(reason: (path: string) => Error): void {
    const all = [...this.inflight];
    this.inflight.clear();
    for (const { path, reject } of all) reject(reason(path));
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

  private refuse(reason: Error, call: string): Promise<never> {
    const now = this.process.base.monotonic();
    this.refusedAtMoment = now === this.moment ? this.refusedAtMoment + 1 : 0;
    this.moment = now;
    if (this.refusedAtMoment < REFUSALS_PER_MOMENT) return Promise.reject(reason);
    const detail = `${this.process.name} tries to ${call} again and again within one moment although ${reason.message}`;
    this.process.chronicle.fail('no endless loops', detail);
    return new Promise(() => undefined);
  }
}

/** One direction of a connection: what is sent first arrives first, whatever the rounding of times makes of the order of timers. */
class Lane {
  private readonly underway: (() => void)[] = [];
  private last = 0;

  constructor(private readonly process: SimProcess) {}

  carry(deliver: () => void): void {
    const { base, dice, lag } = this.process;
    this.underway.push(deliver);
    this.last = Math.max(this.last, base.monotonic() + lag + latency(dice));
    base.schedule(this.last - base.monotonic(), () => this.underway.shift()?.());
  }
}

/** Seconds that a message takes. */
function latency(dice: Dice): number {
  const kind = dice.next();
  if (kind < 0.9) return dice.between(0.0002, 0.002);
  return kind < 0.99 ? dice.between(0.002, 0.02) : dice.between(0.02, 0.3);
}
