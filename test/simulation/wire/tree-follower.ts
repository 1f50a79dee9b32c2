import { CoordinationError, RecordExistsError, StoreFailureError } from '../../../src/ports/coordination/errors.js';
import type { TreeEvent } from '../../../src/ports/coordination/tree-watch.js';
import type { WireTreeStore } from '../../../src/adapters/zookeeper/wire/wire-tree-store.js';

/** Keeps a picture of a part of the tree by a watch on the whole of it, as mirrors do: whatever is told is read again. */
export class TreeFollower {
  /** Numbers of the last writes by path; undefined: not there. */
  readonly picture = new Map<string, number | undefined>();
  private state: 'none' | 'asked' | 'set' | 'refused' = 'none';
  private generation = 0;

  constructor(
    private readonly store: WireTreeStore,
    readonly root: string,
    private readonly paths: readonly string[],
    private readonly settle: (call: Promise<unknown>) => void,
  ) {
    store.session.onChange(({ state, generation }) => {
      if (state === 'lost') this.state = 'none';
      if (state !== 'connected') return;
      if (generation !== this.generation) this.state = 'none';
      this.generation = generation;
      if (this.state === 'none') this.begin();
    });
  }

  /** Must the picture be right? */
  get follows(): boolean {
    return this.state === 'set';
  }

  private begin(): void {
    const { generation } = this;
    this.state = 'asked';
    const asked = this.store
      .watchTree(this.root, (event) => this.happened(event))
      .then(
        (watch) => {
          if (generation !== this.generation) return;
          if (this.state === 'asked') this.state = watch ? 'set' : 'refused';
          this.paths.forEach((path) => this.look(path));
        },
        (error: unknown) => {
          if (!(error instanceof CoordinationError)) throw error;
          if (generation === this.generation && this.state === 'asked') this.state = 'none';
          if (this.state === 'none' && this.store.session.state === 'connected') this.begin();
        },
      );
    this.settle(asked);
  }

  private happened(event: TreeEvent): void {
    if (event.kind === 'ended') this.state = 'refused';
    else if (event.kind === 'missed') this.paths.forEach((path) => this.look(path));
    else this.look(event.path);
  }

  private look(path: string): void {
    if (!this.paths.includes(path)) return;
    const asked = this.store.stat(path).then(
      (stat) => void this.picture.set(path, stat?.modifiedId),
      (error: unknown) => {
        // Without a connection the gap will be told; whatever else went wrong is tried again.
        if (error instanceof StoreFailureError || error instanceof RecordExistsError) return this.look(path);
        throw error;
      },
    );
    this.settle(asked);
  }
}
