import type { ReportedProblem } from '../../domain/model/image-problem.js';
import type { RegisteredDaemon } from '../../domain/model/launcher.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import type { BuilderRegistry, BuilderView } from '../../ports/records/builders.js';
import { BranchMirror } from './branch-mirror.js';
import type { BranchRule } from './branch-watch.js';
import { decodeImageProblems } from './image-problem-codec.js';
import { decodeDaemon } from './launcher-codec.js';
import { KnownRecord } from './known-record.js';
import { BUILDER_COMPONENTS } from './paths.js';
import type { Parsed } from './record-codec.js';
import type { WatchContext } from './watch-group.js';

const FOLDER: BranchRule = { child: () => ({ data: true }) };

interface KnownBuilder {
  /** Undefined if its record cannot be understood. */
  readonly daemon: RegisteredDaemon | undefined;
  readonly problems: readonly ReportedProblem[];
}

/** The component records of builders in memory. */
class BuilderMirror extends BranchMirror<KnownBuilder, KnownRecord<KnownBuilder>, void> implements BuilderView {
  constructor(context: WatchContext) {
    super({ roots: [BUILDER_COMPONENTS], rule: FOLDER, parse: parseBuilder }, context);
  }

  problems(): readonly ReportedProblem[] {
    const order = ({ image, provider, builder }: ReportedProblem): string =>
      JSON.stringify([image, provider ?? '', builder]);
    const all = [...this.records.values()].flatMap(({ stored }) => stored?.value.problems ?? []);
    return all.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  daemons(): readonly RegisteredDaemon[] {
    const all = [...this.records.values()].flatMap(({ stored }) => stored?.value.daemon ?? []);
    return all.sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
  }

  protected override make(path: string): KnownRecord<KnownBuilder> {
    return new KnownRecord(path);
  }

  protected override onComplete(): void {
    this.tell();
  }

  protected override onTaken(): void {
    this.tell();
  }

  protected override onListed(): void {
    this.tell();
  }
}

function parseBuilder(path: string, { data, stat }: TreeRecord): Parsed<KnownBuilder> {
  const value = { daemon: decodeDaemon(data), problems: decodeImageProblems(data) };
  return { stored: { id: path, value, version: stat.version } };
}

export class TreeBuilderRegistry implements BuilderRegistry {
  readonly view: BuilderMirror;

  constructor(context: WatchContext) {
    this.view = new BuilderMirror(context);
  }
}
