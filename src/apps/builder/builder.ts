import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { keepInstallationKnown } from '../../ports/toolkit/keep-installation-known.js';
import type { StatusSource, WorkerStatus } from '../../ports/telemetry/status.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { Announcement, ProcessAnnouncement } from '../../ports/records/launchers.js';
import { ProviderManager } from '../providers/provider-manager.js';
import { BuildScheduler } from './build-scheduler.js';
import { BuilderConfigError, builderConfigProblem } from './builder-config-check.js';
import { BuilderGauges } from './builder-gauges.js';
import { ImageCleanup } from './image-cleanup.js';
import { BuilderProblems } from './builder-problems.js';
import { DEFAULT_BUILDER_INTERVALS, DEFAULT_BUILDER_WORKERS } from './services.js';
import type { BuilderContext, BuilderIntervals, BuilderOptions, BuilderServices, BuilderWorkers } from './services.js';
import { UploadScheduler } from './upload-scheduler.js';
import { WorkInProgress } from './work-in-progress.js';

/** Gauges are sent again after this many seconds even if nothing has changed. */
const REPORT_INTERVAL = 60;

/** The parts of a running builder. */
interface Parts {
  readonly context: BuilderContext;
  readonly builds: BuildScheduler;
  readonly uploads: UploadScheduler;
  readonly cleanup: ImageCleanup;
  readonly gauges: BuilderGauges;
}

/** Builds disk images, uploads them to clouds, and removes what is not needed any more (spec BUILDER 2). */
export class Builder implements StatusSource {
  private readonly loops: Supervisor;
  private readonly providers: ProviderManager;
  private readonly intervals: BuilderIntervals;
  private readonly workers: BuilderWorkers;
  private readonly unsubscribe: (() => void)[] = [];
  private readonly stopping = new AbortController();
  private begun = false;
  private parts: Parts | undefined;
  private announcement: Announcement<ProcessAnnouncement> | undefined;

  constructor(
    private readonly services: BuilderServices,
    private readonly options: BuilderOptions = {},
  ) {
    const { clock, drivers, logger, metrics, random, records } = services;
    this.intervals = { ...DEFAULT_BUILDER_INTERVALS, ...options.intervals };
    this.workers = { ...DEFAULT_BUILDER_WORKERS, ...options.workers };
    this.loops = new Supervisor((name, error) => logger.error(`${name} failed`, errorFields(error)));
    this.providers = new ProviderManager({
      drivers,
      context: {
        clock,
        random,
        metrics,
        logger: logger.child('provider'),
        installation: () => records.installation.id,
      },
      wanted: (provider) => provider.managesImages,
    });
  }

  /**
   * Resolves when the mirror is complete and everything runs. Waits for the store for ever, or until `stop`.
   * @throws BuilderConfigError without an images directory; Error when it runs already
   */
  async start(): Promise<void> {
    if (this.begun) throw new Error('Cannot start, already running.');
    this.begun = true;
    const { records } = this.services;
    const context = await this.makeContext();
    await records.open(['images'], this.stopping.signal);
    await records.images.view.ready(this.stopping.signal);
    await records.installation.learn(this.stopping.signal);
    const parts: Parts = {
      context,
      builds: new BuildScheduler(context, this.workers.build),
      uploads: new UploadScheduler(context, this.workers.upload),
      cleanup: new ImageCleanup(context),
      gauges: new BuilderGauges(context, this.workers),
    };
    this.parts = parts;
    this.subscribe(parts);
    this.providers.apply(context.config.current);
    this.startLoops(parts);
    this.announce(context.problems);
  }

  status(): readonly WorkerStatus[] {
    const state = this.stopping.signal.aborted ? 'stopping' : this.parts ? 'runs' : 'starting';
    const doing = `${state}, session ${this.services.records.session.state}`;
    const parts = this.parts ? [this.parts.builds.status, this.parts.uploads.status, this.parts.cleanup.status] : [];
    return [{ worker: 'Builder', doing, details: this.loops.names }, ...parts];
  }

