import type { StoredBuild, StoredUpload } from '../../domain/model/image.js';
import type { DamagedRecord } from '../../domain/model/stored.js';
import { comparePlaces, type ImageRecord } from './image-record.js';
import { imagePath } from './paths.js';

/** What the records below `/nodepool/images` come to, in order. Folders without data are known by the list of the images. */
export class ImageCatalogue {
  private names: ReadonlySet<string> = new Set();
  private sortedBuilds: readonly StoredBuild[] | undefined;
  private sortedUploads: readonly StoredUpload[] | undefined;

  /** @param records by path */
  constructor(private readonly records: ReadonlyMap<string, ImageRecord>) {}

  images(): readonly string[] {
    const all = new Set(this.names);
    for (const { place } of this.records.values()) all.add(place.image);
    return [...all].sort();
  }

  builds(): readonly StoredBuild[] {
    this.sortedBuilds ??= this.sorted().flatMap(({ stored }) => stored?.value.build ?? []);
    return this.sortedBuilds;
  }

  uploads(): readonly StoredUpload[] {
    this.sortedUploads ??= this.sorted().flatMap(({ stored }) => stored?.value.upload ?? []);
    return this.sortedUploads;
  }

  paused(image: string): boolean {
    return this.records.has(`${imagePath(image)}/pause`);
  }

  buildRequested(image: string): number | undefined {
    return this.records.get(`${imagePath(image)}/request-build`)?.stored?.value.createdTime;
  }

  damaged(): readonly DamagedRecord[] {
    return this.sorted().flatMap(({ damaged }) => damaged ?? []);
  }

  /** The records have changed. */
  renew(): void {
    this.sortedBuilds = undefined;
    this.sortedUploads = undefined;
  }

  /** These are all images now. Answers the names that are new or gone. */
  rename(names: readonly string[]): readonly string[] {
    const present = new Set(names);
    const gone = [...this.names].filter((name) => !present.has(name));
    const added = names.filter((name) => !this.names.has(name));
    this.names = present;
    return [...added, ...gone];
  }

  /** Answers whether there was an image of that path. */
  forget(path: string): boolean {
    const left = [...this.names].filter((name) => imagePath(name) !== path);
    if (left.length === this.names.size) return false;
    this.names = new Set(left);
    return true;
  }

  private sorted(): readonly ImageRecord[] {
    return [...this.records.values()].sort((a, b) => comparePlaces(a.place, b.place));
  }
}
