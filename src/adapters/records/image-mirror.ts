import type { BuildKey, StoredBuild, StoredUpload, UploadKey } from '../../domain/model/image.js';
import type { DamagedRecord } from '../../domain/model/stored.js';
import type { RecordStat, TreeRecord } from '../../ports/coordination/tree-store.js';
import type { ImageView } from '../../ports/records/images.js';
import { BranchMirror } from './branch-mirror.js';
import type { BranchRule } from './branch-watch.js';
import { ImageCatalogue } from './image-catalogue.js';
import { parseImagePath } from './image-place.js';
import { ImageRecord, parseImageRecord, type ImageFact } from './image-record.js';
import { IMAGES } from './paths.js';
import type { WatchContext } from './watch-group.js';

const DATA: BranchRule = { data: true };
const unlessLock = (rule: BranchRule) => (name: string) => (name === 'lock' ? undefined : rule);
const only = (wanted: string, rule: BranchRule) => (name: string) => (name === wanted ? rule : undefined);

const PROVIDER: BranchRule = { child: only('images', { child: unlessLock(DATA) }) };
const BUILD: BranchRule = { data: true, child: only('providers', { child: () => PROVIDER }) };
const BUILDS: BranchRule = { child: unlessLock(BUILD) };
const IMAGE: BranchRule = {
  child: (name) => {
    if (name === 'builds') return BUILDS;
    return name === 'pause' || name === 'request-build' ? DATA : undefined;
  },
};
const ROOT: BranchRule = { child: () => IMAGE };

/** The tree of images in memory, watched at every level. Listeners are told of images by name, or null: of any. */
export class ImageMirror extends BranchMirror<ImageFact, ImageRecord, string | null> implements ImageView {
  private readonly catalogue = new ImageCatalogue(this.records);

  constructor(context: WatchContext) {
    super({ roots: [IMAGES], rule: ROOT, parse: parseImageRecord }, context);
  }

  images(): readonly string[] {
    return this.catalogue.images();
  }

  builds(image?: string): readonly StoredBuild[] {
    const all = this.catalogue.builds();
    return image === undefined ? all : all.filter((build) => build.image === image);
  }

  uploads(of: Partial<UploadKey> = {}): readonly StoredUpload[] {
    const fits = (upload: UploadKey): boolean =>
      (of.image === undefined || of.image === upload.image) &&
      (of.build === undefined || of.build === upload.build) &&
      (of.provider === undefined || of.provider === upload.provider);
    return this.catalogue.uploads().filter(fits);
  }

  paused(image: string): boolean {
    return this.catalogue.paused(image);
  }

  buildRequested(image: string): number | undefined {
    return this.catalogue.buildRequested(image);
  }

  damaged(): readonly DamagedRecord[] {
    return this.catalogue.damaged();
  }

  /** We have created it: it shows at once. */
  created(path: string, data: Uint8Array): void {
    const now = this.context.clock.now();
    const stat = { version: 0, createdTime: now, modifiedTime: now, ephemeral: false, childCount: 0, modifiedId: 0 };
    this.onOwnCreation(path, () => parseImageRecord(path, { data, stat }));
  }

  /** We have written it. */
  written(path: string, data: Uint8Array, stat: RecordStat): void {
    this.onOwnRead(path, { data, stat });
  }

  /** A record was read by somebody else than the mirror. */
  seen(key: BuildKey | UploadKey, path: string, record: TreeRecord | undefined): void {
    if (record) this.onOwnRead(path, record);
    else this.removed(key.image, path);
  }

  /** Something of ours, with all below it, was removed. */
  removed(image: string, path: string): void {
    let changed = this.catalogue.forget(path);
    for (const known of [...this.records.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) changed = this.records.delete(known) || changed;
    }
    if (changed) this.changed(image);
  }

  protected override make(path: string): ImageRecord | undefined {
    const place = parseImagePath(path);
    return place && new ImageRecord(path, place);
  }

  protected override onComplete(again: boolean): void {
    if (again) this.tell(null);
  }

  protected override onTaken({ place }: ImageRecord): void {
    this.changed(place.image);
  }

  protected override onListed(folder: string, names: readonly string[], gone: readonly ImageRecord[]): void {
    const concerned = new Set(gone.map(({ place }) => place.image));
    if (folder === IMAGES) for (const image of this.catalogue.rename(names)) concerned.add(image);
    for (const image of concerned) this.changed(image);
  }

  private changed(image: string): void {
    this.catalogue.renew();
    this.tell(image);
  }
}
