import { setImmediate } from 'node:timers';
import type { StoreLine } from '../../../ports/administration/store-contents.js';
import { StoreFailureError } from '../../../ports/coordination/errors.js';
import type { LoadReport, StoreEngine } from '../../../ports/coordination/store-engine.js';
import { StoreDamagedError } from '../../../ports/coordination/store-engine.js';
import type { CancelTimer, Clock } from '../../../ports/runtime/clock.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import { errorFields } from '../../../ports/telemetry/logger.js';
import type { StoredRecord } from '../memory-tree.js';
import { MemoryTree } from '../memory-tree.js';
import type { SessionEnd } from '../watch-table.js';
import { linesOf } from './contents.js';
import { CommitLog, TRANSACTION_KEY } from './commit-log.js';
import { decodeNumber, decodeStored } from './stored-codec.js';

export interface DurableTreeOptions {
  readonly engine: StoreEngine;
  /** What messages call the store: its directory. */
  readonly place: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Seconds that ephemeral records of a process that died stay after the next one has opened the store; 0 = they are gone at once. */
  readonly sessionTimeout: number;
  /** Default: when Node has run everything that this turn of its loop brought. */
  readonly afterTurn?: (run: () => void) => void;
}

/** Seconds between attempts to write again while writes are refused. */
const PROBE_INTERVAL = 5;

/** The sessions of the processes that had the store before: nobody is there to hear anything. */
class FormerSessions implements SessionEnd {
  notify(): void {}
}

/**
 * The in-memory tree with an engine under it: what it holds is what is on disk, and nothing is answered before it is. Sessions on it are
 * `MemoryTreeStore`s; those of a process that was killed live on here for the session time-out, as they do in ZooKeeper.
 */
export class DurableTree {
  private cancelExpiry: CancelTimer = () => undefined;
  private cancelProbe: CancelTimer = () => undefined;
  private closed = false;

  private constructor(
    readonly tree: MemoryTree,
    private readonly log: CommitLog,
    private readonly options: DurableTreeOptions,
  ) {}

  /** @throws StoreInUseError, StoreDamagedError, StoreUnusableError */
  static async open(options: DurableTreeOptions): Promise<DurableTree> {
    const { engine, clock, logger, place } = options;
    const begun = clock.monotonic();
    const former = new FormerSessions();
    const log = new CommitLog({
      engine,
      afterTurn: options.afterTurn ?? ((run): void => void setImmediate(run)),
      onHealth: (failure) => durable.onHealth(failure),
    });
    const tree = new MemoryTree(clock, log);
    log.attach(tree);
    const durable = new DurableTree(tree, log, options);
    try {
      const { dropped } = await fill(tree, options, former);
      for (const words of dropped) logger.warn(`The end of the store was damaged: ${words}`, { place });
    } catch (error) {
      await engine.close();
      throw error;
    }
    const ms = Math.round((clock.monotonic() - begun) * 1000);
    logger.info('store opened', { place, records: tree.size, ms });
    durable.takeOver(former);
    return durable;
  }

  /** Resolves when everything that was changed so far is on disk or was refused. */
  settle(): Promise<void> {
    return this.log.settle();
  }

  /** Are writes being refused? */
  get refusesWrites(): boolean {
    return this.log.refuses;
  }

  /** All persistent records at one moment, when that is on disk. @param whole with times and versions */
  async contents(whole: boolean): Promise<readonly StoreLine[]> {
    const lines = linesOf(this.tree, whole);
    await this.log.settle();
    if (this.log.refuses) throw new StoreFailureError('The store cannot be written; what it holds is in doubt', null);
    return lines;
  }

  /** Waits for what is under way and lets go of the engine. Sessions are to be closed before. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    this.cancelExpiry();
    this.cancelProbe();
    await this.log.settle();
    await this.options.engine.close();
  }

  private takeOver(former: SessionEnd): void {
    const records = this.tree.ownedCount(former);
    if (records === 0) return;
    const { clock, logger, sessionTimeout } = this.options;
    if (sessionTimeout === 0) return this.endFormer(former);
    logger.info('The process before did not end its session: its locks stay for the session time-out', {
      records,
      seconds: sessionTimeout,
    });
    this.cancelExpiry = clock.schedule(sessionTimeout, () => {
      logger.info('The session of the process before is over', { records: this.tree.ownedCount(former) });
      this.endFormer(former);
    });
  }

  /** Tried again while writes are refused: these locks are nobody's to release. */
  private endFormer(former: SessionEnd): void {
    this.tree.endSession(former);
    void this.log.settle().then(() => {
      if (this.closed || this.tree.ownedCount(former) === 0) return;
      this.cancelExpiry = this.options.clock.schedule(PROBE_INTERVAL, () => this.endFormer(former));
    });
  }

  private onHealth(failure: Error | null): void {
    const { logger, place } = this.options;
    if (!failure) {
      logger.info('The store can be written again', { place });
      return;
    }
    logger.error('The store cannot be written: writes are refused until that is mended, nothing is lost', {
      place,
      ...errorFields(failure),
    });
    this.probeLater();
  }

  private probeLater(): void {
    if (this.closed) return;
    this.cancelProbe = this.options.clock.schedule(PROBE_INTERVAL, () => {
      void this.log.probe().then(() => {
        if (this.log.refuses) this.probeLater();
      });
    });
  }
}

async function fill(tree: MemoryTree, options: DurableTreeOptions, former: SessionEnd): Promise<LoadReport> {
  const records: (readonly [string, StoredRecord])[] = [];
  const report = await options.engine.load((key, value) => {
    try {
      if (key === TRANSACTION_KEY) tree.continueAfter(decodeNumber(value));
      else records.push([key, decodeStored(value, former)]);
    } catch (error) {
      throw new StoreDamagedError(options.place, `${key}: ${asError(error).message}`, { cause: error });
    }
  });
  try {
    tree.restore(records);
  } catch (error) {
    throw new StoreDamagedError(options.place, asError(error).message, { cause: error });
  }
  return report;
}
