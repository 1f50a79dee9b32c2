import {
  ConnectionLostError,
  NoRecordError,
  RecordExistsError,
  SessionLostError,
} from '../../ports/coordination/errors.js';
import type { AcquireOptions, AcquireResult, Lease, LeaseManager } from '../../ports/coordination/lease.js';
import { childOf, nameOf } from '../../ports/toolkit/paths.js';
import { together } from '../../ports/toolkit/transaction.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { StatusSource, WorkerStatus } from '../../ports/telemetry/status.js';
import type { Random } from '../../ports/runtime/random.js';
import { ConnectionCount } from './connection-count.js';
import { contenderPrefix, inOrder, predecessorOf } from './contenders.js';
import { HeldLease } from './held-lease.js';
import { Leftovers } from './leftovers.js';
import { Patience } from './patience.js';

export interface KazooLeasesOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/** Passes in a row after which whoever takes our child away again and again is given a moment, in seconds. */
const PASSES_AT_ONCE = 10;
const PAUSE = 0.1;

const EMPTY = new Uint8Array();

/** Our child in the lock directory, or our attempt to create it. */
interface Contender {
  readonly directory: string;
  readonly prefix: string;
  readonly generation: number;
  name: string | undefined;
  /** An answer to a create was lost: there may be a child by our prefix that we have not heard of. */
  uncertain: boolean;
}

/**
 * Leases in the format of kazoo's `Lock` (spec LAUNCHER 1.5), on any tree store. A free lock in an existing directory costs two
 * calls in one round trip, a refused one three, a release one; with transactions one in a new directory costs one.
 */
export class KazooLeases implements LeaseManager, StatusSource {
  private readonly leftovers: Leftovers;
  private readonly connections: ConnectionCount;
  private readonly held = new Set<HeldLease>();
  /** Directories whose lock is being taken. */
  private readonly wanted = new Map<symbol, string>();

  constructor(
    private readonly store: TreeStore,
    private readonly options: KazooLeasesOptions,
  ) {
    this.leftovers = new Leftovers(store);
    this.connections = new ConnectionCount(store.session);
  }

  async acquire(directory: string, options: AcquireOptions = {}): Promise<AcquireResult> {
    const { clock } = this.options;
    const patience = new Patience(clock, this.store.session, options.wait ?? 0, options.signal);
    let contender: Contender | undefined;
    let result: AcquireResult | 'again' = 'again';
    const attempt = Symbol('attempt');
    this.wanted.set(attempt, directory);
    try {
      for (let passes = 1; result === 'again'; passes += 1) {
        if (passes > 1 && passes % PASSES_AT_ONCE === 0) await sleep(clock, PAUSE, options.signal);
        contender = this.contenderOf(contender, directory);
        result = await this.attempt(contender, options, patience);
      }
      return result;
    } finally {
      this.wanted.delete(attempt);
      const held = result !== 'again' && 'lease' in result;
      if (contender && !held) await this.withdraw(contender);
    }
  }

  status(): readonly WorkerStatus[] {
    const held = [...this.held].map(({ path }) => `holds ${path}`);
    const wanted = [...this.wanted.values()].map((directory) => `waits for ${directory}`);
    return [{ worker: 'Leases', doing: `${held.length} held, ${wanted.length} wanted`, details: [...held, ...wanted] }];
  }

  async contenders(directory: string): Promise<readonly string[]> {
    const names = inOrder((await this.store.list(directory)) ?? []);
    const records = await Promise.all(names.map((name) => this.store.read(childOf(directory, name))));
    const decoder = new TextDecoder();
    return records.filter((record) => record !== undefined).map((record) => decoder.decode(record.data));
  }

  async forceRelease(directory: string): Promise<boolean> {
    const [holder] = inOrder((await this.store.list(directory)) ?? []);
    return holder !== undefined && (await this.store.remove(childOf(directory, holder)));
  }

  /** Resolves when no own contender is being removed in the background. For orderly shutdown and tests. */
  settled(): Promise<void> {
    return this.leftovers.settled();
  }

  /** The child to go on with: the old one, unless its session is over. */
  private contenderOf(old: Contender | undefined, directory: string): Contender {
    const { generation } = this.store.session;
    if (old?.generation === generation) return old;
    const prefix = contenderPrefix(this.options.random.hexId());
    return { directory, prefix, generation, name: undefined, uncertain: false };
  }

  /** One pass of the recipe; sits out a lost connection or session while there is patience. */
  private async attempt(
    contender: Contender,
    options: AcquireOptions,
    patience: Patience,
  ): Promise<AcquireResult | 'again'> {
    const before = this.connections.now;
    try {
      return await this.stand(contender, options, patience);
    } catch (error) {
      const away = error instanceof ConnectionLostError || error instanceof SessionLostError;
      if (!away || !patience.lasts) throw error;
      await patience.until(async () => (this.connections.now === before ? 'wait' : 'go on'));
      if (!patience.lasts) throw error;
      return 'again';
    }
  }

