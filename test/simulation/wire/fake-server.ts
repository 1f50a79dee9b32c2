import { Refusal, RefusedOperation } from '../../../src/adapters/memory/refusal.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import type { WatchKind } from '../../../src/adapters/memory/watch-table.js';
import { FrameSplitter } from '../../../src/adapters/zookeeper/wire/frame-splitter.js';
import { JuteReader } from '../../../src/adapters/zookeeper/wire/jute-reader.js';
import { JuteWriter } from '../../../src/adapters/zookeeper/wire/jute-writer.js';
import { EVENT, OPERATION, REQUEST } from '../../../src/adapters/zookeeper/wire/protocol.js';
import { parentOf } from '../../../src/ports/toolkit/paths.js';
import type {
  CreateOptions,
  OperationResult,
  RecordStat,
  TreeOperation,
} from '../../../src/ports/coordination/tree-store.js';
import type { Clock } from '../../../src/ports/runtime/clock.js';

/** A session as the server knows it; the identity by which the tree knows its ephemeral records. */
export interface Session {
  readonly id: bigint;
  notify(): void;
}

/** What of a connection the server needs. */
export interface Peer {
  send(bytes: Buffer): void;
  hangUp(): void;
}

const ERROR = {
  noNode: -101,
  badVersion: -103,
  noChildren: -108,
  exists: -110,
  notEmpty: -111,
  noWatcher: -121,
  unimplemented: -6,
  inconsistent: -2,
  system: -1,
} as const;

/** ZooKeeper's side of the wire protocol over a tree in memory: as much of it as a client can tell from the real one. */
export class FakeServer {
  tree: MemoryTree;
  readonly sessions = new Map<bigint, Session>();
  /** Data of every create and write that took effect, in order. */
  readonly effects: string[] = [];
  /** Greeted with it as one that is cut off from its ensemble. */
  readOnly = false;
  /** Answers the next request with this error instead of carrying it out. */
  nextError: number | null = null;
  /** As before 3.6: hangs up on whoever wants recursive watches. */
  old = false;
  /** Numbers of the last changes of children, by folder: records do not tell them. */
  readonly childChange = new Map<string, number>();
  /** Numbers of the last changes of records: made, written, removed. */
  readonly recordChange = new Map<string, number>();
  wipes = 0;
  /** How often it has hung up on a client that claims to have seen what it does not know: one that has misheard, say. */
  snubs = 0;
  private nextSession = 1n;

  constructor(private readonly clock: Clock) {
    this.tree = new MemoryTree(clock);
  }

  /** Of the newest change; a server that was wiped begins again. */
  get zxid(): bigint {
    return BigInt(this.tree.lastTransaction);
  }

  create(path: string, data: Uint8Array, options: CreateOptions, session: Session): string {
    const created = this.tree.create(path, data, options, session);
    this.effects.push(Buffer.from(data).toString());
    this.noteChange(created);
    this.childChange.set(parentOf(created), this.tree.lastTransaction);
    return created;
  }

  write(path: string, data: Uint8Array, version?: number): RecordStat {
    const stat = this.tree.write(path, data, version);
    this.effects.push(Buffer.from(data).toString());
    this.noteChange(path);
    return stat;
  }

  remove(path: string, version?: number): boolean {
    const removed = this.tree.remove(path, version);
    if (removed) {
      this.noteChange(path);
      this.childChange.set(parentOf(path), this.tree.lastTransaction);
    }
    return removed;
  }

  transaction(operations: readonly TreeOperation[], session: Session): readonly OperationResult[] {
    const results = this.tree.transaction(operations, session);
    operations.forEach((operation, at) => {
      const path = results[at]?.path ?? operation.path;
      this.recordChange.set(path, this.tree.lastTransaction);
      if (operation.kind !== 'remove') this.effects.push(Buffer.from(operation.data).toString());
      if (operation.kind !== 'write') this.childChange.set(parentOf(path), this.tree.lastTransaction);
    });
    return results;
  }

