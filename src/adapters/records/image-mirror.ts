import type { BuildKey, StoredBuild, StoredUpload, UploadKey } from '../../domain/model/image.js';
import type { DamagedRecord } from '../../domain/model/stored.js';
import type { RecordStat, TreeRecord } from '../../ports/coordination/tree-store.js';
import type { ImageView } from '../../ports/records/images.js';
import { BranchWatch, type BranchEvents, type BranchRule } from './branch-watch.js';
import { ImageCatalogue } from './image-catalogue.js';
import { ListenerSet } from './listener-set.js';
import { IMAGES } from './paths.js';
import { WatchGroup, type WatchContext } from './watch-group.js';
import { WatchedView } from './watched-view.js';

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

/** The tree of images in memory, watched at every level. */
export class ImageMirror extends WatchedView implements ImageView {
  private readonly catalogue = new ImageCatalogue();
  private readonly listeners: ListenerSet<string | null>;
  protected readonly group: WatchGroup;
  private tree: BranchWatch | undefined;
  private tick = 0;

  constructor(private readonly context: WatchContext) {
    super();
    this.listeners = new ListenerSet(context.logger);
    this.group = new WatchGroup(context, (again) => {
      if (again) this.listeners.emit(null);
    });
  }

  /** Starts watching. Idempotent. */
  open(): void {
    if (this.tree) return;
    const events: BranchEvents = {
      onData: (path, record) => this.put(path, record, 0),
      onChildren: (path, names, since) => this.onChildren(path, names, since),
      now: () => ++this.tick,
    };
    this.tree = new BranchWatch(this.group, IMAGES, ROOT, events);
    this.group.cover(IMAGES);
    this.group.open();
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

  onChange(listener: (image: string | null) => void): () => void {
    return this.listeners.add(listener);
  }

  /** Something of ours was created or written: it shows at once. Without a stat: it was just created. */
  wrote(path: string, data: Uint8Array, stat: RecordStat | undefined): void {
    if (!this.tree) return;
    const now = this.context.clock.now();
    const fresh = { version: 0, createdTime: now, modifiedTime: now, ephemeral: false, childCount: 0 };
    // A creation has no order number; 0 yields to whatever is read.
    this.put(path, { data, stat: stat ?? { ...fresh, modifiedId: 0 } }, ++this.tick);
  }

  /** A record was read by somebody else than the mirror. */
  seen(key: BuildKey | UploadKey, path: string, record: TreeRecord | undefined): void {
    if (!this.tree) return;
    if (record) this.put(path, record, ++this.tick);
    else this.removed(key.image, path);
  }

  /** Something of ours, with all below it, was removed. */
  removed(image: string, path: string): void {
    if (this.catalogue.remove(path)) this.listeners.emit(image);
  }

  private put(path: string, record: TreeRecord, tick: number): void {
    const change = this.catalogue.put(path, record, tick);
    if (change === undefined) return;
    if (change.damaged) {
      const { problem, detail } = change.damaged;
      this.context.logger.warn('A record cannot be understood and is left alone.', { path, problem, detail });
    }
    this.listeners.emit(change.image);
  }

  private onChildren(path: string, names: readonly string[], since: number): void {
    for (const image of this.catalogue.prune(path, names, since)) this.listeners.emit(image);
  }
}