  private async stand(
    contender: Contender,
    options: AcquireOptions,
    patience: Patience,
  ): Promise<AcquireResult | 'again'> {
    const children = await this.enter(contender, options);
    if (children === 'gone') return { refused: 'gone' };
    const mayWait = patience.lasts;
    const predecessor = contender.name === undefined ? undefined : predecessorOf(contender.name, children);
    if (predecessor === undefined) {
      // Somebody removed our child, or the create whose answer was lost never happened: stand at the end of the queue.
      contender.name = undefined;
      return 'again';
    }
    if (predecessor === null) return { lease: this.hold(contender) };
    if (!mayWait) return { refused: 'busy' };
    await patience.until(async (wake) => {
      const ahead = await this.store.read(childOf(contender.directory, predecessor), wake);
      return ahead ? 'wait' : 'go on';
    });
    return patience.lasts ? 'again' : { refused: 'busy' };
  }

  /** Answers the children of the directory, read after our own child was created in it. */
  private async enter(contender: Contender, options: AcquireOptions): Promise<readonly string[] | 'gone'> {
    const { directory } = contender;
    if (contender.name === undefined && !contender.uncertain) return this.createAndList(contender, options);
    const children = (await this.store.list(directory)) ?? [];
    contender.name ??= inOrder(children).find((name) => name.startsWith(contender.prefix));
    if (contender.name === undefined) return this.createAndList(contender, options);
    return children;
  }

  private async createAndList(contender: Contender, options: AcquireOptions): Promise<readonly string[] | 'gone'> {
    const atOnce =
      options.newDirectory === true && options.makeParents !== true && this.store.transaction !== undefined;
    if (atOnce) {
      const children = await this.createBoth(contender, options);
      if (children !== 'exists') return children;
    }
    if (atOnce || options.newDirectory !== true) {
      const children = await this.pipeline(contender, options, Promise.resolve('exists'));
      if (children !== 'no directory') return children;
    }
    const directory = this.createDirectory(contender.directory, options.makeParents === true);
    // Only without parents to make is the directory there when the calls sent right behind arrive.
    if (options.makeParents === true) await directory;
    const children = await this.pipeline(contender, options, directory);
    return children === 'no directory' ? [] : children;
  }

  /**
   * Directory and child in one: who is in a directory that has just been made with him is the first, without a look. Nobody sees an
   * empty directory meanwhile.
   */
  private async createBoth(
    contender: Contender,
    options: AcquireOptions,
  ): Promise<readonly string[] | 'gone' | 'exists'> {
    const { directory, prefix } = contender;
    const path = childOf(directory, prefix);
    try {
      const [, created] = await together(this.store, [
        { kind: 'create', path: directory, data: EMPTY },
        { kind: 'create', path, data: identifierOf(options), ephemeral: true, sequential: true },
      ]);
      contender.name = nameOf(created?.path ?? '');
      return [contender.name];
    } catch (error) {
      if (error instanceof RecordExistsError) return 'exists';
      if (error instanceof NoRecordError) return 'gone';
      if (error instanceof ConnectionLostError) contender.uncertain = true;
      throw error;
    }
  }

  /** Sends the calls without waiting in between: [directory,] child, list. */
  private async pipeline(
    contender: Contender,
    options: AcquireOptions,
    directory: Promise<'exists' | 'gone'>,
  ): Promise<readonly string[] | 'gone' | 'no directory'> {
    const path = childOf(contender.directory, contender.prefix);
    const data = identifierOf(options);
    const calls = [
      directory,
      this.store.create(path, data, { ephemeral: true, sequential: true }),
      this.store.list(contender.directory),
    ] as const;
    const [made, created, listed] = await Promise.allSettled(calls);
    if (created.status === 'fulfilled') contender.name = nameOf(created.value);
    else if (created.reason instanceof ConnectionLostError) contender.uncertain = true;
    if (made.status === 'rejected') throw made.reason;
    if (made.value === 'gone') return 'gone';
    if (created.status === 'rejected') {
      if (created.reason instanceof NoRecordError) return 'no directory';
      throw created.reason;
    }
    if (listed.status === 'rejected') throw listed.reason;
    return listed.value ?? [];
  }

  private async createDirectory(directory: string, makeParents: boolean): Promise<'exists' | 'gone'> {
    try {
      await this.store.create(directory, EMPTY, { makeParents });
    } catch (error) {
      if (error instanceof NoRecordError) return 'gone';
      if (!(error instanceof RecordExistsError)) throw error;
    }
    return 'exists';
  }

  /** @throws ConnectionLostError if the session got into trouble since the children were read */
  private hold(contender: Contender): Lease {
    const { session } = this.store;
    if (session.state !== 'connected' || session.generation !== contender.generation) {
      throw new ConnectionLostError('The connection was lost while the lock was taken', contender.directory);
    }
    const { directory, generation, name, uncertain } = contender;
    const lease: HeldLease = new HeldLease(
      directory,
      generation,
      name === undefined || uncertain ? null : childOf(directory, name),
      session,
      () => this.withdraw(contender),
      () => this.held.delete(lease),
    );
    this.held.add(lease);
    return lease;
  }

  private async withdraw(contender: Contender): Promise<void> {
    const { name, uncertain } = contender;
    if (name === undefined && !uncertain) return;
    await this.leftovers.remove({ ...contender, name: uncertain ? undefined : name });
  }
}

function identifierOf({ identifier }: AcquireOptions): Uint8Array {
  return identifier === undefined ? EMPTY : new TextEncoder().encode(identifier);
}