  private noteChange(path: string): void {
    this.recordChange.set(path, this.tree.lastTransaction);
  }

  /** Everything is gone, and the numbers of changes begin again. */
  wipe(): void {
    this.tree = new MemoryTree(this.clock);
    this.sessions.clear();
    this.childChange.clear();
    this.recordChange.clear();
    this.wipes += 1;
  }

  expireAll(): void {
    for (const session of [...this.sessions.values()]) this.endSession(session);
  }

  endSession(session: Session): void {
    const before = this.tree.lastTransaction;
    const folders = [...this.childChange.keys()];
    this.tree.endSession(session);
    this.sessions.delete(session.id);
    // Which folders lost a child is not told: all may have.
    if (this.tree.lastTransaction > before) {
      for (const folder of folders) this.childChange.set(folder, this.tree.lastTransaction);
      for (const path of [...this.recordChange.keys()]) if (!this.tree.stat(path)) this.noteChange(path);
    }
  }

  connect(peer: Peer): ServerConnection {
    return new ServerConnection(this, peer);
  }

  /** @returns null for a session that is over */
  admit(id: bigint): Session | null {
    if (id !== 0n) return this.sessions.get(id) ?? null;
    const session = { id: this.nextSession++, notify: () => undefined };
    this.sessions.set(session.id, session);
    return session;
  }
}

/** One connection at the server: its watches end with it. */
export class ServerConnection {
  private readonly splitter = new FrameSplitter();
  private session: Session | undefined;
  private alive = true;
  /** Recursive watches by path, and how they are ended. */
  private readonly trees = new Map<string, () => void>();
  /** Watches belong to the connection, not to the session. */
  private readonly end = { notify: (fire: () => void): void => (this.alive ? fire() : undefined) };

  constructor(
    private readonly server: FakeServer,
    private readonly peer: Peer,
  ) {}

  receive(bytes: Buffer): void {
    this.splitter.add(bytes, (frame) => this.alive && this.take(new JuteReader(frame)));
  }

  close(): void {
    this.alive = false;
    this.server.tree.watches.forget(this.end);
  }

  private take(reader: JuteReader): void {
    if (!this.session) return this.greet(reader);
    // The session may have been ended while the connection lives: a real server hangs up then.
    if (!this.server.sessions.has(this.session.id)) return this.peer.hangUp();
    const xid = reader.int();
    const operation = reader.int();
    if (operation === OPERATION.ping) return this.answer(REQUEST.ping, 0);
    if (operation === OPERATION.setWatches) return this.setWatches(reader, false);
    if (this.server.old && (operation === OPERATION.setWatches2 || operation === OPERATION.addWatch)) {
      this.answer(xid, ERROR.unimplemented);
      return this.peer.hangUp();
    }
    if (operation === OPERATION.setWatches2) return this.setWatches(reader, true);
    if (operation === OPERATION.closeSession) return this.endSession(xid);
    const error = this.server.nextError;
    this.server.nextError = null;
    if (error !== null) return this.answer(xid, error);
    try {
      this.answer(xid, 0, operation === OPERATION.multi ? this.multi(reader) : this.carryOut(operation, reader));
    } catch (problem) {
      this.answer(xid, codeOf(problem));
    }
  }

  private greet(reader: JuteReader): void {
    reader.int();
    const seen = reader.long();
    const timeout = reader.int();
    const id = reader.long();
    if (seen > this.server.zxid) {
      this.server.snubs += 1;
      return this.peer.hangUp();
    }
    const session = this.server.admit(id);
    const writer = new JuteWriter()
      .int(0)
      .int(session ? timeout : 0)
      .long(session?.id ?? 0n);
    this.peer.send(writer.bytes(new Uint8Array(16)).bool(this.server.readOnly).frame());
    if (session && !this.server.readOnly) this.session = session;
    else this.peer.hangUp();
  }

