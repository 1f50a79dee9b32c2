interface Entry<V> {
  readonly key: string;
  value: V;
  older: Entry<V> | null;
  newer: Entry<V> | null;
}

/**
 * Remembers the values that were set last; beyond `most` the one goes that was not set for the longest time. The order is a list of its
 * own: a `Map` whose entries are deleted and set anew to keep them in order walks over all that was deleted to find its first one.
 */
export class RecentMap<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private oldest: Entry<V> | null = null;
  private newest: Entry<V> | null = null;

  constructor(private readonly most: number) {}

  get(key: string): V | undefined {
    return this.entries.get(key)?.value;
  }

  /** Makes it the newest, as if it were set again. */
  renewed(key: string): V | undefined {
    const known = this.entries.get(key);
    if (!known) return undefined;
    this.unlink(known);
    this.append(known);
    return known.value;
  }

  /** Makes it the newest. */
  set(key: string, value: V): void {
    const known = this.entries.get(key);
    if (known) {
      known.value = value;
      this.unlink(known);
      this.append(known);
      return;
    }
    const entry = { key, value, older: null, newer: null };
    this.entries.set(key, entry);
    this.append(entry);
    if (this.entries.size > this.most && this.oldest) this.forget(this.oldest);
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (entry) this.forget(entry);
  }

  private forget(entry: Entry<V>): void {
    this.entries.delete(entry.key);
    this.unlink(entry);
  }

  private append(entry: Entry<V>): void {
    entry.older = this.newest;
    entry.newer = null;
    if (this.newest) this.newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
  }

  private unlink({ older, newer }: Entry<V>): void {
    if (older) older.newer = newer;
    else this.oldest = newer;
    if (newer) newer.older = older;
    else this.newest = older;
  }
}
