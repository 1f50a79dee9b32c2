import type { DiskImageConfig, ProviderConfig, ProviderImageConfig } from '../../domain/config/config.js';
import { newestReadyBuilds } from '../../domain/decide/image-recency.js';
import { uploadDue } from '../../domain/decide/upload-due.js';
import type { UploadDecision } from '../../domain/decide/upload-due.js';
import type { StoredBuild } from '../../domain/model/image.js';
import type { ImageProvider } from '../../ports/compute/images.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { Wakeup } from '../../ports/toolkit/wakeup.js';
import { Backoffs } from './backoffs.js';
import { Holds } from './holds.js';
import { storeUsable } from './services.js';
import type { BuilderContext } from './services.js';
import { UploadRun } from './upload-run.js';
import type { UploadEnd, UploadJob } from './upload-run.js';

interface Candidate extends UploadJob {
  readonly images: ImageProvider;
  /** `<image> <provider>`: one upload of an image to a provider at a time. */
  readonly subject: string;
}

const MIRROR_LAG = 1;

/** Decides what is uploaded next and where, and runs up to `limit` uploads at once. */
export class UploadScheduler {
  readonly wakeup: Wakeup;
  /** Subjects under way, with their provider. */
  private readonly running = new Map<string, string>();
  private readonly lastTried = new Map<string, number>();
  private readonly backoffs: Backoffs;
  private readonly holds: Holds;
  private readonly tasks: Supervisor;
  private readonly uploader: UploadRun;

  constructor(
    private readonly context: BuilderContext,
    private readonly limit: number,
  ) {
    this.wakeup = new Wakeup(context.clock);
    this.backoffs = new Backoffs(context.intervals.upload);
    this.holds = new Holds(context.clock);
    this.uploader = new UploadRun(context);
    this.tasks = new Supervisor((name, error) => context.logger.error(`${name} failed`, errorFields(error)));
  }

  get status(): WorkerStatus {
    const doing = this.wakeup.awaited ? 'waits until something is due' : 'at work';
    return {
      worker: 'UploadWorkers',
      doing: `${doing}, ${this.running.size} of ${this.limit} busy`,
      details: this.tasks.names,
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let wait = this.context.intervals.upload;
      try {
        wait = Math.min(wait, await this.pass(signal));
      } catch (error) {
        this.context.logger.error('Looking for due uploads failed', errorFields(error));
      }
      await this.wakeup.wait(wait, signal);
    }
  }

  /** Ends running uploads; their records stay for the cleanup (spec BUILDER 2.14). */
  async abort(): Promise<void> {
    await this.tasks.stop(new Error('the builder is stopping'));
  }

  private async pass(signal: AbortSignal): Promise<number> {
    for (;;) {
      if (signal.aborted || this.running.size >= this.limit || !storeUsable(this.context)) return Infinity;
      await this.context.config.reload();
      const { next, again } = await this.choose();
      if (!next) return again;
      if (signal.aborted || !storeUsable(this.context)) return again;
      this.start(next);
    }
  }

  /** The due upload that was tried longest ago, so that a broken provider comes last, among providers that have room. */
  private async choose(): Promise<{ readonly next: Candidate | undefined; readonly again: number }> {
    const { clock, config } = this.context;
    const now = clock.now();
    let again = Infinity;
    const due: Candidate[] = [];
    for (const provider of config.current.providers.values()) {
      if (!provider.managesImages) continue;
      for (const inProvider of provider.diskImages.values()) {
        const image = config.current.diskImages.get(inProvider.name);
        if (!image) continue;
        const check = await this.check(provider, image, inProvider, now);
        again = Math.min(again, check.again);
        if (check.candidate && !this.providerFull(provider.name)) due.push(check.candidate);
      }
    }
    due.sort((a, b) => (this.lastTried.get(a.subject) ?? 0) - (this.lastTried.get(b.subject) ?? 0));
    return { next: due[0], again: Math.max(again, 0) };
  }

