/**
 * What a durable tree is kept in: an ordered log of changes to keys, which is all that the tree asks of a disk. Checked by
 * `test/contract/store-engine.suite.ts`.
 *
 * One process has the engine at a time. Calls are made one after the other; nothing here is cancelled, since half a commit is
 * nothing that anybody could use. Keys are texts in no particular order. Watches, sessions and versions are the tree's business.
 */
export interface StoreEngine {
  /**
   * Opens, and hands over every key that is kept. To be called once, before anything else.
   * @throws StoreInUseError, StoreDamagedError, StoreUnusableError; nothing was changed then
   */
  load(take: (key: string, value: Uint8Array) => void): Promise<LoadReport>;

  /**
   * Carries out all changes or none, and resolves when they would survive a loss of power (`fdatasync`). An empty batch tries whether
   * the engine can be written.
   * @throws Error when the batch was refused, or it is not known whether it is kept; the engine goes on as soon as it can, and
   *   whatever became of the batch, the next one settles it: it has to name every key of those that failed
   */
  append(batch: readonly EngineChange[]): Promise<void>;

  /** Gives room back to the disk that earlier changes hold. Changes may be appended meanwhile. */
  compact(): Promise<void>;

  /** Lets go of the files. Idempotent; waits for what is under way. */
  close(): Promise<void>;
}

export interface EngineChange {
  readonly key: string;
  /** Null: the key is removed. */
  readonly value: Uint8Array | null;
}

export interface LoadReport {
  /** What was not used because it was cut or damaged, in words for the log; nothing valid came after it. */
  readonly dropped: readonly string[];
}

/** Another process has the store. */
export class StoreInUseError extends Error {
  readonly code = 'NP_STORE_IN_USE';
  override readonly name = 'StoreInUseError';

  /** @param pid of that process, null if it cannot be told */
  constructor(
    readonly place: string,
    readonly pid: number | null,
    options?: ErrorOptions,
  ) {
    super(
      `The store ${place} is in use by ${pid === null ? 'another process' : `process ${pid}`}; end it first`,
      options,
    );
  }
}

/** What is kept is not what was written, and valid data follows the damage: going on would lose it without a word. */
export class StoreDamagedError extends Error {
  readonly code = 'NP_STORE_DAMAGED';
  override readonly name = 'StoreDamagedError';

  /** @param damage where, and what is wrong there */
  constructor(
    readonly place: string,
    readonly damage: string,
    options?: ErrorOptions,
  ) {
    super(`The store ${place} is damaged: ${damage}`, options);
  }
}

/** The place cannot hold a store: no rights, no room, read-only, or something else is there. */
export class StoreUnusableError extends Error {
  readonly code = 'NP_STORE_UNUSABLE';
  override readonly name = 'StoreUnusableError';

  /** @param problem what is wrong, and what may be done about it */
  constructor(
    readonly place: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`The store ${place} ${problem}`, options);
  }
}
