import type { ReportedProblem } from '../../domain/model/image-problem.js';
import type { RegisteredDaemon } from '../../domain/model/launcher.js';
import { nameOf } from '../../ports/coordination/paths.js';
import type { BuilderRegistry, BuilderView } from '../../ports/records/builders.js';
import { BranchWatch, type BranchRule } from './branch-watch.js';
import { decodeImageProblems } from './image-problem-codec.js';
import { decodeDaemon } from './launcher-codec.js';
import { ListenerSet } from './listener-set.js';
import { BUILDER_COMPONENTS } from './paths.js';
import { WatchGroup, type WatchContext } from './watch-group.js';
import { WatchedView } from './watched-view.js';

const FOLDER: BranchRule = { child: () => ({ data: true }) };

interface KnownBuilder {
  /** Undefined if its record cannot be understood. */
  readonly daemon: RegisteredDaemon | undefined;
  readonly problems: readonly ReportedProblem[];
}

/** The component records of builders in memory. */
class BuilderMirror extends WatchedView implements BuilderView {
  private readonly known = new Map<string, KnownBuilder>();
  private readonly listeners: ListenerSet<void>;
  protected readonly group: WatchGroup;
  private opened = false;

  constructor(context: WatchContext) {
    super();
    this.listeners = new ListenerSet(context.logger);
    this.group = new WatchGroup(context, () => this.listeners.emit());
  }

  /** Starts watching. Idempotent. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    new BranchWatch(this.group, BUILDER_COMPONENTS, FOLDER, {
      onData: (path, record) => {
        this.known.set(path, { daemon: decodeDaemon(record.data), problems: decodeImageProblems(record.data) });
        this.listeners.emit();
      },
      onChildren: (_path, names) => {
        const present = new Set(names);
        for (const path of [...this.known.keys()]) if (!present.has(nameOf(path))) this.known.delete(path);
        this.listeners.emit();
      },
      now: () => 0,
    });
    this.group.cover(BUILDER_COMPONENTS);
    this.group.open();
  }

  problems(): readonly ReportedProblem[] {
    const order = ({ image, provider, builder }: ReportedProblem): string =>
      JSON.stringify([image, provider ?? '', builder]);
    const all = [...this.known.values()].flatMap((builder) => builder.problems);
    return all.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  daemons(): readonly RegisteredDaemon[] {
    const all = [...this.known.values()].flatMap(({ daemon }) => daemon ?? []);
    return all.sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
  }

  onChange(listener: () => void): () => void {
    return this.listeners.add(listener);
  }
}

export class TreeBuilderRegistry implements BuilderRegistry {
  readonly view: BuilderMirror;

  constructor(context: WatchContext) {
    this.view = new BuilderMirror(context);
  }
}
