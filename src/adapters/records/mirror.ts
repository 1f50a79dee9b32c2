import type { DamagedRecord, Stored } from '../../domain/model/stored.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import type { MirrorQueues } from '../../ports/records/records.js';
import { ListenerSet } from './listener-set.js';
import type { KnownRecord } from './known-record.js';
import type { Parsed } from './record-codec.js';
import { WatchGroup, type WatchContext } from './watch-group.js';

/** What a mirror is about. */
export interface Mirrored<T> {
  /** Parts of the tree, each with one watch for all of it where the store can do that. */
  readonly roots: readonly string[];
  /** What a record says. */
  readonly parse: (id: string, record: TreeRecord) => Parsed<T>;
}

/**
 * Records in memory, fed by watches: what is newer than what we know is taken over, what we do ourselves shows at once, and what a list
 * does not show is gone unless we learned of it after the list was asked for (docs/adr/0022). Whoever extends it says what is followed,
 * keeps what is derived from the records, and tells the listeners.
 */
export abstract class Mirror<T, R extends KnownRecord<T>, C> {
  protected readonly group: WatchGroup;
  protected readonly records = new Map<string, R>();
  private readonly listeners: ListenerSet<C>;
  private opened = false;
  private tick = 0;

  constructor(
    private readonly mirrored: Mirrored<T>,
    protected readonly context: WatchContext,
  ) {
    this.listeners = new ListenerSet(context.logger);
    this.group = new WatchGroup(context, (again) => this.onComplete(again));
  }

  /** Makes the first cells. */
  protected abstract follow(): void;
  /** Of a record that we have not heard of; undefined if it is none that the mirror is about. */
  protected abstract make(id: string): R | undefined;
  /** All was read; `again`: after a session before this one. */
  protected abstract onComplete(again: boolean): void;
  /** @param before what it said, if it said anything */
  protected abstract onTaken(record: R, before: Stored<T> | undefined): void;

  /** Starts watching. Idempotent. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    this.follow();
    for (const root of this.mirrored.roots) this.group.cover(root);
    this.group.open();
  }

  close(): void {
    this.group.close();
  }

  /** What waits to be taken into the mirror. */
  get queues(): MirrorQueues {
    return { event: this.group.reading, playback: this.group.unreadCells };
  }

  get complete(): boolean {
    return this.group.complete;
  }

  ready(signal?: AbortSignal): Promise<void> {
    return this.group.ready(signal);
  }

  onChange(listener: (change: C) => void): () => void {
    return this.listeners.add(listener);
  }

  protected tell(change: C): void {
    this.listeners.emit(change);
  }

  /** A moment in the mirror's own counting. */
  protected now(): number {
    return ++this.tick;
  }

  /** A watch has led to this. */
  protected onRead(id: string, record: TreeRecord): void {
    const known = this.recordOf(id);
    if (known) this.take(known, this.mirrored.parse(id, record), record.stat.modifiedId);
  }

  /** We have created it ourselves. Answers undefined if that is of no interest. */
  protected onOwnCreation(id: string, parsed: () => Parsed<T>): R | undefined {
    const known = this.opened ? this.recordOf(id) : undefined;
    if (!known) return undefined;
    known.tick = this.now();
    // The watch may have been faster than the answer to the creation.
    if (!known.known) this.take(known, parsed(), undefined);
    return known;
  }

  /** We have read it ourselves, or written it. Answers undefined if that is of no interest. */
  protected onOwnRead(id: string, record: TreeRecord): R | undefined {
    const known = this.opened ? this.recordOf(id) : undefined;
    if (!known) return undefined;
    known.tick = this.now();
    this.take(known, this.mirrored.parse(id, record), record.stat.modifiedId);
    return known;
  }

  /** Takes over what is newer than what we know. */
  protected take(known: R, parsed: Parsed<T>, modifiedId: number | undefined): void {
    if (!known.isNews(parsed, modifiedId)) return;
    const { stored: before, damaged } = known;
    known.take(parsed, modifiedId);
    if (known.damaged && !damaged) this.warnOf(known.damaged);
    this.onTaken(known, before);
  }

  /**
   * Which records a list shows to be gone. `later`: those that it does not show because we learned of them after it was asked for.
   * @param nameOf - the name by which the list would show the record; undefined for those that lie elsewhere
   */
  protected missingFrom(
    names: readonly string[],
    since: number,
    nameOf: (id: string) => string | undefined,
  ): { readonly gone: readonly R[]; readonly later: boolean } {
    const present = new Set(names);
    const gone: R[] = [];
    let later = false;
    for (const known of this.records.values()) {
      const name = nameOf(known.id);
      if (name === undefined || present.has(name)) continue;
      if (known.tick > since) later = true;
      else gone.push(known);
    }
    return { gone, later };
  }

  private recordOf(id: string): R | undefined {
    const known = this.records.get(id);
    if (known) return known;
    const made = this.make(id);
    if (made) this.records.set(id, made);
    return made;
  }

  private warnOf({ path, problem, detail }: DamagedRecord): void {
    this.context.logger.warn('A record cannot be understood and is left alone.', { path, problem, detail });
  }
}
