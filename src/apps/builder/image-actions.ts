import type { ImageAction } from '../../domain/decide/image-retention.js';
import { assertBuildTransition } from '../../domain/lifecycle/build-lifecycle.js';
import { assertUploadTransition } from '../../domain/lifecycle/upload-lifecycle.js';
import type { BuildKey, UploadKey } from '../../domain/model/image.js';
import type { AcquireResult } from '../../ports/coordination/lease.js';
import { withDeadline } from '../../ports/runtime/deadline.js';
import type { CloudLeftovers } from './cloud-leftovers.js';
import type { BuilderContext } from './services.js';

/** `busy`: somebody else holds a lock. `changed`: no longer what the plan was made for. */
export type ActionEnd = 'done' | 'busy' | 'changed';

/** The provider cannot be used, so nothing can be deleted there. */
export class ProviderUnusableError extends Error {
  readonly code = 'NP_PROVIDER_UNUSABLE';
  override readonly name = 'ProviderUnusableError';
}

const DELETE_TIMEOUT = 120;

/** Carries out one action of a retention plan: lock, read again, act (spec BUILDER 2.10). */
export class ImageActions {
  constructor(
    private readonly context: BuilderContext,
    private readonly leftovers: CloudLeftovers,
  ) {}

  async carryOut(action: ImageAction, signal: AbortSignal): Promise<ActionEnd> {
    const { localImages, imagesDir, records } = this.context;
    switch (action.do) {
      case 'delete-upload':
        return this.deleteUpload(action.key, signal);
      case 'forget-upload':
        return this.forgetUpload(action.key);
      case 'reap-build':
        return this.reapBuild(action.key);
      case 'mark-build':
        return this.markBuild(action.key);
      case 'remove-build':
        return this.removeBuild(action.key);
      case 'remove-files':
        return this.removeFiles(action.key);
      case 'remove-format':
        await localImages.removeFormat(imagesDir, action.key.image, action.key.build, action.format);
        return 'done';
      case 'remove-image':
        return (await records.images.builds.removeEmptyImage(action.key.image)) ? 'done' : 'busy';
    }
  }

  private async deleteUpload(key: UploadKey, signal: AbortSignal): Promise<ActionEnd> {
    const { uploads, view } = this.context.records.images;
    const planned = view.uploads(key).find((upload) => upload.upload === key.upload);
    return underLock(uploads.lock(key), async () => {
      const current = await uploads.read(key);
      if (!current) return 'done';
      if (planned && planned.value.state !== current.state) return 'changed';
      if (current.state === 'uploading' && (await this.uploadGoesOn(key))) return 'busy';
      if (current.state !== 'deleting') {
        assertUploadTransition(current.state, 'deleting');
        // All other fields stay: without its id the image could never be deleted (fixed upstream in 3.9).
        await uploads.update(key, { state: 'deleting' });
      }
      if (current.externalId === null) this.leftovers.suspect(key);
      else await this.deleteInCloud(key, current.externalId, signal);
      await uploads.remove(key);
      return 'done';
    });
  }

  private async deleteInCloud(key: UploadKey, externalId: string, signal: AbortSignal): Promise<void> {
    const provider = this.context.providers.get(key.provider);
    if (!provider || 'problem' in provider || !provider.images) {
      const problem = provider && 'problem' in provider ? provider.problem : 'it is not running';
      throw new ProviderUnusableError(`provider ${key.provider} cannot be used: ${problem}`);
    }
    const { images } = provider;
    await withDeadline(this.context.clock, DELETE_TIMEOUT, `deleting image ${externalId}`, signal, (inner) =>
      images.remove(externalId, inner),
    );
  }

  /** Is anybody holding the lock of the upload? Asked by taking it, as the original does. */
  private async uploadGoesOn(key: UploadKey): Promise<boolean> {
    if (this.context.work.isUploading(key)) return true;
    const end = await underLock(this.context.records.images.uploads.lockProvider(key), async () => 'done');
    return end === 'busy';
  }

  private async forgetUpload(key: UploadKey): Promise<ActionEnd> {
    const { uploads } = this.context.records.images;
    return underLock(uploads.lockProvider(key), async () => {
      const current = await uploads.read(key);
      if (current?.state !== 'uploading') return 'changed';
      this.leftovers.suspect(key);
      await uploads.remove(key);
      return 'done';
    });
  }

  private async reapBuild(key: BuildKey): Promise<ActionEnd> {
    const { builds } = this.context.records.images;
    // A look first: taking the lock might be in the way of a builder that wants to begin just now.
    if (await builds.imageLocked(key.image)) return 'busy';
    return underLock(builds.lockImage(key.image), () => this.mark(key, 'building'));
  }

  private async markBuild(key: BuildKey): Promise<ActionEnd> {
    const { view } = this.context.records.images;
    const planned = view.builds(key.image).find((build) => build.build === key.build);
    return planned ? this.mark(key, planned.value.state) : 'changed';
  }

  private async mark(key: BuildKey, planned: string): Promise<ActionEnd> {
    const { builds } = this.context.records.images;
    return underLock(builds.lock(key), async () => {
      const current = await builds.read(key);
      if (!current || current.state !== planned) return 'changed';
      if (current.state === 'deleting') return 'done';
      assertBuildTransition(current.state, 'deleting');
      await builds.update(key, { state: 'deleting' });
      return 'done';
    });
  }

  private async removeBuild(key: BuildKey): Promise<ActionEnd> {
    const { providers, records } = this.context;
    const { builds, uploads } = records.images;
    return underLock(builds.lock(key), async () => {
      const current = await builds.read(key);
      if (!current) return 'done';
      if (current.state !== 'deleting') return 'changed';
      // The mirror may lag behind, and the record takes all below it along: the store itself decides.
      if (await uploads.anyOf(key)) return 'changed';
      this.leftovers.suspectBuild(key, providers.names());
      await builds.remove(key);
      return 'done';
    });
  }

  /** The mirror may lag behind, and a file cannot be brought back: the store itself decides. */
  private async removeFiles(key: BuildKey): Promise<ActionEnd> {
    const { localImages, imagesDir, records, work } = this.context;
    const current = await records.images.builds.read(key);
    if ((current && current.state !== 'deleting') || work.isBuilding(key)) return 'changed';
    await localImages.remove(imagesDir, key.image, key.build);
    return 'done';
  }
}

/** A record that is gone needs nothing more. */
async function underLock(acquiring: Promise<AcquireResult>, act: () => Promise<ActionEnd>): Promise<ActionEnd> {
  const acquired = await acquiring;
  if ('refused' in acquired) return acquired.refused === 'busy' ? 'busy' : 'done';
  try {
    return await act();
  } finally {
    await acquired.lease.release();
  }
}