  private endSession(xid: number): void {
    if (this.session) this.server.endSession(this.session);
    this.answer(xid, 0);
    this.peer.hangUp();
  }

  private setWatches(reader: JuteReader, recursive: boolean): void {
    const since = reader.number();
    const { tree } = this.server;
    for (const path of reader.texts()) {
      const stat = tree.stat(path);
      if (!stat) this.event(EVENT.deleted, path);
      else if (stat.modifiedId > since) this.event(EVENT.changed, path);
      else this.watch('data', path);
    }
    for (const path of reader.texts()) {
      if (tree.stat(path)) this.event(EVENT.created, path);
      else this.watch('existence', path);
    }
    for (const path of reader.texts()) {
      if (!tree.stat(path)) this.event(EVENT.deleted, path);
      else if ((this.server.childChange.get(path) ?? 0) > since) this.event(EVENT.child, path);
      else this.watch('children', path);
    }
    if (recursive) {
      reader.texts();
      // What has changed meanwhile is not told.
      for (const path of reader.texts()) this.watchTree(path);
    }
    this.answer(REQUEST.setWatches, 0);
  }

  private multi(reader: JuteReader): (writer: JuteWriter) => JuteWriter {
    const operations: TreeOperation[] = [];
    for (let type = header(reader); type !== -1; type = header(reader)) operations.push(readOperation(type, reader));
    try {
      const results = this.server.transaction(operations, this.session as Session);
      return (writer) => {
        results.forEach((result, at) => putResult(writer, operations[at]?.kind ?? 'remove', result));
        return endOf(writer);
      };
    } catch (problem) {
      if (!(problem instanceof RefusedOperation)) throw problem;
      return (writer) => {
        operations.forEach((_, at) => {
          const behind = at > problem.index ? ERROR.inconsistent : 0;
          putHeader(writer, -1).int(at === problem.index ? codeOf(problem.refusal) : behind);
        });
        return endOf(writer);
      };
    }
  }

  private watchTree(path: string): void {
    this.trees.get(path)?.();
    const kinds = { created: EVENT.created, written: EVENT.changed, removed: EVENT.deleted };
    this.trees.set(
      path,
      this.server.tree.watches.watchTree(path, this.end, (event) => {
        if ('path' in event) this.event(kinds[event.kind], event.path);
      }),
    );
  }

  private unwatchTree(path: string): boolean {
    this.trees.get(path)?.();
    return this.trees.delete(path);
  }

  private carryOut(operation: number, reader: JuteReader): (writer: JuteWriter) => JuteWriter {
    const { tree } = this.server;
    const path = reader.text();
    switch (operation) {
      case OPERATION.create: {
        const data = reader.bytes();
        const created = this.server.create(path, data, readFlags(reader), this.session as Session);
        return (writer) => writer.text(created);
      }
      case OPERATION.setData: {
        const data = reader.bytes();
        const stat = this.server.write(path, data, versionOf(reader.int()));
        return (writer) => putStat(writer, stat);
      }
      case OPERATION.remove:
        if (!this.server.remove(path, versionOf(reader.int()))) throw new Refusal('no record');
        return (writer) => writer;
      case OPERATION.addWatch:
        this.watchTree(path);
        return (writer) => writer;
      case OPERATION.removeWatches:
        if (!this.unwatchTree(path)) throw new Error('no watcher');
        return (writer) => writer;
      default:
        return this.read(operation, path, reader.bool(), tree);
    }
  }

  private read(operation: number, path: string, watch: boolean, tree: MemoryTree): (writer: JuteWriter) => JuteWriter {
    const record = tree.read(path);
    if (operation === OPERATION.exists) {
      if (watch) this.watch(record ? 'data' : 'existence', path);
      if (!record) throw new Refusal('no record');
      return (writer) => putStat(writer, record.stat);
    }
    if (!record) throw new Refusal('no record');
    if (watch) this.watch(operation === OPERATION.getData ? 'data' : 'children', path);
    if (operation === OPERATION.getData) return (writer) => putStat(writer.bytes(record.data), record.stat);
    const names = tree.list(path) ?? [];
    return (writer) => writer.texts(names);
  }

