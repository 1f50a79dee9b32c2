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
import type { TreeListener, TreeWatch } from '../../ports/coordination/tree-watch.js';
import type { Logger } from '../../ports/telemetry/logger.js';

/** Tells of every change of the session, of every watch that fires, and of every write. */
export class TracedStore implements TreeStore {
  /** As the store behind it: only those that need it have it. */
  readonly sync?: (path: string) => Promise<void>;
  readonly transaction?: (operations: readonly TreeOperation[]) => Promise<readonly OperationResult[]>;
  readonly watchTree?: (path: string, listener: TreeListener) => Promise<TreeWatch | undefined>;

  constructor(
    private readonly store: TreeStore,
    private readonly logger: Logger,
  ) {
    if (store.sync) this.sync = store.sync.bind(store);
    const { transaction, watchTree } = {
      transaction: store.transaction?.bind(store),
      watchTree: store.watchTree?.bind(store),
    };
    if (transaction) this.transaction = (operations) => this.toldOfAll(operations, transaction(operations));
    if (watchTree) this.watchTree = (path, listener) => watchTree(path, this.telling(path, listener));
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

  private telling(root: string, listener: TreeListener): TreeListener {
    return (event) => {
      this.logger.debug('A watch on a part of the tree fired', { root, ...event });
      listener(event);
    };
  }

  private toldOfAll(
    operations: readonly TreeOperation[],
    answer: Promise<readonly OperationResult[]>,
  ): Promise<readonly OperationResult[]> {
    const all = operations.map(({ kind, path }) => `${kind} ${path}`);
    return this.told('transaction', operations[0]?.path ?? '/', answer, (results) => ({
      all,
      created: results.filter((_, at) => operations[at]?.kind === 'create').map(({ path }) => path),
    }));
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
