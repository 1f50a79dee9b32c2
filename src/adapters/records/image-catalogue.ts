import type { StoredBuild, StoredUpload } from '../../domain/model/image.js';
import type { DamagedRecord } from '../../domain/model/stored.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import { comparePlaces, entryOf, type CatalogueEntry } from './catalogue-entry.js';
import { parseImagePath } from './image-place.js';
import { IMAGES, imagePath } from './paths.js';
import { sameBytes } from './same-bytes.js';

export interface CatalogueChange {
  readonly image: string;
  /** Set if the record has become damaged. */
  readonly damaged: DamagedRecord | undefined;
}

/** What is known of `/nodepool/images`, by path. Folders without data are known by their listing above. */
export class ImageCatalogue {
  private readonly entries = new Map<string, CatalogueEntry>();
  private names = new Set<string>();
  private sortedBuilds: readonly StoredBuild[] | undefined;
  private sortedUploads: readonly StoredUpload[] | undefined;

  images(): readonly string[] {
    const all = new Set(this.names);
    for (const entry of this.entries.values()) all.add(entry.place.image);
    return [...all].sort();
  }

  builds(): readonly StoredBuild[] {
    this.sortedBuilds ??= this.sorted().flatMap((entry) => entry.build ?? []);
    return this.sortedBuilds;
  }

  uploads(): readonly StoredUpload[] {
    this.sortedUploads ??= this.sorted().flatMap((entry) => entry.upload ?? []);
    return this.sortedUploads;
  }

  paused(image: string): boolean {
    return this.entries.has(`${imagePath(image)}/pause`);
  }

  buildRequested(image: string): number | undefined {
    return this.entries.get(`${imagePath(image)}/request-build`)?.createdTime;
  }

  damaged(): readonly DamagedRecord[] {
    return this.sorted().flatMap((entry) => entry.damaged ?? []);
  }

  /** `tick`: now, if this is not what a list led to. Answers undefined if it is no news. */
  put(path: string, record: TreeRecord, tick: number): CatalogueChange | undefined {
    const place = parseImagePath(path);
    if (place === undefined) return undefined;
    const before = this.entries.get(path);
    if (before && record.stat.modifiedId <= before.modifiedId) return undefined;
    const entry = entryOf(place, path, record, Math.max(tick, before?.tick ?? 0));
    this.entries.set(path, entry);
    this.forgetSorted();
    if (before && sameBytes(before.data, entry.data)) return undefined;
    return { image: place.image, damaged: before?.damaged ? undefined : entry.damaged };
  }

  /** Removes the path and all below it. Answers whether that changes anything. */
  remove(path: string): boolean {
    let changed = false;
    for (const known of [...this.entries.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) changed = this.entries.delete(known) || changed;
    }
    for (const name of this.names) if (imagePath(name) === path) changed = this.names.delete(name) || changed;
    if (changed) this.forgetSorted();
    return changed;
  }

  /**
   * Removes what lies below `path` under other children than `names`, except what we learned of after `since`.
   * Answers the images concerned.
   */
  prune(path: string, names: readonly string[], since: number): ReadonlySet<string> {
    const present = new Set(names);
    const concerned = new Set<string>();
    const prefix = `${path}/`;
    for (const [known, entry] of [...this.entries]) {
      if (!known.startsWith(prefix) || entry.tick > since) continue;
      if (present.has(known.slice(prefix.length).split('/', 1)[0] ?? '')) continue;
      this.entries.delete(known);
      concerned.add(entry.place.image);
    }
    if (path === IMAGES) this.rename(present, concerned);
    if (concerned.size > 0) this.forgetSorted();
    return concerned;
  }

  /** @param concerned gets the names that are new or gone */
  private rename(present: Set<string>, concerned: Set<string>): void {
    for (const name of present) if (!this.names.has(name)) concerned.add(name);
    for (const name of this.names) if (!present.has(name)) concerned.add(name);
    this.names = present;
  }

  private sorted(): readonly CatalogueEntry[] {
    return [...this.entries.values()].sort((a, b) => comparePlaces(a.place, b.place));
  }

  private forgetSorted(): void {
    this.sortedBuilds = undefined;
    this.sortedUploads = undefined;
  }
}
