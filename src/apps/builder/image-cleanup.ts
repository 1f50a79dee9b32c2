import type { LocalBuild } from '../../domain/decide/image-local-files.js';
import { buildKeyText, planRetention, uploadKeyText } from '../../domain/decide/image-retention.js';
import type { ImageAction } from '../../domain/decide/image-retention.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { Wakeup } from '../../ports/toolkit/wakeup.js';
import { CloudLeftovers } from './cloud-leftovers.js';
import { Holds } from './holds.js';
import { ImageActions } from './image-actions.js';
import { storeUsable } from './services.js';
import type { BuilderContext } from './services.js';

/** Ten-digit build ids are trusted only in names of known images (spec BUILDER 2.10.5). */
const UNIQUE_BUILD_ID = /^[0-9a-f]{32}$/;
/** Cleanup intervals that an older builder gets to remove its own build: it checks once an interval. */
const OWNER_PATIENCE = 3;
/** Cleanup intervals between two searches for images in the clouds that no record accounts for. */
const CLOUD_PATROL = 10;
/** A plan that rests on a mirror that lagged behind is made again after this many seconds. */
const MIRROR_LAG = 1;

/**
 * Removes what is not needed any more: plans on the mirror, carries out what is due, and plans again when something has changed.
 * What fails or is busy is left alone for a cleanup interval. Deletions in a cloud run in a lane of their own per provider, so that a
 * slow cloud holds up nobody else.
 */
export class ImageCleanup {
  readonly wakeup: Wakeup;
  private readonly holds: Holds;
  private readonly leftovers: CloudLeftovers;
  private readonly actions: ImageActions;
  private readonly lanes: Supervisor;
  private readonly busyLanes = new Set<string>();
  private lastSweep: number;
  private sweeps = 0;

  constructor(private readonly context: BuilderContext) {
    this.wakeup = new Wakeup(context.clock);
    this.holds = new Holds(context.clock);
    this.leftovers = new CloudLeftovers(context);
    this.actions = new ImageActions(context, this.leftovers);
    this.lanes = new Supervisor((name, error) => context.logger.error(`${name} failed`, errorFields(error)));
    this.lastSweep = context.clock.monotonic();
  }

