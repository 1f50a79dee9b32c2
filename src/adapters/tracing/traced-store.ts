import type { SessionMonitor } from '../../ports/coordination/session.js';
import type {
  CreateOptions,
  RecordStat,
  TreeRecord,
  TreeStore,
  WatchListener,
} from '../../ports/coordination/tree-store.js';
import type { Logger } from '../../ports/telemetry/logger.js';

/** Tells of every change of the session, of every watch that fires, and of every write. */
export class TracedStore implements TreeStore {
  /** As the store behind it: only those that need it have it. */
  readonly sync?: (path: string) => Promise<void>;

  constructor(
    private readonly store: TreeStore,
    private readonly logger: Logger,
  ) {
    if (store.sync) this.sync = store.sync.bind(store);
    store.session.onChange(({ state, generation }) => {
      this.logger.debug(`The session is ${state}`, { session: generation });
    });
  }

  get session(): SessionMonitor {
    return this.store.session;
  }

  get pendingCalls(): number {
    return this.store.pendingCalls ?? 0;
  }

  create(path: string, data: Uint8Array, options?: CreateOptions): Promise<string> {
    return this.told('create', path, this.store.create(path, data, options), (created) => ({
      created,
      bytes: data.length,
    }));
  }

  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined> {
    return this.store.read(path, this.watch('data', path, onChange));
  }

  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined> {
    return this.store.list(path, this.watch('children', path, onChange));
  }

  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined> {
    return this.store.stat(path, this.watch('existence', path, onChange));
  }

  write(path: string, data: Uint8Array, version?: number): Promise<RecordStat> {
    return this.told('write', path, this.store.write(path, data, version), (stat) => ({
      version: stat.version,
      bytes: data.length,
    }));
  }

  remove(path: string, version?: number): Promise<boolean> {
    return this.told('remove', path, this.store.remove(path, version), (removed) => ({ removed }));
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private watch(kind: string, path: string, onChange: WatchListener | undefined): WatchListener | undefined {
    if (!onChange) return undefined;
    return () => {
      this.logger.debug('A watch fired', { path, kind });
      onChange();
    };
  }

  private async told<T>(
    call: string,
    path: string,
    answer: Promise<T>,
    facts: (result: T) => Readonly<Record<string, unknown>>,
  ): Promise<T> {
    try {
      const result = await answer;
      this.logger.debug(`The store has answered to ${call}`, { path, ...facts(result) });
      return result;
    } catch (error) {
      this.logger.debug(`The store has refused to ${call}`, { path, err: error });
      throw error;
    }
  }
}
