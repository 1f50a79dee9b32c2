/**
 * What of the images may go (spec BUILDER 2.10 with the rules since 6.2). Kept in any case: the two newest ready builds of every
 * configured image, whoever built them; the two newest ready uploads per image and provider; whatever is in the making; and the
 * uploads in providers that are not configured any more, which pin their builds.
 *
 * The plan rests on a mirror and knows no locks: whoever carries it out takes the lock named at each action, reads again, and
 * leaves alone what has changed or is busy. Actions that must follow each other come in separate plans.
 */
import type { DiskImageConfig, ProviderConfig } from '../config/config.js';
import type { RetentionReason } from '../explain/image-reason.js';
import type { BuildKey, StoredBuild, StoredUpload, UploadKey } from '../model/image.js';
import { planLocalFiles } from './image-local-files.js';
import type { LocalBuild } from './image-local-files.js';
import { GENERATIONS_KEPT, newestReadyBuilds, newestReadyUploads } from './image-recency.js';
import { groupBy } from '../model/group-by.js';
import { knownOrOldest, waitedOut } from '../model/moment.js';

/** Build ids of builders before 9.0. */
const NUMBERED = /^\d{10}$/;

export interface RetentionInput {
  /** Names of all images in the tree. */
  readonly images: readonly string[];
  readonly builds: readonly StoredBuild[];
  readonly uploads: readonly StoredUpload[];
  readonly configured: ReadonlyMap<string, DiskImageConfig>;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** What lies in this builder's directory. */
  readonly local: readonly LocalBuild[];
  readonly now: number;
  /** How long failed builds and uploads stay visible, seconds. */
  readonly showFailures: number;
  /** Our id: whose files are ours to remove. */
  readonly builderId: string;
  /** Seconds that the owner of an old build gets to remove its files. */
  readonly ownerPatience: number;
}

export type ImageAction =
  /** Mark it `deleting` under its lock unless it is being uploaded, delete it in the cloud, remove the record. */
  | { readonly do: 'delete-upload'; readonly key: UploadKey; readonly because: RetentionReason }
  /** If nobody holds the lock of its upload any more, remove the record; the build stays and is uploaded again. */
  | { readonly do: 'forget-upload'; readonly key: UploadKey; readonly because: RetentionReason }
  /** If nobody holds the image's build lock any more, mark it `deleting`. */
  | { readonly do: 'reap-build'; readonly key: BuildKey; readonly because: RetentionReason }
  /** Mark it `deleting` under its lock. */
  | { readonly do: 'mark-build'; readonly key: BuildKey; readonly because: RetentionReason }
  /** Remove the record under its lock: it is `deleting` and no upload is left. */
  | { readonly do: 'remove-build'; readonly key: BuildKey; readonly because: RetentionReason }
  | { readonly do: 'remove-files'; readonly key: BuildKey; readonly because: RetentionReason }
  | { readonly do: 'remove-format'; readonly key: BuildKey; readonly format: string; readonly because: RetentionReason }
  /** The folder of an image that is not configured and has no builds. */
  | { readonly do: 'remove-image'; readonly key: { readonly image: string }; readonly because: RetentionReason };

export interface RetentionPlan {
  readonly actions: readonly ImageAction[];
  /** When time alone makes more of it due; Infinity if only events can. */
  readonly again: number;
}

export function planRetention(input: RetentionInput): RetentionPlan {
  const plan = new PlanBuilder(input);
  const images = new Set([...input.images, ...input.builds.map((build) => build.image)]);
  for (const image of [...images].sort()) plan.image(image);
  return { actions: [...plan.actions, ...planLocalFiles(input)], again: plan.again };
}

class PlanBuilder {
  readonly actions: ImageAction[] = [];
  again = Infinity;
  private readonly imageProviders: readonly ProviderConfig[];
  private readonly buildsOf: ReadonlyMap<string, readonly StoredBuild[]>;
  private readonly uploadsOf: ReadonlyMap<string, readonly StoredUpload[]>;

  constructor(private readonly input: RetentionInput) {
    this.imageProviders = [...input.providers.values()].filter((provider) => provider.managesImages);
    this.buildsOf = groupBy(input.builds, (build) => build.image);
    this.uploadsOf = groupBy(input.uploads, buildKeyText);
  }

  image(image: string): void {
    const builds = this.buildsOf.get(image) ?? [];
    const configured = this.input.configured.has(image);
    if (builds.length === 0 && !configured) {
      this.actions.push({ do: 'remove-image', key: { image }, because: { code: 'IMAGE_NOT_CONFIGURED', image } });
    }
    const kept = configured ? newestReadyBuilds(builds, GENERATIONS_KEPT).map((build) => build.build) : [];
    const recent = this.recentUploads(builds);
    for (const build of builds) this.build(build, kept, recent);
  }

