/**
 * Records of disk images, `/nodepool/images` (spec LAUNCHER 1.2, BUILDER 2.3). The view mirrors all of them; changes go through
 * `builds` and `uploads`, which the caller makes while holding the lock named at each method.
 */
import type {
  BuildKey,
  ImageBuild,
  ImageUpload,
  StoredBuild,
  StoredUpload,
  UploadKey,
} from '../../domain/model/image.js';
import type { DamagedRecord } from '../../domain/model/stored.js';
import type { AcquireResult, AcquireOptions } from '../coordination/lease.js';

export interface ImageView {
  readonly complete: boolean;
  ready(signal?: AbortSignal): Promise<void>;
  /** All image names in the tree, configured or not, sorted. */
  images(): readonly string[];
  /** Builds of one image, or of all, ordered by image and build id. */
  builds(image?: string): readonly StoredBuild[];
  /** Uploads, ordered by image, build, provider and upload id. */
  uploads(of?: {
    readonly image?: string;
    readonly build?: string;
    readonly provider?: string;
  }): readonly StoredUpload[];
  /** Was the image paused on the command line? */
  paused(image: string): boolean;
  /** When a build was asked for on the command line (seconds since the epoch), or undefined. */
  buildRequested(image: string): number | undefined;
  damaged(): readonly DamagedRecord[];
  /** Called synchronously after something about `image` has changed (any image after a resync: null). */
  onChange(listener: (image: string | null) => void): () => void;
}

export interface ImageRecords {
  readonly view: ImageView;
  readonly builds: BuildRecords;
  readonly uploads: UploadRecords;
  readonly orders: ImageOrders;
}

export interface BuildRecords {
  /** "This image is being built": `builds/lock`. Creates missing parents. */
  lockImage(image: string, options?: AcquireOptions): Promise<AcquireResult>;
  /** Is the image lock held by anybody? */
  imageLocked(image: string): Promise<boolean>;
  /** The lock of one build, for marking and removing it. */
  lock(key: BuildKey, options?: AcquireOptions): Promise<AcquireResult>;
  /** Creates a record under the id given. Needs the image lock. */
  create(key: BuildKey, build: ImageBuild): Promise<void>;
  /** Reads the store itself, not the mirror. */
  read(key: BuildKey): Promise<ImageBuild | undefined>;
  /** All builds of an image, read from the store itself: what counts under the image lock. Damaged records are left out. */
  list(image: string): Promise<readonly StoredBuild[]>;
  /** Changes fields, conditional on the version read now; unknown keys stay; a new state stamps the time. @throws RecordGoneError */
  update(key: BuildKey, change: Partial<ImageBuild>): Promise<ImageBuild>;
  /** Removes the record with all below it (lock contenders, provider folders). Needs the build lock. */
  remove(key: BuildKey): Promise<void>;
  /** Removes the folder of an image that has no builds, no order and no lock. Answers whether it is gone. */
  removeEmptyImage(image: string): Promise<boolean>;
}

export interface UploadRecords {
  /** "This build is being uploaded to this provider". Creates missing parents below the build, never the build itself. */
  lockProvider(key: BuildKey & { readonly provider: string }, options?: AcquireOptions): Promise<AcquireResult>;
  /** The lock of one upload, for changing or deleting it. */
  lock(key: UploadKey, options?: AcquireOptions): Promise<AcquireResult>;
  /** Creates a record; the store numbers it. Needs the provider lock. */
  create(key: BuildKey & { readonly provider: string }, upload: ImageUpload): Promise<UploadKey>;
  read(key: UploadKey): Promise<ImageUpload | undefined>;
  /** All uploads of a build to a provider, read from the store itself: what counts under the provider lock. */
  list(key: BuildKey & { readonly provider: string }): Promise<readonly StoredUpload[]>;
  /** Is there any upload of the build, to any provider, or anybody about to make one? Asks the store itself. Damaged records do not count. */
  anyOf(key: BuildKey): Promise<boolean>;
  /** As for builds. @throws RecordGoneError */
  update(key: UploadKey, change: Partial<ImageUpload>): Promise<ImageUpload>;
  remove(key: UploadKey): Promise<void>;
  /** Removes every record of one provider under every build, locks and states notwithstanding (`nodepool erase`). */
  eraseProvider(provider: string): Promise<void>;
}

/** What operators order per image; all idempotent. */
export interface ImageOrders {
  requestBuild(image: string): Promise<void>;
  removeBuildRequest(image: string): Promise<void>;
  pause(image: string): Promise<void>;
  unpause(image: string): Promise<void>;
}
