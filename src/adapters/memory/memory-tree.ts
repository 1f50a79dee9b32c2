import { ancestorsOf, childOf, nameOf, parentOf } from '../../ports/coordination/paths.js';
import type { CreateOptions, RecordStat, TreeRecord } from '../../ports/coordination/tree-store.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { Refusal } from './refusal.js';
import { WatchTable } from './watch-table.js';
import type { SessionEnd } from './watch-table.js';

interface Entry {
  data: Uint8Array;
  version: number;
  readonly createdTime: number;
  modifiedTime: number;
  modifiedId: number;
  /** The session that owns an ephemeral record. */
  readonly owner: SessionEnd | null;
  readonly children: Set<string>;
  /** Children ever created, of whatever name: what sequential names are made of. */
  childCreations: number;
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

  constructor(private readonly clock: Clock) {
    this.entries.set('/', this.newEntry(new Uint8Array(), null));
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
    if (parent.owner) throw new Refusal('ephemeral parent');
    const name = path.slice(slash + 1) + (options.sequential === true ? tenDigits(parent.childCreations) : '');
    const created = childOf(parentPath, name);
    if (this.entries.has(created)) throw new Refusal('exists');
    const owner = options.ephemeral === true ? session : null;
    this.entries.set(created, this.newEntry(Uint8Array.from(data), owner));
    if (owner) this.ownedBy(owner).add(created);
    parent.children.add(name);
    parent.childCreations = (parent.childCreations + 1) | 0;
    this.watches.created(created, parentPath);
    return created;
  }

  read(path: string): TreeRecord | undefined {
    const entry = this.entries.get(path);
    return entry && { data: Uint8Array.from(entry.data), stat: statOf(entry) };
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
    entry.data = Uint8Array.from(data);
    entry.version = (entry.version + 1) | 0;
    entry.modifiedTime = this.clock.now();
    entry.modifiedId = ++this.transactions;
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

  /** Ends a session: its watches are forgotten, its ephemeral records vanish. */
  endSession(session: SessionEnd): void {
    this.watches.forget(session);
    for (const path of this.owned.get(session) ?? []) {
      const entry = this.entries.get(path);
      if (entry) this.drop(path, entry);
    }
    this.owned.delete(session);
  }

  private drop(path: string, entry: Entry): void {
    this.entries.delete(path);
    this.entries.get(parentOf(path))?.children.delete(nameOf(path));
    if (entry.owner) this.owned.get(entry.owner)?.delete(path);
    this.transactions += 1;
    this.watches.removed(path, parentOf(path));
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

  private newEntry(data: Uint8Array, owner: SessionEnd | null): Entry {
    const now = this.clock.now();
    const modifiedId = ++this.transactions;
    return {
      data,
      version: 0,
      createdTime: now,
      modifiedTime: now,
      modifiedId,
      owner,
      children: new Set(),
      childCreations: 0,
    };
  }
}

/** A signed 32-bit counter as text of ten digits; it may run over to `-2147483648`, as it does in ZooKeeper. */
function tenDigits(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, '0')}` : String(counter).padStart(10, '0');
}

function checkVersion(entry: Entry, version: number | undefined): void {
  if (version !== undefined && version !== entry.version) {
    throw new Refusal('wrong version');
  }
}

function statOf(entry: Entry): RecordStat {
  return {
    version: entry.version,
    createdTime: entry.createdTime,
    modifiedTime: entry.modifiedTime,
    modifiedId: entry.modifiedId,
    ephemeral: entry.owner !== null,
    childCount: entry.children.size,
  };
}
