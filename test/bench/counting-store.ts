import type { SessionMonitor } from '../../src/ports/coordination/session.js';
import type {
  CreateOptions,
  OperationResult,
  RecordStat,
  TreeOperation,
  TreeRecord,
  TreeStore,
  WatchListener,
} from '../../src/ports/coordination/tree-store.js';

import type { TreeListener, TreeWatch } from '../../src/ports/coordination/tree-watch.js';

/** Counts the calls that go through. */
export class CountingStore implements TreeStore {
  calls = 0;

  readonly transaction?: (operations: readonly TreeOperation[]) => Promise<readonly OperationResult[]>;
  readonly watchTree?: (path: string, listener: TreeListener) => Promise<TreeWatch | undefined>;

  constructor(private readonly inner: TreeStore) {
    const { transaction, watchTree } = {
      transaction: inner.transaction?.bind(inner),
      watchTree: inner.watchTree?.bind(inner),
    };
    if (transaction) this.transaction = (operations) => transaction(this.count(operations));
    if (watchTree) this.watchTree = (path, listener) => watchTree(this.count(path), listener);
  }

  get session(): SessionMonitor {
    return this.inner.session;
  }

  create(path: string, data: Uint8Array, options?: CreateOptions): Promise<string> {
    this.calls += 1;
    return this.inner.create(path, data, options);
  }

  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined> {
    this.calls += 1;
    return this.inner.read(path, onChange);
  }

  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined> {
    this.calls += 1;
    return this.inner.list(path, onChange);
  }

  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined> {
    this.calls += 1;
    return this.inner.stat(path, onChange);
  }

  write(path: string, data: Uint8Array, version?: number): Promise<RecordStat> {
    this.calls += 1;
    return this.inner.write(path, data, version);
  }

  remove(path: string, version?: number): Promise<boolean> {
    this.calls += 1;
    return this.inner.remove(path, version);
  }

  private count<T>(what: T): T {
    this.calls += 1;
    return what;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
