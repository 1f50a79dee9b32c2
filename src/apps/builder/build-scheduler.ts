import type { DiskImageConfig } from '../../domain/config/config.js';
import { buildDue } from '../../domain/decide/build-due.js';
import type { BuildDecision } from '../../domain/decide/build-due.js';
import { newestReadyBuilds } from '../../domain/decide/image-recency.js';
import type { Decision } from '../../domain/explain/reason.js';
import type { StoredBuild } from '../../domain/model/image.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { Wakeup } from '../../ports/toolkit/wakeup.js';
import { Backoffs } from './backoffs.js';
import { BuildRun } from './build-run.js';
import type { BuildEnd } from './build-run.js';
import { Holds } from './holds.js';
import { storeUsable } from './services.js';
import type { BuilderContext } from './services.js';

/** In the images directory, in bytes. */
interface Room {
  readonly free: number;
  readonly need: number;
}

interface Candidate {
  readonly image: DiskImageConfig;
  readonly decision: BuildDecision;
}

/** Seconds after which a mirror that lagged behind has surely caught up. */
const MIRROR_LAG = 1;

/** Decides which image is built next, and builds up to `limit` images at once. */
export class BuildScheduler {
  readonly wakeup: Wakeup;
  private readonly running = new Set<string>();
  private readonly lastTried = new Map<string, number>();
  private readonly backoffs: Backoffs;
  private readonly holds: Holds;
  private readonly tasks: Supervisor;
  private readonly builder: BuildRun;
  private readonly killed = new AbortController();
  private full = false;

  constructor(
    private readonly context: BuilderContext,
    private readonly limit: number,
  ) {
    this.wakeup = new Wakeup(context.clock);
    this.backoffs = new Backoffs(context.intervals.build);
    this.holds = new Holds(context.clock);
    this.builder = new BuildRun(context);
    this.tasks = new Supervisor((name, error) => context.logger.error(`${name} failed`, errorFields(error)));
  }

  get status(): WorkerStatus {
    const doing = this.wakeup.awaited ? 'waits until something is due' : 'at work';
    return {
      worker: 'BuildWorkers',
      doing: `${doing}, ${this.running.size} of ${this.limit} busy`,
      details: this.tasks.names,
    };
  }

  /** Starts builds until aborted; builds that run then go on, see `finish`. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let wait = this.context.intervals.build;
      try {
        wait = Math.min(wait, await this.pass(signal));
      } catch (error) {
        this.context.logger.error('Looking for due builds failed', errorFields(error));
      }
      await this.wakeup.wait(wait, signal);
    }
  }

  /** Resolves when the last running build has ended. With `kill` they are ended now. */
  async finish(kill: boolean): Promise<void> {
    if (kill) this.killed.abort(new Error('the builder is stopping'));
    await this.tasks.stop();
  }

  /** Starts what is due and possible. Answers after how many seconds to look again if nothing happens. */
  private async pass(signal: AbortSignal): Promise<number> {
    const { config } = this.context;
    for (;;) {
      if (signal.aborted || this.running.size >= this.limit || !storeUsable(this.context)) return Infinity;
      await config.reload();
      const room = await this.room();
      const { next, again } = this.choose(room);
      if (!next) return again;
      if (signal.aborted || !storeUsable(this.context)) return again;
      this.start(next);
    }
  }

  /** The due image that was tried longest ago; the order of the configuration decides among equals. */
  private choose(room: Room): { readonly next: Candidate | undefined; readonly again: number } {
    const now = this.context.clock.now();
    let again = Infinity;
    const due: Candidate[] = [];
    for (const image of this.context.config.current.diskImages.values()) {
      if (this.running.has(image.name)) continue;
      const decision = this.decide(image, now);
      again = Math.min(again, decision.again - now);
      const held = this.holds.left(image.name);
      if (decision.verdict !== 'build') this.record(image.name, decision);
      else if (held > 0) {
        this.record(image.name, busy(image.name));
        again = Math.min(again, held);
      } else {
        this.record(
          image.name,
          room.free < room.need ? { verdict: 'wait', because: [{ code: 'DISK_FULL', ...room }] } : decision,
        );
        due.push({ image, decision });
      }
    }
    if (this.isFull(room, due)) return { next: undefined, again: Math.max(again, 0) };
    due.sort((a, b) => (this.lastTried.get(a.image.name) ?? 0) - (this.lastTried.get(b.image.name) ?? 0));
    return { next: due[0], again: Math.max(again, 0) };
  }

  private decide(image: DiskImageConfig, now: number): BuildDecision {
    const { view } = this.context.records.images;
    return buildDue({
      image,
      builds: view.builds(image.name),
      paused: view.paused(image.name),
      requestedAt: view.buildRequested(image.name),
      backoff: this.backoffs.get(image.name, basis(image, view.builds(image.name))),
      now,
    });
  }

  private async room(): Promise<Room> {
    const { config, localImages, imagesDir, minFreeBytes } = this.context;
    const need = config.current.imagesMinFree ?? minFreeBytes;
    return { free: need > 0 ? await localImages.freeBytes(imagesDir) : Infinity, need };
  }

  /** Is there too little room for what is due? Said once, not in every pass. */
  private isFull({ free, need }: Room, due: readonly Candidate[]): boolean {
    const [first] = due;
    const full = free < need && first !== undefined;
    if (full && !this.full) {
      const fields = { image: first.image.name, free, need };
      this.context.logger.warn('Too little room in the images directory to build', fields);
    }
    this.full = full;
    return full;
  }

  private start(candidate: Candidate): void {
    const { name } = candidate.image;
    this.running.add(name);
    this.lastTried.set(name, this.context.clock.monotonic() + 1);
    this.tasks.start(`building ${name}`, async (stop) => {
      try {
        this.conclude(candidate, await this.builder.run(candidate.image, candidate.decision, this.killed.signal, stop));
      } catch (error) {
        if (stop.aborted) return;
        this.context.logger.error('The build could not be begun', { image: name, ...errorFields(error) });
        this.conclude(candidate, { end: 'failed', problem: asError(error).message });
      } finally {
        this.running.delete(name);
        this.wakeup.wake();
      }
    });
  }

  private conclude({ image }: Candidate, end: BuildEnd): void {
    const { clock, intervals, records } = this.context;
    const { view } = records.images;
    switch (end.end) {
      case 'ready':
        return this.backoffs.succeeded(image.name);
      case 'busy':
        return this.holds.hold(image.name, intervals.build);
      case 'superseded':
        return this.holds.hold(image.name, Math.min(MIRROR_LAG, intervals.build));
      case 'failed':
        this.backoffs.failed(image.name, basis(image, view.builds(image.name)), clock.now(), end.problem);
    }
  }

  private record(image: string, { verdict, because }: Decision<string>): void {
    const { journal, host, problems } = this.context;
    journal.record({ kind: 'image', id: image, decider: host.hostname }, { verdict, because });
    problems.note(image, null, { verdict, because });
  }
}

/** A failed build is tried again at once when its recipe changes, and the count begins anew when somebody else succeeds. */
function basis(image: DiskImageConfig, builds: readonly StoredBuild[]): unknown {
  return [image, newestReadyBuilds(builds, 1)[0]?.build];
}

function busy(image: string): Decision<'wait'> {
  return { verdict: 'wait', because: [{ code: 'IN_PROGRESS', subject: image }] };
}