  private watch(kind: WatchKind, path: string): void {
    const { tree } = this.server;
    // Before 3.9 there is one kind of watch for each path: the newer one is what counts.
    this.unwatchTree(path);
    tree.watches.set(kind, path, this.end, () => {
      const type = kind === 'existence' ? EVENT.created : eventOf(kind, tree.stat(path) !== undefined);
      this.event(type, path);
    });
  }

  private event(type: number, path: string): void {
    this.peer.send(new JuteWriter().int(REQUEST.event).long(-1n).int(0).int(type).int(3).text(path).frame());
  }

  private answer(xid: number, code: number, put: (writer: JuteWriter) => JuteWriter = (writer) => writer): void {
    this.peer.send(put(new JuteWriter().int(xid).long(this.server.zxid).int(code)).frame());
  }
}

function header(reader: JuteReader): number {
  const type = reader.int();
  reader.bool();
  reader.int();
  return type;
}

function putHeader(writer: JuteWriter, type: number): JuteWriter {
  return writer.int(type).bool(false).int(0);
}

function endOf(writer: JuteWriter): JuteWriter {
  return writer.int(-1).bool(true).int(-1);
}

function putResult(writer: JuteWriter, kind: TreeOperation['kind'], { path, stat }: OperationResult): void {
  if (kind === 'create') putHeader(writer, OPERATION.create).text(path);
  else if (stat) putStat(putHeader(writer, OPERATION.setData), stat);
  else putHeader(writer, OPERATION.remove);
}

function readFlags(reader: JuteReader): { readonly ephemeral: boolean; readonly sequential: boolean } {
  for (let rules = reader.int(); rules > 0; rules -= 1) {
    reader.int();
    reader.text();
    reader.text();
  }
  const flags = reader.int();
  return { ephemeral: (flags & 1) !== 0, sequential: (flags & 2) !== 0 };
}

function readOperation(type: number, reader: JuteReader): TreeOperation {
  const path = reader.text();
  if (type === OPERATION.create) return { kind: 'create', path, data: reader.bytes(), ...readFlags(reader) };
  const data = type === OPERATION.setData ? reader.bytes() : null;
  const version = versionOf(reader.int());
  const fence = version === undefined ? {} : { version };
  return data ? { kind: 'write', path, data, ...fence } : { kind: 'remove', path, ...fence };
}

function eventOf(kind: WatchKind, exists: boolean): number {
  if (!exists) return EVENT.deleted;
  return kind === 'children' ? EVENT.child : EVENT.changed;
}

function versionOf(version: number): number | undefined {
  return version === -1 ? undefined : version;
}

function putStat(writer: JuteWriter, stat: RecordStat): JuteWriter {
  const time = (seconds: number): bigint => BigInt(Math.round(seconds * 1000));
  return writer
    .long(0n)
    .long(BigInt(stat.modifiedId))
    .long(time(stat.createdTime))
    .long(time(stat.modifiedTime))
    .int(stat.version)
    .int(0)
    .int(0)
    .long(stat.ephemeral ? 1n : 0n)
    .int(0)
    .int(stat.childCount)
    .long(0n);
}

function codeOf(problem: unknown): number {
  if (problem instanceof Error && problem.message === 'no watcher') return ERROR.noWatcher;
  if (!(problem instanceof Refusal)) return ERROR.system;
  const codes: Readonly<Record<string, number>> = {
    'no record': ERROR.noNode,
    exists: ERROR.exists,
    'wrong version': ERROR.badVersion,
    'not empty': ERROR.notEmpty,
    'ephemeral parent': ERROR.noChildren,
  };
  return codes[problem.message] ?? ERROR.system;
}
