import type { DiskImageConfig, ProviderConfig, ProviderImageConfig } from '../../domain/config/config.js';
import { cloudImageName, cloudImageProperties } from '../../domain/decide/upload-naming.js';
import { assertUploadTransition } from '../../domain/lifecycle/image-lifecycle.js';
import { imageUpdate } from '../../domain/metrics/builder-metrics.js';
import type { ImageBuild, ImageUpload, StoredBuild, UploadKey } from '../../domain/model/image.js';
import type { ImageProvider } from '../../ports/compute/images.js';
import type { LocalImageFile } from '../../ports/image-building/local-images.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { persistLocked, type BuildLock } from './persist.js';
import type { BuilderContext } from './services.js';
import { runUploadHook } from './upload-hook.js';

export interface UploadJob {
  readonly provider: ProviderConfig;
  readonly image: DiskImageConfig;
  readonly inProvider: ProviderImageConfig;
  readonly build: StoredBuild;
}

/** `not-here`: the file of the provider's format is not in our directory. `stopped`: we are shutting down. */
export type UploadEnd =
  | { readonly end: 'ready' }
  | { readonly end: 'failed'; readonly problem: string }
  | { readonly end: 'busy' | 'superseded' | 'not-here' | 'stopped' };

/** What the cloud made of it. */
interface Uploaded {
  readonly externalId: string;
  readonly externalName: string;
}

/** Seconds a cloud gets to take back what cannot be used. */
const TAKE_BACK_TIMEOUT = 120;

/** One attempt to upload a build: lock, look again, upload, hook, record (spec BUILDER 2.9). */
export class UploadRun {
  constructor(private readonly context: BuilderContext) {}

  /** @param stop ends the attempt at once; its record stays for the cleanup. Rejects only when the store could not be asked. */
  async run(job: UploadJob, images: ImageProvider, stop: AbortSignal): Promise<UploadEnd> {
    const { uploads } = this.context.records.images;
    const subject = { image: job.build.image, build: job.build.build, provider: job.provider.name };
    const file = await this.localFile(job);
    if (!file) return { end: 'not-here' };
    const acquired = await uploads.lockProvider(subject, { signal: stop });
    if ('refused' in acquired) return { end: acquired.refused === 'busy' ? 'busy' : 'superseded' };
    const leave = this.context.work.upload(subject);
    try {
      const build = await this.stillDue(job);
      if (!build) return { end: 'superseded' };
      const key = await uploads.create(subject, newRecord(build, this.context.clock.now()));
      const lock = { lease: acquired.lease, again: () => uploads.lockProvider(subject) };
      return await this.upload(job, key, file, { images, lock }, stop);
    } finally {
      leave();
      await acquired.lease.release();
    }
  }

  private async localFile({ build, provider }: UploadJob): Promise<LocalImageFile | undefined> {
    const { localImages, imagesDir } = this.context;
    const files = await localImages.files(imagesDir, build.image, build.build);
    return files.find((file) => file.format === provider.imageFormat);
  }

  /** The build as it is now, or undefined when it goes away or somebody else has uploaded it. */
  private async stillDue({ build, provider }: UploadJob): Promise<ImageBuild | undefined> {
    const { builds, uploads } = this.context.records.images;
    const current = await builds.read(build);
    if (current?.state !== 'ready') return undefined;
    const others = await uploads.list({ image: build.image, build: build.build, provider: provider.name });
    return others.some((upload) => upload.value.state === 'ready') ? undefined : current;
  }

  private async upload(
    job: UploadJob,
    key: UploadKey,
    file: LocalImageFile,
    { images, lock }: { readonly images: ImageProvider; readonly lock: BuildLock },
    stop: AbortSignal,
  ): Promise<UploadEnd> {
    const { clock, logger, metrics } = this.context;
    const started = clock.monotonic();
    logger.info('Uploading an image', { ...key });
    let uploaded: Uploaded | undefined;
    try {
      uploaded = await this.send(job, key, file, images, stop);
      await this.hook(job, uploaded, file, stop);
      await this.storeReady(key, uploaded, file.format, lock, stop);
    } catch (error) {
      return this.fail(key, uploaded, { images, lock }, error, stop);
    }
    const name = imageUpdate(key.image, key.provider);
    metrics.timing(name, clock.monotonic() - started);
    metrics.count(name);
    logger.info('The image was uploaded', { ...key, externalId: uploaded.externalId });
    return { end: 'ready' };
  }