  get status(): WorkerStatus {
    const doing = this.wakeup.awaited ? 'waits until something is due' : 'at work';
    return {
      worker: 'CleanupWorker',
      doing: `${doing}, ${this.sweeps} sweeps of clouds so far`,
      details: this.lanes.names,
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { intervals, logger } = this.context;
    try {
      while (!signal.aborted) {
        let wait = intervals.cleanup;
        try {
          if (storeUsable(this.context)) wait = Math.min(wait, await this.pass(signal));
        } catch (error) {
          logger.error('The image cleanup failed', errorFields(error));
        }
        await this.wakeup.wait(Math.max(wait, 0), signal);
      }
    } finally {
      await this.lanes.stop();
    }
  }

  /** Answers after how many seconds to look again if nothing happens. */
  private async pass(signal: AbortSignal): Promise<number> {
    const { clock, config, intervals, records } = this.context;
    const { view } = records.images;
    const local = await this.localBuilds();
    const plan = planRetention({
      images: view.images(),
      builds: view.builds(),
      uploads: view.uploads(),
      configured: config.current.diskImages,
      providers: config.current.providers,
      local,
      now: clock.now(),
      showFailures: intervals.cleanup,
      builderId: this.context.builderId,
      ownerPatience: OWNER_PATIENCE * intervals.cleanup,
    });
    let again = plan.again - clock.now();
    const lanes = new Map<string, ImageAction[]>();
    for (const action of plan.actions) {
      const held = this.held(action);
      if (held > 0) again = Math.min(again, held);
      else if (action.do === 'delete-upload')
        lanes.set(action.key.provider, [...(lanes.get(action.key.provider) ?? []), action]);
      else if (!signal.aborted && storeUsable(this.context))
        again = Math.min(again, await this.carryOut(action, signal));
    }
    for (const [provider, actions] of lanes) this.lane(provider, actions);
    this.sweepClouds();
    this.holds.tidy();
    return again;
  }

  private held(action: ImageAction): number {
    const { work } = this.context;
    if (action.do === 'reap-build' && work.isBuilding(action.key)) return Infinity;
    if (action.do === 'forget-upload' && work.isUploading(action.key)) return Infinity;
    return this.holds.left(subjectOf(action));
  }

  private lane(provider: string, actions: readonly ImageAction[]): void {
    if (this.busyLanes.has(provider)) return;
    this.busyLanes.add(provider);
    this.lanes.start(`deleting images in ${provider}`, async (signal) => {
      try {
        for (const action of actions) {
          if (signal.aborted || !storeUsable(this.context)) return;
          await this.carryOut(action, signal);
        }
      } finally {
        this.busyLanes.delete(provider);
        this.wakeup.wake();
      }
    });
  }

  /** Answers after how many seconds the action may be due again. */
  private async carryOut(action: ImageAction, signal: AbortSignal): Promise<number> {
    const { intervals, logger } = this.context;
    const subject = subjectOf(action);
    const facts = { action: action.do, ...action.key, because: action.because };
    try {
      const end = await this.actions.carryOut(action, signal);
      if (end === 'done') logger.info('Cleaned up', facts);
      const hold = end === 'busy' ? intervals.cleanup : Math.min(MIRROR_LAG, intervals.cleanup);
      this.holds.hold(subject, hold);
      return hold;
    } catch (error) {
      if (!signal.aborted) logger.warn('Cleaning up failed; it is tried again', { ...facts, ...errorFields(error) });
      this.holds.hold(subject, intervals.cleanup);
      return intervals.cleanup;
    }
  }

  private async localBuilds(): Promise<readonly LocalBuild[]> {
    const { config, imagesDir, localImages, logger, records, work } = this.context;
    const { view } = records.images;
    const known = new Set([...view.images(), ...config.current.diskImages.keys()]);
    const damaged = view.damaged().map((record) => record.path);
    try {
      const all = await localImages.all(imagesDir);
      const trusted = all.filter(({ image, buildId }) => UNIQUE_BUILD_ID.test(buildId) || known.has(image));
      return await Promise.all(
        trusted.map(async ({ image, buildId }) => {
          const wanted = config.current.diskImages.get(image)?.deleteAfterUpload ?? false;
          const files = wanted ? await localImages.files(imagesDir, image, buildId) : [];
          const key = { image, build: buildId };
          const unreadable = damaged.some((path) => path.includes(`/${image}/builds/${buildId}`));
          return { ...key, formats: files.map((file) => file.format), untouchable: unreadable || work.isBuilding(key) };
        }),
      );
    } catch (error) {
      logger.error('The images directory cannot be read', { imagesDir, ...errorFields(error) });
      return [];
    }
  }

  private sweepClouds(): void {
    const { clock, intervals, providers } = this.context;
    if (clock.monotonic() - this.lastSweep < intervals.cleanup) return;
    this.lastSweep = clock.monotonic();
    this.sweeps += 1;
    const patrol = this.sweeps % CLOUD_PATROL === 0 ? providers.names() : [];
    for (const name of new Set([...this.leftovers.providers(), ...patrol])) {
      const provider = providers.get(name);
      if (!provider || 'problem' in provider || !provider.images) continue;
      const { images } = provider;
      this.lanes.start(`leftovers in ${name}`, (signal) => this.leftovers.sweep(name, images, signal));
    }
  }
}

function subjectOf(action: ImageAction): string {
  switch (action.do) {
    case 'delete-upload':
    case 'forget-upload':
      return `${action.do} ${uploadKeyText(action.key)}`;
    case 'remove-image':
      return `${action.do} ${action.key.image}`;
    case 'remove-format':
      return `${action.do} ${buildKeyText(action.key)} ${action.format}`;
    default:
      return `${action.do} ${buildKeyText(action.key)}`;
  }
}
