import type { BuildKey, UploadKey } from '../../domain/model/image.js';
import { NoRecordError, RecordExistsError, VersionConflictError } from '../../ports/coordination/errors.js';
import { ancestorsOf } from '../../ports/toolkit/paths.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { ImageMirror } from './image-mirror.js';
import type { StatefulRecord } from './lockable-kind.js';
import { decodeSafely, type RecordCodec } from './record-codec.js';
import { removeTree } from './remove-tree.js';

const EMPTY = new Uint8Array();
/** Foreign writers that get in between more often than this are not yielded to any more. */
const MAX_CONFLICTS = 5;
/** How often the next free number is looked for; a folder full of others' names must not keep us for ever. */
const MAX_NUMBERS = 10;

/** Reads and writes of image records, shown in the mirror at once. */
export class ImageStore {
  constructor(
    private readonly store: TreeStore,
    private readonly clock: Clock,
    private readonly mirror: ImageMirror,
  ) {}

  async read<T>(codec: RecordCodec<T>, key: BuildKey | UploadKey, path: string): Promise<T | undefined> {
    const record = await this.store.read(path);
    this.mirror.seen(key, path, record);
    if (record === undefined) return undefined;
    const decoded = decodeSafely(codec, record);
    return 'value' in decoded ? decoded.value : undefined;
  }

  /** @throws RecordGoneError, VersionConflictError if somebody keeps writing in between */
  async update<T extends StatefulRecord>(
    codec: RecordCodec<T>,
    key: BuildKey | UploadKey,
    path: string,
    change: Partial<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const record = await this.store.read(path);
      const decoded = record && decodeSafely(codec, record);
      if (record === undefined || decoded === undefined || !('value' in decoded)) {
        this.mirror.seen(key, path, record);
        throw new RecordGoneError(path);
      }
      const value = this.changed(decoded.value, change);
      const data = codec.encode(value, { data: record.data, value: decoded.value });
      try {
        const stat = await this.store.write(path, data, record.stat.version);
        this.mirror.written(path, data, stat);
        return value;
      } catch (error) {
        if (error instanceof NoRecordError) {
          this.mirror.removed(key.image, path);
          throw new RecordGoneError(path);
        }
        if (!(error instanceof VersionConflictError) || attempt >= MAX_CONFLICTS) throw error;
      }
    }
  }

  async create(path: string, data: Uint8Array, makeParents: boolean): Promise<void> {
    await this.store.create(path, data, { makeParents });
    this.mirror.created(path, data);
  }

  /** Creates an empty record unless there is one. */
  async ensure(path: string): Promise<void> {
    try {
      await this.create(path, EMPTY, true);
    } catch (error) {
      if (!(error instanceof RecordExistsError)) throw error;
    }
  }

  /** Creates the folders from below `top` down to `path`. Answers false if `top` does not exist; `top` is never created. */
  async makeFoldersBelow(top: string, path: string): Promise<boolean> {
    const missing = [...ancestorsOf(path), path].filter((folder) => folder.startsWith(`${top}/`));
    for (const folder of missing) {
      try {
        await this.store.create(folder, EMPTY);
      } catch (error) {
        if (error instanceof NoRecordError) return false;
        if (!(error instanceof RecordExistsError)) throw error;
      }
    }
    return true;
  }

  /** Answers the path of the new record. @throws NoRecordError if the folder is missing */
  async createNumbered(folder: string, data: Uint8Array): Promise<string> {
    const path = await this.createWithNextNumber(folder, data);
    this.mirror.created(path, data);
    return path;
  }

  async remove(image: string, path: string): Promise<boolean> {
    const gone = await removeTree(this.store, path);
    if (gone) this.mirror.removed(image, path);
    return gone;
  }

  list(path: string): Promise<readonly string[] | undefined> {
    return this.store.list(path);
  }

  private changed<T extends StatefulRecord>(before: T, change: Partial<T>): T {
    const value = { ...before, ...change };
    if (value.state === before.state || change.stateTime !== undefined) return value;
    return { ...value, stateTime: this.clock.now() };
  }

  /**
   * The store's counter starts anew when a folder was deleted and imported again, and then names a record that exists
   * (spec LAUNCHER 7.26). The next free number is taken instead.
   */
  private async createWithNextNumber(folder: string, data: Uint8Array): Promise<string> {
    try {
      return await this.store.create(`${folder}/`, data, { sequential: true });
    } catch (error) {
      if (!(error instanceof RecordExistsError)) throw error;
    }
    for (let tries = 1; ; tries += 1) {
      const names = (await this.store.list(folder)) ?? [];
      const highest = Math.max(0, ...names.filter((name) => /^\d{10}$/.test(name)).map(Number));
      try {
        return await this.store.create(`${folder}/${String(highest + 1).padStart(10, '0')}`, data);
      } catch (error) {
        if (!(error instanceof RecordExistsError) || tries >= MAX_NUMBERS) throw error;
      }
    }
  }
}
