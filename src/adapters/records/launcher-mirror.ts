import type { RegisteredPool } from '../../domain/model/launcher.js';
import { nameOf } from '../../ports/toolkit/paths.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import type { LauncherView } from '../../ports/records/launchers.js';
import { BranchMirror } from './branch-mirror.js';
import type { BranchRule } from './branch-watch.js';
import { KnownRecord } from './known-record.js';
import { decodeOldLauncher, decodePoolComponent } from './launcher-codec.js';
import { LAUNCHERS, POOL_COMPONENTS } from './paths.js';
import type { Parsed } from './record-codec.js';
import type { WatchContext } from './watch-group.js';

const FOLDER: BranchRule = { child: () => ({ data: true }) };

/** Undefined: it cannot be understood. */
type Registered = RegisteredPool | undefined;

/** Both registries of launchers in memory. Complete only when both were read: they are one group. */
export class LauncherMirror extends BranchMirror<Registered, KnownRecord<Registered>, void> implements LauncherView {
  private union: readonly RegisteredPool[] | undefined;

  constructor(context: WatchContext) {
    super({ roots: [LAUNCHERS, POOL_COMPONENTS], rule: FOLDER, parse: parsePool }, context);
  }

  pools(): readonly RegisteredPool[] {
    this.union ??= this.unite();
    return this.union;
  }

  protected override make(path: string): KnownRecord<Registered> {
    return new KnownRecord(path);
  }

  protected override onComplete(): void {
    this.changed();
  }

  protected override onTaken({ id: path, stored }: KnownRecord<Registered>): void {
    if (!stored?.value)
      this.context.logger.warn('A registered launcher cannot be understood and is ignored.', { path });
    this.changed();
  }

  protected override onListed(_folder: string, _names: readonly string[], gone: readonly unknown[]): void {
    if (gone.length > 0) this.changed();
  }

  private changed(): void {
    this.union = undefined;
    this.tell();
  }

  /** The newer registry wins, and in it the record written last, as after a new session the old one lingers. */
  private unite(): readonly RegisteredPool[] {
    const byId = new Map<string, RegisteredPool>();
    const rank = (path: string): number => (path.startsWith(`${LAUNCHERS}/`) ? 0 : 1);
    const order = ({ modifiedId = 0 }: KnownRecord<Registered>): number => modifiedId;
    const ordered = [...this.records.values()].sort((a, b) => rank(a.id) - rank(b.id) || order(a) - order(b));
    for (const { stored } of ordered) if (stored?.value) byId.set(stored.value.id, stored.value);
    return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function parsePool(path: string, { data, stat }: TreeRecord): Parsed<Registered> {
  const old = path.startsWith(`${LAUNCHERS}/`);
  const value = old ? decodeOldLauncher(nameOf(path), data) : decodePoolComponent(data);
  return { stored: { id: path, value, version: stat.version } };
}
