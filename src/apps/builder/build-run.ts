import type { DiskImageConfig } from '../../domain/config/config.js';
import { buildDue } from '../../domain/decide/build-due.js';
import type { BuildDecision } from '../../domain/decide/build-due.js';
import { assertBuildTransition } from '../../domain/lifecycle/image-lifecycle.js';
import type { BuildKey, ImageBuild } from '../../domain/model/image.js';
import type { Lease } from '../../ports/coordination/lease.js';
import type { BuildResult } from '../../ports/image-building/image-builder.js';
import type { LocalImageFile } from '../../ports/image-building/local-images.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { linkAbort } from '../../ports/toolkit/linked-abort.js';
import { reportBuild } from './build-metrics.js';
import { persist, persistLocked } from './persist.js';
import type { BuilderContext } from './services.js';

/** How an attempt to build ended. `superseded`: somebody else was faster. `busy`: somebody else is at it. */
export type BuildEnd =
  | { readonly end: 'ready'; readonly build: string }
  | { readonly end: 'failed'; readonly problem: string }
  | { readonly end: 'busy' | 'superseded' };

/** The session under which a build was made is over: its record may have been cleaned up. */
class SessionLostDuringBuild extends Error {
  readonly code = 'NP_SESSION_LOST_DURING_BUILD';
  override readonly name = 'SessionLostDuringBuild';
}

/** One attempt to build an image: lock, look again, build, record (spec BUILDER 2.4, 2.5). */
export class BuildRun {
  constructor(private readonly context: BuilderContext) {}

  /**
   * @param kill ends a running build at once
   * @param stop we are shutting down: the build goes on, but a store that is away is not waited for
   * Rejects only when the lock could not be asked for or the store could not be read.
   */
  async run(image: DiskImageConfig, seen: BuildDecision, kill: AbortSignal, stop: AbortSignal): Promise<BuildEnd> {
    const { builds } = this.context.records.images;
    const acquired = await builds.lockImage(image.name, { signal: stop });
    if ('refused' in acquired) return { end: 'busy' };
    try {
      if (!(await this.stillDue(image, seen))) return { end: 'superseded' };
      return await this.build(image, seen, acquired.lease, kill, stop);
    } finally {
      await acquired.lease.release();
    }
  }

  /** The mirror may lag behind: under the lock, the store itself counts. */
  private async stillDue(image: DiskImageConfig, seen: BuildDecision): Promise<boolean> {
    const { builds, view } = this.context.records.images;
    const now = buildDue({
      image,
      builds: await builds.list(image.name),
      paused: view.paused(image.name),
      requestedAt: view.buildRequested(image.name),
      backoff: undefined,
      now: this.context.clock.now(),
    });
    return now.verdict === 'build' && now.newest === seen.newest && now.kind === seen.kind;
  }

  private async build(
    image: DiskImageConfig,
    seen: BuildDecision,
    lease: Lease,
    kill: AbortSignal,
    stop: AbortSignal,
  ): Promise<BuildEnd> {
    const { logger, records, random, work } = this.context;
    const key: BuildKey = { image: image.name, build: random.hexId() };
    const leave = work.build(key);
    try {
      await records.images.builds.create(key, this.newRecord(image));
      logger.info('Building an image', { ...key, kind: seen.kind, because: seen.because });
      const outcome = await this.outcome(image, key, lease, kill);
      await this.store(key, image, outcome, lease, stop);
      if (outcome.problem !== null) {
        // The cleanup would do it when the failure has been shown long enough; until then a full disk would fail the other builds.
        await this.removeFiles(key);
        return { end: 'failed', problem: outcome.problem };
      }
      if (seen.kind === 'manual') await this.removeOrder(image.name, stop);
      return { end: 'ready', build: key.build };
    } catch (error) {
      await this.abandon(key, error);
      return { end: 'failed', problem: asError(error).message };
    } finally {
      leave();
    }
  }

  private newRecord(image: DiskImageConfig): ImageBuild {
    return {
      state: 'building',
      stateTime: this.context.clock.now(),
      builder: this.context.host.hostname,
      builderId: this.context.builderId,
      formats: [...image.formats].sort(),
      username: image.username,
      pythonPath: image.pythonPath,
      shellType: image.shellType,
      extra: {},
    };
  }

