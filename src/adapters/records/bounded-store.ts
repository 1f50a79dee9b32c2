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
import { RecordTooLargeError } from '../../ports/records/record-lease.js';
import { MOST_BYTES } from './record-codec.js';

/** A store that is never sent what it could not take: a server hangs up on that, and with it on everything else that is under way. */
export class BoundedStore implements TreeStore {
  /** As the store behind it: only those that need it have it. */
  readonly sync?: (path: string) => Promise<void>;
  readonly transaction?: (operations: readonly TreeOperation[]) => Promise<readonly OperationResult[]>;
  readonly watchTree?: (path: string, listener: TreeListener) => Promise<TreeWatch | undefined>;

  constructor(private readonly store: TreeStore) {
    if (store.sync) this.sync = store.sync.bind(store);
    if (store.watchTree) this.watchTree = store.watchTree.bind(store);
    const transaction = store.transaction?.bind(store);
    if (!transaction) return;
    this.transaction = async (operations) => {
      for (const operation of operations) if (operation.kind !== 'remove') check(operation.path, operation.data);
      return transaction(operations);
    };
  }

  get session(): SessionMonitor {
    return this.store.session;
  }

  get pendingCalls(): number {
    return this.store.pendingCalls ?? 0;
  }

  async create(path: string, data: Uint8Array, options?: CreateOptions): Promise<string> {
    check(path, data);
    return this.store.create(path, data, options);
  }

  async write(path: string, data: Uint8Array, version?: number): Promise<RecordStat> {
    check(path, data);
    return this.store.write(path, data, version);
  }

  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined> {
    return this.store.read(path, onChange);
  }

  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined> {
    return this.store.list(path, onChange);
  }

  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined> {
    return this.store.stat(path, onChange);
  }

  remove(path: string, version?: number): Promise<boolean> {
    return this.store.remove(path, version);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

function check(path: string, data: Uint8Array): void {
  if (data.length > MOST_BYTES) throw new RecordTooLargeError(path, data.length, MOST_BYTES);
}
