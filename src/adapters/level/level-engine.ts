import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { EngineChange, LoadReport, StoreEngine } from '../../ports/coordination/store-engine.js';
import { StoreDamagedError, StoreUnusableError } from '../../ports/coordination/store-engine.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { checkFiles, dropTails } from './check-files.js';
import { ContentDigest } from './content-digest.js';
import { prepareDirectory, TREE_FOLDER, unusable } from './store-directory.js';
import { causeOf, StoreLock } from './store-lock.js';

/** Small, so that what was overwritten is soon given back: the files stay below 4 × the live data + 16 MiB. */
const WRITE_BUFFER = 1_048_576;
/** Records read at a time when opening: a few milliseconds of work. */
const CHUNK = 500;
/** Keys of records begin with `r`; this one is the digest of all of them. */
const DIGEST_KEY = 'd';

type Level = ClassicLevel<string, Uint8Array>;
type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/**
 * Keeps the records in LevelDB. After a failed write LevelDB's log may end in half a record, behind which nothing may be written: it is
 * closed then and opened again with the next batch, which brings what the log has into order.
 */
export class LevelEngine implements StoreEngine {
  private readonly folder: string;
  private readonly digest = new ContentDigest();
  private lock: StoreLock | null = null;
  private level: Level | null = null;
  private closed = false;
  private underWay: Promise<unknown> = Promise.resolve();

  constructor(private readonly directory: string) {
    this.folder = path.join(directory, TREE_FOLDER);
  }

  async load(take: (key: string, value: Uint8Array) => void): Promise<LoadReport> {
    await prepareDirectory(this.directory);
    this.lock = await StoreLock.take(this.directory);
    try {
      const { tails, committed } = await checkFiles(this.directory, this.folder);
      await dropTails(tails);
      this.level = await openLevel(this.directory, this.folder);
      await this.readAll(this.level, committed, take);
      return { dropped: tails.map(({ words }) => words) };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  append(batch: readonly EngineChange[]): Promise<void> {
    const appending = this.underWay.then(() => this.commit(batch));
    this.underWay = appending.catch(() => undefined);
    return appending;
  }

  async compact(): Promise<void> {
    await this.level?.compactRange('', '~');
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.underWay;
    const { level, lock } = this;
    this.level = null;
    this.lock = null;
    await level?.close();
    await lock?.release();
  }

  private async commit(batch: readonly EngineChange[]): Promise<void> {
    if (this.closed) throw new Error(`The store ${this.directory} is closed`);
    this.level ??= await openLevel(this.directory, this.folder);
    for (const { key, value } of batch) this.digest.set(key, value);
    const operations = batch.map(({ key, value }): Operation => {
      return value === null ? { type: 'del', key: `r${key}` } : { type: 'put', key: `r${key}`, value };
    });
    operations.push({ type: 'put', key: DIGEST_KEY, value: this.digest.value });
    try {
      await this.level.batch(operations, { sync: true, keyEncoding: 'utf8', valueEncoding: 'view' });
    } catch (error) {
      const failed = this.level;
      this.level = null;
      await failed.close().catch(() => undefined);
      throw causeOf(error);
    }
  }

  private async readAll(
    level: Level,
    committed: boolean,
    take: (key: string, value: Uint8Array) => void,
  ): Promise<void> {
    const iterator = level.iterator({ keyEncoding: 'utf8', valueEncoding: 'view', fillCache: false });
    let expected: Uint8Array | null = null;
    try {
      for (let entries = await iterator.nextv(CHUNK); entries.length > 0; entries = await iterator.nextv(CHUNK)) {
        for (const [key, value] of entries) {
          if (key === DIGEST_KEY) {
            expected = value;
            continue;
          }
          const name = key.slice(1);
          this.digest.set(name, value);
          take(name, value);
        }
      }
    } catch (error) {
      throw new StoreDamagedError(this.directory, asError(causeOf(error)).message, { cause: error });
    } finally {
      await iterator.close().catch(() => undefined);
    }
    this.checkDigest(expected, committed);
  }

  /** A damaged index hides whole tables without a word; only a store that nothing was ever committed to has no checksum. */
  private checkDigest(expected: Uint8Array | null, committed: boolean): void {
    const found = this.digest.value;
    if (expected === null && !committed) return;
    if (expected !== null && Buffer.compare(found, expected) === 0) return;
    throw new StoreDamagedError(
      this.directory,
      `its ${this.digest.size} records are not those that were written (checksum over all of them)`,
    );
  }
}

async function openLevel(place: string, folder: string): Promise<Level> {
  const level: Level = new ClassicLevel(folder, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    writeBufferSize: WRITE_BUFFER,
    cacheSize: WRITE_BUFFER,
  });
  try {
    await level.open();
    return level;
  } catch (error) {
    const cause = causeOf(error);
    await level.close().catch(() => undefined);
    if (/corruption|missing files/i.test(cause.message)) throw new StoreDamagedError(place, cause.message, { cause });
    const known = unusable(place, cause);
    throw known instanceof StoreUnusableError ? known : cause;
  }
}