  /** A hanging provider may take half of the workers as long as there are others, never all. */
  private providerFull(name: string): boolean {
    const providers = [...this.context.config.current.providers.values()].filter((provider) => provider.managesImages);
    if (providers.length < 2) return false;
    const used = [...this.running.values()].filter((provider) => provider === name).length;
    return used >= Math.max(1, Math.ceil(this.limit / 2));
  }

  private async check(
    provider: ProviderConfig,
    image: DiskImageConfig,
    inProvider: ProviderImageConfig,
    now: number,
  ): Promise<{ readonly candidate?: Candidate; readonly again: number }> {
    const { view } = this.context.records.images;
    const subject = `${image.name} ${provider.name}`;
    if (this.running.has(subject)) return { again: Infinity };
    const newest = newestReadyBuilds(view.builds(image.name), 1)[0];
    const images = this.imagesOf(provider.name);
    const facts = {
      provider,
      image: inProvider,
      newest,
      uploads: newest ? view.uploads({ image: image.name, build: newest.build, provider: provider.name }) : [],
      problem: typeof images === 'string' ? images : null,
      backoff: this.backoffs.get(subject, basis(provider, image, newest)),
      now,
    };
    let decision = uploadDue({ ...facts, localFormats: null });
    if (decision.verdict === 'upload' && newest) {
      decision = uploadDue({ ...facts, localFormats: await this.localFormats(newest) });
    }
    this.record(image.name, provider.name, decision);
    if (decision.verdict !== 'upload' || !newest || typeof images === 'string') return { again: decision.again - now };
    const held = this.holds.left(subject);
    if (held > 0) return { again: held };
    return { candidate: { provider, image, inProvider, build: newest, images, subject }, again: Infinity };
  }

  /** The provider's image store, or why it cannot be used. */
  private imagesOf(name: string): ImageProvider | string {
    const provider = this.context.providers.get(name);
    if (!provider) return 'not started yet';
    if ('problem' in provider) return provider.problem;
    return provider.images ?? 'its driver keeps no images';
  }

  private async localFormats({ image, build }: StoredBuild): Promise<readonly string[]> {
    const { localImages, imagesDir } = this.context;
    return (await localImages.files(imagesDir, image, build)).map((file) => file.format);
  }

  private start(candidate: Candidate): void {
    const { subject, provider } = candidate;
    this.running.set(subject, provider.name);
    this.lastTried.set(subject, this.context.clock.monotonic() + 1);
    this.tasks.start(`uploading ${subject}`, async (stop) => {
      try {
        this.conclude(candidate, await this.uploader.run(candidate, candidate.images, stop));
      } catch (error) {
        if (stop.aborted) return;
        this.context.logger.error('The upload could not be begun', { subject, ...errorFields(error) });
        this.conclude(candidate, { end: 'failed', problem: asError(error).message });
      } finally {
        this.running.delete(subject);
        this.wakeup.wake();
      }
    });
  }

  private conclude({ subject, provider, image, build }: Candidate, end: UploadEnd): void {
    const { clock, intervals } = this.context;
    switch (end.end) {
      case 'ready':
        return this.backoffs.succeeded(subject);
      case 'failed':
        this.backoffs.failed(subject, basis(provider, image, build), clock.now(), end.problem);
        return;
      case 'busy':
      case 'not-here':
        return this.holds.hold(subject, intervals.upload);
      case 'superseded':
        return this.holds.hold(subject, Math.min(MIRROR_LAG, intervals.upload));
      case 'stopped':
        return;
    }
  }

  private record(image: string, provider: string, { verdict, because }: UploadDecision): void {
    const { journal, problems } = this.context;
    journal.record({ kind: 'image', id: image, decider: provider }, { verdict, because });
    problems.note(image, provider, { verdict, because });
  }
}

/** A failed upload is tried again at once when one of these changes. */
function basis(provider: ProviderConfig, image: DiskImageConfig, newest: StoredBuild | undefined): unknown {
  return [provider, image, newest?.build];
}
