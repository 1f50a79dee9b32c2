import { StoreFailureError } from '../../../ports/coordination/errors.js';
import type { EngineChange, StoreEngine } from '../../../ports/coordination/store-engine.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { ChangeLog, MemoryTree, StoredRecord } from '../memory-tree.js';
import { encodeNumber, encodeStored } from './stored-codec.js';

/** The number of the last change, beside the records, whose keys are paths. */
export const TRANSACTION_KEY = 'transaction';

export interface CommitLogOptions {
  readonly engine: StoreEngine;
  /** Runs something when the calls of this turn have been made, so that they are committed together. */
  readonly afterTurn: (run: () => void) => void;
  /** Told when writes begin to be refused, and when that is over (null). */
  readonly onHealth: (failure: Error | null) => void;
}

/**
 * Between a tree and its engine: collects changes, commits those of one turn together, one batch after the other, and lets answers
 * go when what they rest upon is on disk. What the engine refuses is taken back in the tree.
 */
export class CommitLog implements ChangeLog {
  position = 0;
  settled = 0;
  private tree: MemoryTree | null = null;
  /** Records changed since the last batch was made up, as they were before. */
  private pending = new Map<string, StoredRecord | undefined>();
  /** Records of which the engine may keep what was taken back. */
  private readonly doubtful = new Set<string>();
  private readonly waiting = new Set<() => void>();
  private readonly refusing = new Set<(reason: (path: string) => Error) => void>();
  private running: Promise<void> | null = null;
  private failing = false;

  constructor(private readonly options: CommitLogOptions) {}

  attach(tree: MemoryTree): void {
    this.tree = tree;
  }

  /** Are writes being refused? */
  get refuses(): boolean {
    return this.failing;
  }

  changing(path: string, before: StoredRecord | undefined): void {
    this.position += 1;
    if (!this.pending.has(path)) this.pending.set(path, before);
    this.running ??= this.run();
  }

  onceSettled(listener: () => void): void {
    this.waiting.add(listener);
  }

  onRefused(listener: (reason: (path: string) => Error) => void): () => void {
    this.refusing.add(listener);
    return () => this.refusing.delete(listener);
  }

  async settle(): Promise<void> {
    await this.running;
  }

  /** Tries whether the engine can be written again. Never rejects. */
  async probe(): Promise<void> {
    this.running ??= this.run(true);
    await this.running;
  }

  private async run(atOnce = false): Promise<void> {
    if (!atOnce) await new Promise<void>((resolve) => this.options.afterTurn(resolve));
    do await this.commit();
    while (this.pending.size > 0);
    this.running = null;
  }

  private async commit(): Promise<void> {
    const before = this.pending;
    const upTo = this.position;
    const paths = new Set([...this.doubtful, ...before.keys()]);
    this.pending = new Map();
    try {
      await this.options.engine.append(this.batchOf(paths));
    } catch (error) {
      for (const path of paths) this.doubtful.add(path);
      this.takeBack(before, asError(error));
      return;
    }
    this.doubtful.clear();
    this.settleAt(upTo);
    if (this.failing) this.options.onHealth(null);
    this.failing = false;
  }

  private batchOf(paths: Iterable<string>): readonly EngineChange[] {
    const changes = [...paths].map((path): EngineChange => {
      const record = this.tree?.stored(path);
      return { key: path, value: record ? encodeStored(record) : null };
    });
    if (changes.length > 0)
      changes.push({ key: TRANSACTION_KEY, value: encodeNumber(this.tree?.lastTransaction ?? 0) });
    return changes;
  }

  /** The tree becomes what was committed last; also what was changed meanwhile rests upon what was refused. */
  private takeBack(before: ReadonlyMap<string, StoredRecord | undefined>, error: Error): void {
    const meanwhile = this.pending;
    this.pending = new Map();
    this.tree?.restore(new Map([...meanwhile, ...before]));
    const reason = (path: string): Error =>
      new StoreFailureError(`${path}: the store cannot be written: ${error.message}`, path, { cause: error });
    for (const refuse of [...this.refusing]) refuse(reason);
    this.settleAt(this.position);
    if (!this.failing) this.options.onHealth(error);
    this.failing = true;
  }

  private settleAt(position: number): void {
    this.settled = position;
    const listeners = [...this.waiting];
    this.waiting.clear();
    for (const listener of listeners) listener();
  }
}
