import type { BuildKey, ImageUpload, StoredUpload, UploadKey } from '../../domain/model/image.js';
import { NoRecordError } from '../../ports/coordination/errors.js';
import type { AcquireOptions, AcquireResult, LeaseManager } from '../../ports/coordination/lease.js';
import { childOf, nameOf } from '../../ports/toolkit/paths.js';
import type { UploadRecords } from '../../ports/records/images.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import { uploadCodec } from './image-codec.js';
import type { ImageStore } from './image-store.js';
import {
  IMAGES,
  buildPath,
  buildsPath,
  providerLockPath,
  providersPath,
  uploadLockPath,
  uploadPath,
  uploadsPath,
} from './paths.js';

type ProviderKey = BuildKey & { readonly provider: string };

/** How often folders are made anew that somebody removes meanwhile. */
const MOST_TRIES = 5;

export class TreeUploadRecords implements UploadRecords {
  constructor(
    private readonly leases: LeaseManager,
    private readonly images: ImageStore,
  ) {}

  async lockProvider(key: ProviderKey, options: AcquireOptions = {}): Promise<AcquireResult> {
    const how = { ...options, makeParents: false };
    const acquired = await this.leases.acquire(providerLockPath(key), how);
    if (!('refused' in acquired) || acquired.refused !== 'gone') return acquired;
    if (!(await this.images.makeFoldersBelow(buildPath(key), uploadsPath(key)))) return acquired;
    return this.leases.acquire(providerLockPath(key), { ...how, newDirectory: true });
  }

  lock(key: UploadKey, options: AcquireOptions = {}): Promise<AcquireResult> {
    return this.leases.acquire(uploadLockPath(key), { ...options, makeParents: false });
  }

  /** @throws RecordGoneError if the build is gone */
  async create(key: ProviderKey, upload: ImageUpload): Promise<UploadKey> {
    const { image, build, provider } = key;
    const folder = uploadsPath(key);
    const data = uploadCodec.encode(upload);
    for (let tries = 1; ; tries += 1) {
      try {
        const path = await this.images.createNumbered(folder, data);
        return { image, build, provider, upload: nameOf(path) };
      } catch (error) {
        if (!(error instanceof NoRecordError) || tries >= MOST_TRIES) throw error;
      }
      if (!(await this.images.makeFoldersBelow(buildPath(key), folder))) throw new RecordGoneError(buildPath(key));
    }
  }

  read(key: UploadKey): Promise<ImageUpload | undefined> {
    return this.images.read(uploadCodec, key, uploadPath(key));
  }

  async list(key: ProviderKey): Promise<readonly StoredUpload[]> {
    const { image, build, provider } = key;
    const ids = ((await this.images.list(uploadsPath(key))) ?? []).filter((id) => id !== 'lock').sort();
    const uploads: StoredUpload[] = [];
    for (const upload of ids) {
      const value = await this.read({ image, build, provider, upload });
      if (value) uploads.push({ image, build, provider, upload, value });
    }
    return uploads;
  }

  async anyOf(key: BuildKey): Promise<boolean> {
    for (const provider of (await this.images.list(providersPath(key))) ?? []) {
      const of = { image: key.image, build: key.build, provider };
      if ((await this.list(of)).length > 0) return true;
      if ((await this.leases.contenders(providerLockPath(of))).length > 0) return true;
    }
    return false;
  }

  update(key: UploadKey, change: Partial<ImageUpload>): Promise<ImageUpload> {
    return this.images.update(uploadCodec, key, uploadPath(key), change);
  }

  async remove(key: UploadKey): Promise<void> {
    await this.images.remove(key.image, uploadPath(key));
  }

  async eraseProvider(provider: string): Promise<void> {
    for (const image of (await this.images.list(IMAGES)) ?? []) {
      for (const build of (await this.images.list(buildsPath(image))) ?? []) {
        if (build === 'lock') continue;
        const folder = providersPath({ image, build });
        const providers = (await this.images.list(folder)) ?? [];
        if (providers.includes(provider)) await this.images.remove(image, childOf(folder, provider));
      }
    }
  }
}
