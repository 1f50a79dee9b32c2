import type { BuildKey, ImageBuild, StoredBuild } from '../../domain/model/image.js';
import { NotEmptyError } from '../../ports/coordination/errors.js';
import type { AcquireOptions, AcquireResult, LeaseManager } from '../../ports/coordination/lease.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { BuildRecords } from '../../ports/records/images.js';
import { buildCodec } from './image-codec.js';
import type { ImageStore } from './image-store.js';
import { buildLockPath, buildPath, buildsPath, imageLockPath, imagePath } from './paths.js';

export class TreeBuildRecords implements BuildRecords {
  constructor(
    private readonly store: TreeStore,
    private readonly leases: LeaseManager,
    private readonly images: ImageStore,
  ) {}

  lockImage(image: string, options: AcquireOptions = {}): Promise<AcquireResult> {
    return this.leases.acquire(imageLockPath(image), { ...options, makeParents: true });
  }

  async imageLocked(image: string): Promise<boolean> {
    return (await this.leases.contenders(imageLockPath(image))).length > 0;
  }

  lock(key: BuildKey, options: AcquireOptions = {}): Promise<AcquireResult> {
    return this.leases.acquire(buildLockPath(key), { ...options, makeParents: false });
  }

  create(key: BuildKey, build: ImageBuild): Promise<void> {
    return this.images.create(buildPath(key), buildCodec.encode(build), true);
  }

  read(key: BuildKey): Promise<ImageBuild | undefined> {
    return this.images.read(buildCodec, key, buildPath(key));
  }

  async list(image: string): Promise<readonly StoredBuild[]> {
    const ids = ((await this.images.list(buildsPath(image))) ?? []).filter((id) => id !== 'lock').sort();
    const builds: StoredBuild[] = [];
    for (const build of ids) {
      const value = await this.read({ image, build });
      if (value) builds.push({ image, build, value });
    }
    return builds;
  }

  update(key: BuildKey, change: Partial<ImageBuild>): Promise<ImageBuild> {
    return this.images.update(buildCodec, key, buildPath(key), change);
  }

  async remove(key: BuildKey): Promise<void> {
    await this.images.remove(key.image, buildPath(key));
  }

  async removeEmptyImage(image: string): Promise<boolean> {
    const children = await this.store.list(imagePath(image));
    if (children?.some((name) => name !== 'builds')) return false;
    const builds = await this.store.list(buildsPath(image));
    if (builds?.some((name) => name !== 'lock')) return false;
    try {
      // Whoever takes the lock or orders something meanwhile makes one of these fail: the folder is not empty then.
      for (const path of [imageLockPath(image), buildsPath(image), imagePath(image)]) await this.store.remove(path);
    } catch (error) {
      if (error instanceof NotEmptyError) return false;
      throw error;
    }
    return true;
  }
}
