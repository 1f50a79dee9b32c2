import { nameOf, parentOf } from '../../ports/toolkit/paths.js';
import type { RecordEvent } from './watch-group.js';

/**
 * The children of a folder as a watch on that part of the tree makes them known: listed once, then followed change by change, so that a
 * burst of changes does not list a large folder again and again.
 */
export class TrackedNames {
  /** `names` undefined: there is no such folder. Undefined: not listed yet. */
  private known: { names: Set<string> | undefined } | undefined;
  /** What happened while the list was on its way: what of it the list shows already does no harm. */
  private meanwhile: RecordEvent[] | undefined;

  constructor(private readonly path: string) {}

  /** What was told before is of no account: it must be listed again. */
  forget(): void {
    this.known = undefined;
    this.meanwhile = undefined;
  }

  happened(event: RecordEvent): void {
    if (this.meanwhile) this.meanwhile.push(event);
    else if (this.known) this.apply(this.known, event);
  }

  /** @param list - asks the store; called if it has to be asked */
  async names(list: () => Promise<readonly string[] | undefined>): Promise<readonly string[] | undefined> {
    if (!this.known) {
      const meanwhile: RecordEvent[] = (this.meanwhile = []);
      const listed = await list().catch((error: unknown) => {
        if (this.meanwhile === meanwhile) this.meanwhile = undefined;
        throw error;
      });
      if (this.meanwhile !== meanwhile) return listed;
      this.meanwhile = undefined;
      const known = { names: listed && new Set(listed) };
      for (const event of meanwhile) this.apply(known, event);
      this.known = known;
    }
    return this.known.names && [...this.known.names];
  }

  private apply(known: { names: Set<string> | undefined }, { kind, path }: RecordEvent): void {
    if (path === this.path) {
      if (kind === 'created') known.names = new Set();
      if (kind === 'removed') known.names = undefined;
    } else if (parentOf(path) === this.path && kind !== 'written') {
      // A child without its folder: something was missed.
      if (!known.names) this.known = undefined;
      else if (kind === 'created') known.names.add(nameOf(path));
      else known.names.delete(nameOf(path));
    }
  }
}