  /** Runs the command and judges it. A session that is lost meanwhile ends the build: its result could not be used. */
  private async outcome(
    image: DiskImageConfig,
    key: BuildKey,
    lease: Lease,
    kill: AbortSignal,
  ): Promise<{ readonly problem: string | null }> {
    const { clock, records, metrics } = this.context;
    const link = linkAbort(kill);
    const forget = records.session.onChange((event) => {
      const lost = event.state === 'lost' || event.generation !== lease.generation;
      if (lost) link.abort(new SessionLostDuringBuild('the session was lost during the build'));
    });
    try {
      const started = clock.monotonic();
      const result = await this.execute(image, key, link.signal);
      const files = await this.filesOf(key);
      const seconds = Math.round(clock.monotonic() - started);
      this.context.logger.debug('The build command has ended', { ...key, ...result, files, seconds });
      const problem = problemOf(image, result, files, link.signal);
      reportBuild(metrics, image, result, {
        files: problem === null ? files : [],
        duration: clock.monotonic() - started,
        now: clock.now(),
      });
      return { problem };
    } finally {
      forget();
      link.dispose();
    }
  }

  private async execute(image: DiskImageConfig, key: BuildKey, signal: AbortSignal): Promise<BuildResult> {
    const { config, imageBuilder, imagesDir, localImages } = this.context;
    const { buildLogDir, buildLogRetention, elementsDir } = config.current;
    try {
      const logFile = await localImages.openLog(buildLogDir, image.name, key.build, buildLogRetention);
      const { elements, formats, release } = image;
      this.context.logger.debug('The build command begins', { ...key, logFile, elements, formats, release });
      return await imageBuilder.build({ image, buildId: key.build, imagesDir, elementsDir, logFile }, signal);
    } catch (error) {
      return { outcome: 'not-started', exitCode: null, problem: asError(error).message };
    }
  }

  private filesOf(key: BuildKey): Promise<readonly LocalImageFile[]> {
    return this.context.localImages.files(this.context.imagesDir, key.image, key.build);
  }

  private async store(
    key: BuildKey,
    image: DiskImageConfig,
    outcome: { readonly problem: string | null },
    lease: Lease,
    stop: AbortSignal,
  ): Promise<void> {
    const { records, logger, host, builderId } = this.context;
    const { builds } = records.images;
    const state = outcome.problem === null ? 'ready' : 'failed';
    if (outcome.problem === null) logger.info('The image was built', { ...key, formats: image.formats });
    else logger.error('The image could not be built', { ...key, problem: outcome.problem });
    const lock = { lease, again: () => builds.lockImage(image.name) };
    await persistLocked(this.context, stop, lock, async () => {
      const current = await builds.read(key);
      if (current?.state === state) return;
      // Somebody took us for dead and began to clean up.
      if (current?.state !== 'building') throw new RecordGoneError(`the record of build ${key.image}-${key.build}`);
      assertBuildTransition(current.state, state);
      const formats = state === 'ready' ? [...image.formats].sort() : [];
      logger.debug('The end of the build is recorded', { ...key, state, formats });
      await builds.update(key, { state, builder: host.hostname, builderId, username: image.username, formats });
    });
  }

  /** The order goes only now: a failed build leaves it to be tried again. */
  private async removeOrder(image: string, stop: AbortSignal): Promise<void> {
    const { records, logger } = this.context;
    try {
      await persist(this.context, stop, () => records.images.orders.removeBuildRequest(image));
    } catch (error) {
      logger.warn('The order to build could not be removed: the image will be built once more', {
        image,
        ...errorFields(error),
      });
    }
  }

  /** No record, no owner: files that nobody knows would stay for ever (fixed upstream in 3.6). */
  private async abandon(key: BuildKey, error: unknown): Promise<void> {
    const { logger } = this.context;
    logger.error('The build could not be recorded; its files are removed', { ...key, ...errorFields(error) });
    await this.removeFiles(key);
  }

  private async removeFiles(key: BuildKey): Promise<void> {
    const { localImages, imagesDir, logger } = this.context;
    try {
      await localImages.remove(imagesDir, key.image, key.build);
    } catch (failure) {
      logger.error('The files could not be removed', { ...key, ...errorFields(failure) });
    }
  }
}

function problemOf(
  image: DiskImageConfig,
  result: BuildResult,
  files: readonly LocalImageFile[],
  signal: AbortSignal,
): string | null {
  if (signal.aborted) return asError(signal.reason).message;
  if (result.outcome !== 'built') return result.problem;
  const missing = image.formats.filter((format) => !files.some((file) => file.format === format));
  return missing.length === 0 ? null : `the command succeeded, but wrote no file for ${missing.join(', ')}`;
}
