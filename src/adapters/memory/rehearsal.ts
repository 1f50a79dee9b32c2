import type { TreeOperation } from '../../ports/coordination/tree-store.js';
import { childOf, nameOf, parentOf } from '../../ports/toolkit/paths.js';
import { Refusal } from './refusal.js';

/** As much of a record as decides whether a change of it is refused. */
export interface Sketch {
  readonly version: number;
  readonly children: number;
  readonly childCreations: number;
  readonly ephemeral: boolean;
}

/** Goes through the changes of a transaction without making them, each on top of those before. */
export class Rehearsal {
  /** What the changes so far have made of records; null: removed. */
  private readonly changed = new Map<string, Sketch | null>();

  /** @param read - what is there before all of them */
  constructor(private readonly read: (path: string) => Sketch | undefined) {}

  /** @throws Refusal if this change would be refused */
  step(operation: TreeOperation): void {
    if (operation.kind === 'create') return this.create(operation.path, operation);
    const { path, version } = operation;
    const record = this.now(path);
    if (!record) throw new Refusal('no record');
    if (operation.kind === 'remove' && path === '/') throw new Refusal('root');
    if (version !== undefined && version !== record.version) throw new Refusal('wrong version');
    if (operation.kind === 'write') {
      this.changed.set(path, { ...record, version: (record.version + 1) | 0 });
      return;
    }
    if (record.children > 0) throw new Refusal('not empty');
    this.changed.set(path, null);
    this.count(parentOf(path), -1);
  }

  private create(path: string, flags: { readonly ephemeral?: boolean; readonly sequential?: boolean }): void {
    const parentPath = path.endsWith('/') ? path.slice(0, -1) || '/' : parentOf(path);
    const parent = this.now(parentPath);
    if (!parent) throw new Refusal('no record');
    if (parent.ephemeral) throw new Refusal('ephemeral parent');
    const name = path.endsWith('/') ? '' : nameOf(path);
    const created = childOf(parentPath, flags.sequential ? name + tenDigits(parent.childCreations) : name);
    if (this.now(created)) throw new Refusal('exists');
    this.changed.set(created, { version: 0, children: 0, childCreations: 0, ephemeral: flags.ephemeral === true });
    this.changed.set(parentPath, { ...parent, childCreations: (parent.childCreations + 1) | 0 });
    this.count(parentPath, 1);
  }

  private count(path: string, difference: number): void {
    const record = this.now(path);
    if (record) this.changed.set(path, { ...record, children: record.children + difference });
  }

  private now(path: string): Sketch | undefined {
    const changed = this.changed.get(path);
    return changed === undefined ? this.read(path) : (changed ?? undefined);
  }
}

/** A signed 32-bit counter as text of ten digits; it may run over to `-2147483648`, as it does in ZooKeeper. */
export function tenDigits(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, '0')}` : String(counter).padStart(10, '0');
}
