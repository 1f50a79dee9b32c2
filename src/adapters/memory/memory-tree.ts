import { ancestorsOf, childOf, nameOf, parentOf } from '../../ports/toolkit/paths.js';
import type {
  CreateOptions,
  OperationResult,
  RecordStat,
  TreeOperation,
  TreeRecord,
} from '../../ports/coordination/tree-store.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { Refusal, RefusedOperation } from './refusal.js';
import { Rehearsal, tenDigits } from './rehearsal.js';
import type { Sketch } from './rehearsal.js';
import { WatchTable } from './watch-table.js';
import type { SessionEnd } from './watch-table.js';
import type { Settlement } from './wire.js';

/** What is kept of a record. Never changed, only replaced: whoever holds one sees the record as it was. */
export interface StoredRecord {
  readonly data: Uint8Array;
  readonly version: number;
  readonly createdTime: number;
  readonly modifiedTime: number;
  readonly modifiedId: number;
  /** The session that owns an ephemeral record. */
  readonly owner: SessionEnd | null;
  /** Children ever created, of whatever name: what sequential names are made of. */
  readonly childCreations: number;
}

interface Entry {
  record: StoredRecord;
  readonly children: Set<string>;
}

/** Who must hear of every change of a tree before its answer is given, and says when that may be done. */
export interface ChangeLog extends Settlement {
  /** `path` is about to become something else than `before` (undefined: it is about to be created). */
  changing(path: string, before: StoredRecord | undefined): void;
  /** Resolves when every change so far was dealt with, for good or ill. */
  settle(): Promise<void>;
}

/**
 * The server side of the in-memory store: one tree, shared by any number of sessions. Its calls take effect at once; the sessions
 * (`MemoryTreeStore`) add the delay, the loss and the order of a network. What it cannot do it answers with a `Refusal`.
 */
export class MemoryTree {
  readonly watches = new WatchTable();
  private readonly entries = new Map<string, Entry>();
  private readonly owned = new Map<SessionEnd, Set<string>>();
  private transactions = 0;

  /** @param log where changes go before they are answered; without one they are answered at once */
  constructor(
    private readonly clock: Clock,
    readonly log: ChangeLog | null = null,
  ) {
    this.entries.set('/', { record: this.newRecord(new Uint8Array(), null), children: new Set() });
  }

  /** Number of records, the root not counted. */
  get size(): number {
    return this.entries.size - 1;
  }

  /** Number of the last change. */
  get lastTransaction(): number {
    return this.transactions;
  }

  create(path: string, data: Uint8Array, options: CreateOptions, session: SessionEnd): string {
    const slash = path.endsWith('/') ? path.length - 1 : path.lastIndexOf('/');
    const parentPath = slash <= 0 ? '/' : path.slice(0, slash);
    if (options.makeParents === true) this.makeParents(parentPath, session);
    const parent = this.entries.get(parentPath);
    if (!parent) throw new Refusal('no record');
    if (parent.record.owner) throw new Refusal('ephemeral parent');
    const counter = parent.record.childCreations;
    const name = path.slice(slash + 1) + (options.sequential === true ? tenDigits(counter) : '');
    const created = childOf(parentPath, name);
    if (this.entries.has(created)) throw new Refusal('exists');
    const owner = options.ephemeral === true ? session : null;
    this.log?.changing(created, undefined);
    this.log?.changing(parentPath, parent.record);
    this.place(created, this.newRecord(Uint8Array.from(data), owner));
    parent.record = { ...parent.record, childCreations: (counter + 1) | 0 };
    this.watches.created(created, parentPath);
    return created;
  }

  read(path: string): TreeRecord | undefined {
    const entry = this.entries.get(path);
    return entry && { data: Uint8Array.from(entry.record.data), stat: statOf(entry) };
  }

  list(path: string): readonly string[] | undefined {
    const entry = this.entries.get(path);
    return entry && [...entry.children];
  }

  stat(path: string): RecordStat | undefined {
    const entry = this.entries.get(path);
    return entry && statOf(entry);
  }

  write(path: string, data: Uint8Array, version?: number): RecordStat {
    const entry = this.entries.get(path);
    if (!entry) throw new Refusal('no record');
    checkVersion(entry, version);
    const before = entry.record;
    this.log?.changing(path, before);
    entry.record = {
      ...before,
      data: Uint8Array.from(data),
      version: (before.version + 1) | 0,
      modifiedTime: this.clock.now(),
      modifiedId: ++this.transactions,
    };
    this.watches.written(path);
    return statOf(entry);
  }

  remove(path: string, version?: number): boolean {
    const entry = this.entries.get(path);
    if (!entry) return false;
    if (path === '/') throw new Refusal('root');
    checkVersion(entry, version);
    if (entry.children.size > 0) throw new Refusal('not empty');
    this.drop(path, entry);
    return true;
  }