  /** The two newest ready uploads of each provider over all ready builds, as a set of their keys. */
  private recentUploads(builds: readonly StoredBuild[]): ReadonlySet<string> {
    const ready = builds.filter((build) => build.value.state === 'ready').flatMap((build) => this.uploads(build));
    const recent = new Set<string>();
    for (const uploads of groupBy(ready, (upload) => upload.provider).values()) {
      for (const upload of newestReadyUploads(uploads, GENERATIONS_KEPT)) recent.add(uploadKeyText(upload));
    }
    return recent;
  }

  private build(build: StoredBuild, kept: readonly string[], recent: ReadonlySet<string>): void {
    const isKept = kept.includes(build.build);
    const uploads = this.uploads(build);
    for (const upload of uploads) {
      const provider = this.imageProviders.find(({ name }) => name === upload.provider);
      if (provider) this.upload(upload, provider, build, isKept, recent, kept);
    }
    if (!isKept) this.superseded(build, uploads, kept);
  }

  private upload(
    upload: StoredUpload,
    provider: ProviderConfig,
    build: StoredBuild,
    isKept: boolean,
    recent: ReadonlySet<string>,
    kept: readonly string[],
  ): void {
    const { image } = build;
    const state = upload.value.state;
    if (!provider.diskImages.has(image)) {
      return this.deleteUpload(upload, { code: 'IMAGE_NOT_IN_PROVIDER', image, provider: provider.name });
    }
    if (state === 'deleting') return this.deleteUpload(upload, { code: 'DELETION_ORDERED' });
    if (state === 'failed') {
      if (this.shown(upload)) this.deleteUpload(upload, { code: 'FAILED_BEFORE' });
      return;
    }
    if (isKept) {
      if (state === 'uploading') this.push('forget-upload', upload, { code: 'MAKER_GONE' });
      return;
    }
    if (build.value.state === 'building' || recent.has(uploadKeyText(upload))) return;
    this.deleteUpload(upload, this.reasonToGo(build, kept));
  }

  /** A build that is not kept: on its way out, step by step. */
  private superseded(build: StoredBuild, uploads: readonly StoredUpload[], kept: readonly string[]): void {
    const { state } = build.value;
    if (state === 'building') return this.push('reap-build', build, { code: 'MAKER_GONE' });
    if (state === 'deleting') {
      if (uploads.length === 0 && this.ownerHadTime(build)) {
        this.push('remove-build', build, { code: 'DELETION_ORDERED' });
      }
      return;
    }
    if (state === 'failed' && !this.shown(build)) return;
    // Local files need not wait for a slow cloud: uploads on their way out hold the record only (since 3.11).
    if (uploads.every((upload) => upload.value.state === 'deleting')) {
      this.push('mark-build', build, this.reasonToGo(build, kept));
    }
  }

  /**
   * Builders before 6.2, which number their builds, find their files by the record only: one that is alive removes files and record
   * itself (spec BUILDER 2.10.5). One that is gone for good must not pin the record.
   */
  private ownerHadTime(build: StoredBuild): boolean {
    const foreign = build.value.builderId !== this.input.builderId && NUMBERED.test(build.build);
    return !foreign || this.dueAt(knownOrOldest(build.value.stateTime) + this.input.ownerPatience);
  }

  private reasonToGo(build: StoredBuild, kept: readonly string[]): RetentionReason {
    const { image } = build;
    if (build.value.state === 'deleting') return { code: 'DELETION_ORDERED' };
    if (build.value.state === 'failed') return { code: 'FAILED_BEFORE' };
    if (!this.input.configured.has(image)) return { code: 'IMAGE_NOT_CONFIGURED', image };
    return { code: 'SUPERSEDED', image, kept };
  }

  private deleteUpload(upload: StoredUpload, because: RetentionReason): void {
    this.push('delete-upload', upload, because);
  }

  private push(what: 'delete-upload' | 'forget-upload', of: StoredUpload, because: RetentionReason): void;
  private push(what: 'reap-build' | 'mark-build' | 'remove-build', of: StoredBuild, because: RetentionReason): void;
  private push(what: string, of: StoredBuild | StoredUpload, because: RetentionReason): void {
    const { value: _value, ...key } = of;
    this.actions.push({ do: what, key, because } as ImageAction);
  }

  private uploads(build: BuildKey): readonly StoredUpload[] {
    return this.uploadsOf.get(buildKeyText(build)) ?? [];
  }

  /** Has a failed one been shown for long enough? */
  private shown({ value }: StoredBuild | StoredUpload): boolean {
    return this.dueAt(waitedOut(value.stateTime, this.input.showFailures, this.input.now));
  }

  private dueAt(moment: number): boolean {
    if (this.input.now >= moment) return true;
    this.again = Math.min(this.again, moment);
    return false;
  }
}

export function buildKeyText(key: BuildKey): string {
  return `${key.image}/${key.build}`;
}

export function uploadKeyText(key: UploadKey): string {
  return `${buildKeyText(key)}/${key.provider}/${key.upload}`;
}
