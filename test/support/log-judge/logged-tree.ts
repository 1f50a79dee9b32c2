import type { LoggedChange, LoggedEvent } from '../transaction-log.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Transactions of others that may come between the calls of a removal, which are sent one after the other. */
const MOMENT = 100;

const CONTENDER = /^(.+)\/[^/]*__lock__(-?\d{10})$/;
const EPHEMERAL = /^\/nodepool\/(?:requests|launchers|components\/[^/]+)\/[^/]+$/;

/** The tree as it was at each moment of the log: what was there, who stood for which lock, which session was over. */
export class LoggedTree {
  /** What there is, by path; null where there is no JSON in it. */
  readonly records = new Map<string, Fields | null>();
  private readonly contenders = new Map<string, Map<string, string>>();
  /** By lock and session: the transaction in which the session let go of the lock. */
  private readonly former = new Map<string, Map<string, string>>();
  /** By path: the transaction that wrote it last. */
  private readonly written = new Map<string, string>();
  private readonly ephemeral = new Map<string, Set<string>>();
  private readonly over = new Set<string>();

  /** With a session goes what was hers. */
  changesOf(event: LoggedEvent): readonly LoggedChange[] {
    if (event.kind !== 'session-end') return [event];
    const { session, transaction } = event;
    this.over.add(session);
    const paths = [...(this.ephemeral.get(session) ?? [])];
    return paths.map((path) => ({ kind: 'remove', path, record: null, session, transaction }));
  }

  apply(change: LoggedChange): void {
    const { kind, path, record, transaction } = change;
    if (kind === 'remove') this.records.delete(path);
    else this.records.set(path, record);
    if (kind === 'remove') this.written.delete(path);
    else this.written.set(path, transaction);
    const contender = CONTENDER.exec(path);
    if (contender?.[1] !== undefined) this.contend(contender[1], change);
    if (contender || EPHEMERAL.test(path)) this.keepEphemeral(change);
  }

  isOver(session: string): boolean {
    return this.over.has(session);
  }

  /** Whether anybody stands for the lock. */
  isContended(folder: string): boolean {
    return this.contenders.has(folder);
  }

  /** Whether the change is made by the holder of a lock: one that was let go in the same transaction counts. */
  isUnder(folder: string, { session, transaction }: LoggedChange): boolean {
    return this.holder(folder) === session || this.former.get(folder)?.get(session) === transaction;
  }

  /**
   * The same, for what has to be removed after its lock: it counts for a moment, unless somebody else has the lock. Whoever only had it
   * in between, and wrote nothing, is in nobody's way: what is removed is what was there under the lock.
   */
  isAfter(folder: string, change: LoggedChange): boolean {
    const { session, transaction, path } = change;
    if (this.holder(folder) !== undefined) return this.isUnder(folder, change);
    const letGo = Number(this.former.get(folder)?.get(session));
    return Number(transaction) - letGo <= MOMENT && Number(this.written.get(path)) <= letGo;
  }

  private holder(folder: string): string | undefined {
    const lowest = [...(this.contenders.get(folder)?.keys() ?? [])].sort(bySequence)[0];
    return lowest === undefined ? undefined : this.contenders.get(folder)?.get(lowest);
  }

  private contend(folder: string, { kind, path, session, transaction }: LoggedChange): void {
    const all = this.contenders.get(folder) ?? new Map<string, string>();
    if (kind === 'create') all.set(path, session);
    if (kind === 'remove') {
      const owner = all.get(path);
      const held = owner !== undefined && this.holder(folder) === owner;
      all.delete(path);
      if (held) this.former.set(folder, (this.former.get(folder) ?? new Map<string, string>()).set(owner, transaction));
    }
    if (all.size > 0) this.contenders.set(folder, all);
    else this.contenders.delete(folder);
  }

  private keepEphemeral({ kind, path, session }: LoggedChange): void {
    if (kind === 'create') this.ephemeral.set(session, (this.ephemeral.get(session) ?? new Set()).add(path));
    if (kind === 'remove') for (const paths of this.ephemeral.values()) paths.delete(path);
  }
}

function bySequence(left: string, right: string): number {
  const [one, other] = [left, right].map((path) => CONTENDER.exec(path)?.[2] ?? '');
  return (one ?? '') < (other ?? '') ? -1 : 1;
}