  /** All changes or none. @throws RefusedOperation naming the first that is refused */
  transaction(operations: readonly TreeOperation[], session: SessionEnd): readonly OperationResult[] {
    const rehearsal = new Rehearsal((path) => this.sketch(path));
    operations.forEach((operation, index) => {
      try {
        rehearsal.step(operation);
      } catch (error) {
        throw error instanceof Refusal ? new RefusedOperation(error, index) : error;
      }
    });
    return operations.map((operation) => this.carryOut(operation, session));
  }

  /** Ends a session: its watches are forgotten, its ephemeral records vanish. */
  endSession(session: SessionEnd): void {
    this.watches.forget(session);
    for (const path of [...(this.owned.get(session) ?? [])]) {
      const entry = this.entries.get(path);
      if (entry) this.drop(path, entry);
    }
    this.owned.delete(session);
  }

  /** Number of ephemeral records of a session. */
  ownedCount(session: SessionEnd): number {
    return this.owned.get(session)?.size ?? 0;
  }

  /** What is kept of a record now. */
  stored(path: string): StoredRecord | undefined {
    return this.entries.get(path)?.record;
  }

  /** Every record as it is now, the root first; each parent comes before its children. */
  *walk(): Generator<readonly [path: string, record: StoredRecord]> {
    const names = ['/'];
    for (let path = names.pop(); path !== undefined; path = names.pop()) {
      const entry = this.entries.get(path);
      if (!entry) continue;
      yield [path, entry.record];
      for (const name of [...entry.children].sort().reverse()) names.push(childOf(path, name));
    }
  }

  /**
   * Puts records back as they were kept, without a word to log or watches. Those that vanish go before those that come, children
   * before parents. @throws Error when a parent is missing
   */
  restore(records: Iterable<readonly [path: string, record: StoredRecord | undefined]>): void {
    const all = [...records].sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [path, record] of [...all].reverse()) if (!record) this.takeOut(path);
    for (const [path, record] of all) if (record) this.place(path, record);
  }

  /** Numbers of changes go on behind this one. */
  continueAfter(transaction: number): void {
    this.transactions = Math.max(this.transactions, transaction);
  }

  private sketch(path: string): Sketch | undefined {
    const entry = this.entries.get(path);
    if (!entry) return undefined;
    const { version, childCreations, owner } = entry.record;
    return { version, childCreations, children: entry.children.size, ephemeral: owner !== null };
  }

  private carryOut(operation: TreeOperation, session: SessionEnd): OperationResult {
    const { path } = operation;
    switch (operation.kind) {
      case 'create':
        return { path: this.create(path, operation.data, flagsOf(operation), session), stat: null };
      case 'write':
        return { path, stat: this.write(path, operation.data, operation.version) };
      case 'remove':
        this.remove(path, operation.version);
        return { path, stat: null };
    }
  }

  private place(path: string, record: StoredRecord): void {
    const known = this.entries.get(path);
    if (known?.record.owner) this.owned.get(known.record.owner)?.delete(path);
    if (record.owner) this.ownedBy(record.owner).add(path);
    if (known) {
      known.record = record;
      return;
    }
    const parent = this.entries.get(parentOf(path));
    if (!parent) throw new Error(`The record above ${path} is missing`);
    parent.children.add(nameOf(path));
    this.entries.set(path, { record, children: new Set() });
  }

  private drop(path: string, entry: Entry): void {
    this.log?.changing(path, entry.record);
    this.takeOut(path);
    this.transactions += 1;
    this.watches.removed(path, parentOf(path));
  }

  private takeOut(path: string): void {
    const owner = this.entries.get(path)?.record.owner;
    if (owner) this.owned.get(owner)?.delete(path);
    this.entries.delete(path);
    this.entries.get(parentOf(path))?.children.delete(nameOf(path));
  }

  private makeParents(parentPath: string, session: SessionEnd): void {
    if (parentPath === '/') return;
    for (const path of [...ancestorsOf(parentPath), parentPath]) {
      if (!this.entries.has(path)) this.create(path, new Uint8Array(), {}, session);
    }
  }

  private ownedBy(session: SessionEnd): Set<string> {
    const known = this.owned.get(session) ?? new Set();
    this.owned.set(session, known);
    return known;
  }

  private newRecord(data: Uint8Array, owner: SessionEnd | null): StoredRecord {
    const now = this.clock.now();
    const modifiedId = ++this.transactions;
    return { data, version: 0, createdTime: now, modifiedTime: now, modifiedId, owner, childCreations: 0 };
  }
}

function flagsOf(flags: { readonly ephemeral?: boolean; readonly sequential?: boolean }): CreateOptions {
  return { ephemeral: flags.ephemeral === true, sequential: flags.sequential === true };
}

function checkVersion(entry: Entry, version: number | undefined): void {
  if (version !== undefined && version !== entry.record.version) {
    throw new Refusal('wrong version');
  }
}

function statOf({ record, children }: Entry): RecordStat {
  return {
    version: record.version,
    createdTime: record.createdTime,
    modifiedTime: record.modifiedTime,
    modifiedId: record.modifiedId,
    ephemeral: record.owner !== null,
    childCount: children.size,
    childCreations: record.childCreations,
  };
}