  private async send(
    job: UploadJob,
    key: UploadKey,
    file: LocalImageFile,
    images: ImageProvider,
    stop: AbortSignal,
  ): Promise<Uploaded> {
    const { clock } = this.context;
    const externalName = cloudImageName(job.provider.imageNameFormat, key, clock.now());
    const spec = {
      name: externalName,
      file: file.path,
      format: file.format,
      md5: file.md5,
      sha256: file.sha256,
      properties: cloudImageProperties(job.image, job.inProvider, key, this.context.records.installation.id),
    };
    const what = `uploading ${key.image} to ${key.provider}`;
    this.context.logger.debug('The file goes to the cloud', {
      ...key,
      file: file.path,
      format: file.format,
      externalName,
    });
    const externalId = await withDeadline(clock, job.provider.imageUploadTimeout, what, stop, (signal) =>
      images.upload(spec, signal),
    );
    return { externalId, externalName };
  }

  private async hook(job: UploadJob, uploaded: Uploaded, file: LocalImageFile, stop: AbortSignal): Promise<void> {
    const { provider } = job;
    const { clock } = this.context;
    const hook = provider.postUploadHook;
    if (hook === null) return;
    const call = { hook, provider: provider.name, externalId: uploaded.externalId, file: file.path };
    this.context.logger.debug('The hook is called', call);
    await withDeadline(clock, provider.imageUploadTimeout, `the hook of ${provider.name}`, stop, (signal) =>
      runUploadHook(call, this.context, signal),
    );
  }

  private async storeReady(
    key: UploadKey,
    uploaded: Uploaded,
    format: string,
    lock: BuildLock,
    stop: AbortSignal,
  ): Promise<void> {
    const { records } = this.context;
    const { uploads } = records.images;
    await persistLocked(this.context, stop, lock, async () => {
      const current = await uploads.read(key);
      if (current?.state === 'ready' && current.externalId === uploaded.externalId) return;
      // Somebody took us for dead and cleaned up: what we uploaded belongs to nobody.
      if (current?.state !== 'uploading')
        throw new RecordGoneError(`the record of upload ${key.upload} of ${key.build}`);
      assertUploadTransition(current.state, 'ready');
      this.context.logger.debug('The end of the upload is recorded', { ...key, ...uploaded });
      await uploads.update(key, { state: 'ready', ...uploaded, format });
    });
  }

  private async fail(
    key: UploadKey,
    uploaded: Uploaded | undefined,
    { images, lock }: { readonly images: ImageProvider; readonly lock: BuildLock },
    error: unknown,
    stop: AbortSignal,
  ): Promise<UploadEnd> {
    if (stop.aborted) return { end: 'stopped' };
    this.context.logger.error('The image could not be uploaded', { ...key, ...errorFields(error) });
    if (uploaded) await this.takeBack(key, uploaded, images, stop);
    await this.storeFailed(key, lock, stop);
    return { end: 'failed', problem: asError(error).message };
  }

  private async takeBack(
    key: UploadKey,
    { externalId }: Uploaded,
    images: ImageProvider,
    stop: AbortSignal,
  ): Promise<void> {
    const { clock, logger } = this.context;
    try {
      await withDeadline(clock, TAKE_BACK_TIMEOUT, `deleting image ${externalId}`, stop, (signal) =>
        images.remove(externalId, signal),
      );
    } catch (error) {
      logger.error('An image that cannot be used could not be deleted', { ...key, externalId, ...errorFields(error) });
    }
  }

  private async storeFailed(key: UploadKey, lock: BuildLock, stop: AbortSignal): Promise<void> {
    const { records, logger } = this.context;
    const { uploads } = records.images;
    try {
      await persistLocked(this.context, stop, lock, async () => {
        const current = await uploads.read(key);
        if (current?.state !== 'uploading') return;
        assertUploadTransition(current.state, 'failed');
        await uploads.update(key, { state: 'failed', externalId: null, externalName: null, format: null });
      });
    } catch (error) {
      logger.error('The failed upload could not be recorded; the cleanup will find it', {
        ...key,
        ...errorFields(error),
      });
    }
  }
}

function newRecord(build: ImageBuild, now: number): ImageUpload {
  return {
    state: 'uploading',
    stateTime: now,
    externalId: null,
    externalName: null,
    format: null,
    username: build.username,
    pythonPath: build.pythonPath,
    shellType: build.shellType,
    extra: {},
  };
}