  /**
   * Starts nothing more, waits for running builds (or ends them with `killBuilds`), then cuts off uploads. The store stays open.
   * Idempotent.
   */
  async stop({ killBuilds = false }: { readonly killBuilds?: boolean } = {}): Promise<void> {
    this.stopping.abort(new Error('the builder is stopping'));
    for (const undo of this.unsubscribe.splice(0)) undo();
    await this.loops.stop();
    // Uploads may go on for as long as a build keeps us here anyway.
    await this.parts?.builds.finish(killBuilds);
    await this.parts?.uploads.abort();
    await this.announcement?.withdraw();
    await this.providers.stop();
  }

  private async makeContext(): Promise<BuilderContext> {
    const { drivers: _drivers, ...services } = this.services;
    const { imagesDir } = services.config.current;
    const problem = builderConfigProblem(services.config.current, { zookeeper: false });
    if (problem !== null || imagesDir === null) throw new BuilderConfigError(problem ?? 'no images-dir');
    const builderId = await services.localImages.builderId(imagesDir);
    return {
      ...services,
      providers: this.providers,
      intervals: this.intervals,
      imagesDir,
      builderId,
      minFreeBytes: this.options.minFreeBytes ?? services.imageBuilder.leastRoom ?? 0,
      work: new WorkInProgress(),
      problems: new BuilderProblems(),
    };
  }

  /** Whatever changes is looked at by everybody: a look at the mirror is cheap. */
  private subscribe({ context, builds, uploads, cleanup, gauges }: Parts): void {
    const { config, records, work } = context;
    const wakeAll = (): void => {
      builds.wakeup.wake();
      uploads.wakeup.wake();
      cleanup.wakeup.wake();
      gauges.report(false);
    };
    this.unsubscribe.push(
      records.images.view.onChange(wakeAll),
      records.session.onChange(wakeAll),
      this.providers.onChange(wakeAll),
      work.onChange(() => gauges.report(false)),
      config.onChange((current) => {
        this.providers.apply(current);
        context.problems.retain(current);
        wakeAll();
      }),
    );
  }

  private startLoops({ context, builds, uploads, cleanup, gauges }: Parts): void {
    const { clock, config, records } = context;
    this.loops.start('the id of the installation', (signal) => keepInstallationKnown(records, clock, signal));
    if (this.workers.build > 0) this.loops.start('the build line', (signal) => builds.run(signal));
    if (this.workers.upload > 0) this.loops.start('the upload line', (signal) => uploads.run(signal));
    if (this.intervals.cleanup > 0) this.loops.start('the image cleanup', (signal) => cleanup.run(signal));
    this.loops.start('the configuration check', async (signal) => {
      for (;;) {
        await sleep(clock, this.intervals.configCheck, signal);
        await config.reload();
        gauges.reportConfiguration();
      }
    });
    this.loops.start('the gauges', async (signal) => {
      for (;;) {
        gauges.report(true);
        await sleep(clock, REPORT_INTERVAL, signal);
      }
    });
  }

  /** So that operators see us, and what we cannot do, in the registry. Neither the work nor the end waits for a store that is away. */
  private announce(problems: BuilderProblems): void {
    const { host, logger, records, version } = this.services;
    const process = { kind: 'builder', hostname: host.hostname, version, state: 'running' } as const;
    const complain = (error: unknown): void => logger.warn('The builder could not be registered', errorFields(error));
    records.launchers.announceProcess(process).then((announcement) => {
      if (this.stopping.signal.aborted) return announcement.withdraw();
      this.announcement = announcement;
      const tell = (): void => void announcement.update({ imageProblems: problems.all() }).catch(complain);
      this.unsubscribe.push(problems.onChange(tell));
      tell();
      return undefined;
    }, complain);
  }
}
