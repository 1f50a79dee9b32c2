import {
  ConnectionLostError,
  NoRecordError,
  RecordExistsError,
  SessionLostError,
  StoreClosedError,
  VersionConflictError,
} from '../../ports/coordination/errors.js';
import { childOf, nameOf, parentOf } from '../../ports/toolkit/paths.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { GrowingPause } from '../../ports/toolkit/growing-pause.js';
import { errorFields, type Logger } from '../../ports/telemetry/logger.js';

/** Seconds until something that failed on a working connection is tried again, for the first time and at most. */
const RETRY_DELAY = 1;
const LONGEST_RETRY_DELAY = 60;
/** Passes in a row; whoever keeps changing the record behind our back waits for the next ones. */
const MOST_PASSES = 5;

export interface EphemeralPlace {
  /** With `sequential` the store appends a number. */
  readonly path: string;
  readonly sequential: boolean;
  /** Tells our record from those of others of the same name, to find it again when the answer to its creation was lost. */
  readonly isOurs?: (data: Uint8Array) => boolean;
}

export interface EphemeralContext {
  readonly store: TreeStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Present {
  readonly path: string;
  readonly generation: number;
  readonly data: Uint8Array;
  readonly version: number;
}

/**
 * One record that exists as long as we want it to, with the data we want, under whatever session there is, and whoever removes it: it is
 * watched. Level-triggered: each pass compares what should be with what is; passes never overlap.
 */
export class EphemeralRecord {
  private present: Present | undefined;
  private uncertain = false;
  /** Identifies the watch set last; undefined when it has fired. */
  private armed: object | undefined;
  private wanted: Uint8Array | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private retryPending = false;
  private readonly pause = new GrowingPause(RETRY_DELAY, LONGEST_RETRY_DELAY);
  private withdrawn = false;
  private readonly unsubscribe: () => void;

  constructor(
    private readonly context: EphemeralContext,
    private readonly place: EphemeralPlace,
  ) {
    this.unsubscribe = context.store.session.onChange((event) => {
      if (event.state === 'connected') void this.reconcile();
    });
  }

  /** Is the record there as wanted, as far as we know? */
  get settled(): boolean {
    const { present, wanted } = this;
    if (wanted === undefined || present?.generation !== this.context.store.session.generation) return false;
    return sameBytes(present.data, wanted);
  }

  /** Resolves after one attempt; what did not succeed is tried again when the connection is back. */
  set(data: Uint8Array): Promise<void> {
    this.wanted = data;
    return this.reconcile();
  }

  /** Never rejects. A record that cannot be removed now is removed when the connection is back. */
  withdraw(): Promise<void> {
    this.wanted = undefined;
    this.withdrawn = true;
    return this.reconcile();
  }

  /** Never rejects. */
  private reconcile(): Promise<void> {
    this.again = true;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      // Asked for between the last pass and this turn: nobody else would ever do it.
      return this.again ? this.reconcile() : undefined;
    });
    return this.running;
  }

  private async run(): Promise<void> {
    const { store, logger } = this.context;
    for (let passes = 1; this.again; passes += 1) {
      this.again = false;
      if (store.session.state !== 'connected') return;
      if (passes > MOST_PASSES) return this.retryLater();
      try {
        await this.pass();
        if (!this.again) this.pause.reset();
      } catch (error) {
        if (error instanceof StoreClosedError) {
          this.again = false;
          return;
        }
        if (!(error instanceof ConnectionLostError || error instanceof SessionLostError)) {
          logger.warn('Announcing ourselves failed; it will be tried again.', {
            path: this.place.path,
            ...errorFields(error),
          });
        }
        this.retryLater();
      }
    }
  }

  private retryLater(): void {
    if (this.retryPending) return;
    this.retryPending = true;
    this.context.clock.schedule(this.pause.next(), () => {
      this.retryPending = false;
      void this.reconcile();
    });
  }

  private async pass(): Promise<void> {
    const { store } = this.context;
    if (this.present && this.present.generation !== store.session.generation) this.forget();
    if (this.present === undefined && this.uncertain) await this.findAgain();
    if (this.wanted === undefined) return this.removePresent();
    if (this.present === undefined) return this.createRecord(this.wanted);
    if (!sameBytes(this.present.data, this.wanted)) await this.rewrite(this.present, this.wanted);
    if (this.present !== undefined && this.armed === undefined) await this.check(this.present.path);
  }

  private forget(): void {
    this.present = undefined;
    this.armed = undefined;
  }

  /** Reads the record and watches it. Our own writes show, too; the next check finds them as they should be. */
  private async check(path: string): Promise<void> {
    const armed = {};
    this.armed = armed;
    const onChange = (): void => {
      if (this.armed !== armed) return;
      this.armed = undefined;
      void this.reconcile();
    };
    try {
      await this.reread(path, onChange);
    } catch (error) {
      this.armed = undefined;
      throw error;
    }
    if (this.present !== undefined && this.wanted !== undefined && sameBytes(this.present.data, this.wanted)) return;
    if (this.present === undefined) this.armed = undefined;
    this.again = true;
  }

  private async createRecord(data: Uint8Array): Promise<void> {
    const { store } = this.context;
    const { generation } = store.session;
    const { path, sequential } = this.place;
    const options = { ephemeral: true, sequential, makeParents: true };
    try {
      const created = await store.create(path, data, options);
      this.present = { path: created, generation, data, version: 0 };
      this.again = true;
    } catch (error) {
      if (error instanceof ConnectionLostError) this.uncertain = true;
      if (!(error instanceof RecordExistsError)) throw error;
      // Ours, by a creation whose answer was lost, or left over by a session about to end: begin anew under this one.
      await store.remove(path);
      this.again = true;
    }
  }

  private async rewrite(present: Present, data: Uint8Array): Promise<void> {
    const { store } = this.context;
    try {
      const stat = await store.write(present.path, data, present.version);
      this.present = { ...present, data, version: stat.version };
    } catch (error) {
      this.again = true;
      if (error instanceof NoRecordError) this.forget();
      else if (error instanceof VersionConflictError) await this.reread(present.path);
      else throw error;
    }
  }

  private async removePresent(): Promise<void> {
    const path = this.present?.path;
    // It is not to be made again when the watch tells us of what we do here.
    this.armed = undefined;
    if (path !== undefined) await this.context.store.remove(path);
    this.present = undefined;
    if (this.withdrawn) this.unsubscribe();
  }

  private async findAgain(): Promise<void> {
    const { store } = this.context;
    const folder = parentOf(this.place.path);
    const { isOurs } = this.place;
    const names = isOurs ? ((await store.list(folder)) ?? []) : [];
    for (const name of names.filter((each) => each.startsWith(nameOf(this.place.path)))) {
      const path = childOf(folder, name);
      const record = await store.read(path);
      if (record?.stat.ephemeral && isOurs?.(record.data)) await this.reread(path);
    }
    this.uncertain = false;
  }

  private async reread(path: string, onChange?: () => void): Promise<void> {
    const { store } = this.context;
    const { generation } = store.session;
    const record = await store.read(path, onChange);
    this.present = record && { path, generation, data: record.data, version: record.stat.version };
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
