import type { CancelTimer } from '../../ports/runtime/clock.js';
import { GrowingPause } from '../../ports/toolkit/growing-pause.js';
import type { GroupedCell, RecordEvent, WatchGroup } from './watch-group.js';

/** Seconds until what failed on a working connection is tried again, for the first time and at most. */
const FIRST_RETRY = 0.25;
const LONGEST_RETRY = 60;

/**
 * One path, kept read by a one-shot watch that is armed again with every read, or by one on the part of the tree that it lies in.
 * Level-triggered: a change makes the cell dirty, a
 * dirty cell is read as soon as it may be, and a read that failed leaves it dirty. A thousand changes cost one read.
 */
export abstract class WatchCell<R> implements GroupedCell {
  private dirty = true;
  private reading = false;
  private paused = false;
  private disposed = false;
  /** Identifies the watch armed last; others of this path may still fire and mean nothing new. */
  private armed: object | undefined;
  private cancelDelay: CancelTimer | undefined;
  private readonly pause = new GrowingPause(FIRST_RETRY, LONGEST_RETRY);

  constructor(
    protected readonly group: WatchGroup,
    readonly path: string,
    readonly shows: 'data' | 'children',
  ) {
    group.add(this);
  }

  /** Does it show all changes that this session's client was told of? False while a read is put off, on its way or was never made. */
  get upToDate(): boolean {
    return this.armed !== undefined && !this.dirty && !this.reading;
  }

  /** Reads if dirty, unless something forbids it for now. */
  pump(): void {
    if (!this.dirty || this.reading || this.cancelDelay || !this.mayRead()) return;
    this.reading = true;
    this.group.reading += 1;
    this.group.context.pipeline.submit(() => this.readOnce());
  }

  /** Reads once more, at once or after `delay` seconds; more calls meanwhile change nothing. */
  refresh(delay = 0): void {
    this.dirty = true;
    if (delay <= 0) return this.pump();
    if (this.disposed || this.cancelDelay) return;
    this.cancelDelay = this.group.context.clock.schedule(delay, () => {
      this.cancelDelay = undefined;
      this.pump();
    });
  }

  /** While paused nothing is read; what fired meanwhile is made up for afterwards, `lag` seconds later. */
  setPaused(paused: boolean, lag = 0): void {
    if (paused === this.paused) return;
    this.paused = paused;
    if (paused) this.group.markRead(this);
    else if (this.dirty && lag > 0) this.refresh(lag);
    else this.pump();
  }

  /** Does not hold up the completeness of the group. */
  makeOptional(): void {
    this.group.markRead(this);
  }

  /** Cuts a delay short. */
  hurry(): void {
    this.cancelDelay?.();
    this.cancelDelay = undefined;
    this.pump();
  }

  /** The session and its watches are gone. */
  forget(): void {
    this.armed = undefined;
    this.dirty = true;
    this.cancelDelay?.();
    this.cancelDelay = undefined;
  }

  /** The connection is back and the session the same. Watches have survived; reads may have failed. */
  reconcile(): void {
    this.pump();
  }

  happened(event: RecordEvent): void {
    this.note(event);
    if (!this.disposed) this.refresh(this.delay());
  }

  /** What we show is to be read anew, and its watch, if it needs one, set anew. */
  missed(): void {
    this.armed = undefined;
    this.refresh();
  }

  /**
   * What we show comes from the answer to a call: it is newer than all that was told before. Nothing needs to be read then, provided that
   * the watch needs not be set anew with that.
   */
  confirmed(): void {
    if (this.disposed || this.reading || !this.group.covered(this.path)) return;
    this.dirty = false;
    this.armed ??= {};
    this.cancelDelay?.();
    this.cancelDelay = undefined;
    this.group.markRead(this);
  }

  dispose(): void {
    this.disposed = true;
    this.armed = undefined;
    this.cancelDelay?.();
    this.cancelDelay = undefined;
    this.group.drop(this);
  }

  /** @param onChange - for the watch to be set; undefined if none is needed */
  protected abstract fetch(onChange: (() => void) | undefined): Promise<R>;
  protected abstract apply(result: R): void;

  /** Told of what happened, for those who make something of more than the fact. */
  protected note(event: RecordEvent): void {
    // It is read again.
    void event;
  }

  /** It could not be read, and that is not for want of a connection. It will be tried again. */
  protected unreadable(): void {
    // Whoever depends on it waits.
  }

  /** Seconds to wait after a watch has fired. */
  protected delay(): number {
    return 0;
  }

  private mayRead(): boolean {
    return !this.disposed && !this.paused && this.group.connected;
  }

  private async readOnce(): Promise<void> {
    if (!this.mayRead()) {
      this.ended();
      return;
    }
    const armed = {};
    const generation = this.group.sessionGeneration;
    this.armed = armed;
    this.dirty = false;
    try {
      const covered = this.group.covered(this.path);
      const result = await this.fetch(covered ? undefined : () => this.onFired(armed));
      this.ended();
      if (this.disposed) return;
      if (generation === this.group.sessionGeneration) this.accept(result);
      else this.dirty = true;
    } catch (error) {
      this.ended();
      if (this.disposed) return;
      this.failed(error);
      return;
    }
    this.pause.reset();
    this.pump();
  }

  /** Without a connection the group tries again when it is back; anything else is this record's own trouble. */
  private failed(error: unknown): void {
    this.dirty = true;
    if (this.group.reportFailure(this.path, error) === 'away') return;
    this.unreadable();
    this.refresh(this.pause.next());
  }

  private ended(): void {
    if (!this.reading) return;
    this.reading = false;
    this.group.reading -= 1;
  }

  private accept(result: R): void {
    this.apply(result);
    if (!this.disposed) this.group.markRead(this);
  }

  private onFired(armed: object): void {
    if (this.disposed || armed !== this.armed) return;
    this.armed = undefined;
    this.refresh(this.delay());
  }
}
