import { ConnectionLostError, SessionLostError } from '../../ports/coordination/errors.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { TreeEvent, TreeWatch } from '../../ports/coordination/tree-watch.js';

export interface CoverEvents {
  onEvent(event: TreeEvent): void;
  /** There is no such watch after all, and none comes: each record below needs one of its own. */
  onRefused(error: unknown): void;
}

/**
 * One watch on a folder and all below it, under each session anew. It counts as set from the moment it is asked for: what is read behind
 * that is read behind the watch, or not at all.
 */
export class TreeCover {
  private state: 'none' | 'asked' | 'set' | 'refused' = 'none';
  private watch: TreeWatch | undefined;
  /** Tells this attempt from those of sessions before. */
  private attempt = 0;

  constructor(
    readonly root: string,
    private readonly store: TreeStore,
    private readonly events: CoverEvents,
  ) {}

  covers(path: string): boolean {
    if (this.state !== 'asked' && this.state !== 'set') return false;
    return path === this.root || path.startsWith(`${this.root}/`);
  }

  /** The session is connected. `anew`: it is another one than before. */
  begin(anew: boolean): void {
    if (anew) this.state = 'none';
    if (this.state !== 'none') return;
    const asked = this.store.watchTree?.(this.root, (event) => this.onEvent(event));
    if (!asked) return;
    this.state = 'asked';
    const attempt = ++this.attempt;
    asked.then(
      (watch) => {
        if (attempt !== this.attempt || this.state !== 'asked') void watch?.stop();
        else if (watch) {
          this.watch = watch;
          this.state = 'set';
        } else this.refuse(undefined);
      },
      (error: unknown) => {
        if (attempt !== this.attempt || this.state !== 'asked') return;
        const away = error instanceof ConnectionLostError || error instanceof SessionLostError;
        if (away) this.state = 'none';
        else this.refuse(error);
      },
    );
  }

  end(): void {
    this.state = 'refused';
    void this.watch?.stop();
  }

  private onEvent(event: TreeEvent): void {
    if (this.state !== 'asked' && this.state !== 'set') return;
    if (event.kind === 'ended') this.refuse(undefined);
    else this.events.onEvent(event);
  }

  private refuse(error: unknown): void {
    this.state = 'refused';
    this.events.onRefused(error);
  }
}
