import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import { WatchCell } from './watch-cell.js';
import type { WatchGroup } from './watch-group.js';

/** The data of one record. Reports `undefined` when it is gone; whoever lists the folder then decides whether to look again. */
export class DataCell extends WatchCell<TreeRecord | undefined> {
  constructor(
    group: WatchGroup,
    path: string,
    private readonly report: (record: TreeRecord | undefined) => void,
  ) {
    super(group, path, 'data');
  }

  protected override fetch(onChange: (() => void) | undefined): Promise<TreeRecord | undefined> {
    return this.group.context.store.read(this.path, onChange);
  }

  /** One record that cannot be read, whose owner has locked everybody out, say, does not hold up all others. */
  protected override unreadable(): void {
    this.makeOptional();
  }

  protected override apply(record: TreeRecord | undefined): void {
    this.report(record);
  }
}
