import type { NodepoolConfig, PoolConfig } from '../../domain/config/config.js';
import type { LauncherInsights } from '../../ports/administration/launcher-insights.js';
import type { Announcement, ProcessAnnouncement } from '../../ports/records/launchers.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { KeyedTasks } from '../../ports/toolkit/keyed-tasks.js';
import type { Supervisor } from '../../ports/toolkit/supervisor.js';
import { keepInstallationKnown } from '../../ports/toolkit/keep-installation-known.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { StatusSource, WorkerStatus } from '../../ports/telemetry/status.js';
import { StaticMachineKeeper, staticProviders } from './static-machines.js';
import type { LostRequests } from './lost-requests.js';
import type { MinReadyKeepers } from './min-ready-keepers.js';
import type { NodeReaper } from './node-reaper.js';
import type { PoolContext } from './pool-context.js';
import { PoolWorker } from './pool-worker.js';
import type { ProviderDrain } from './provider-drain.js';
import { RecentTurnover } from './recent-turnover.js';
import { RosterInsights } from './roster-insights.js';
import type { RoutineCleanup } from './routine-cleanup.js';
import type { StatsReporter } from './stats-reporter.js';

/** What a launcher is made of. */
export interface LauncherParts {
  /** Owns what runs as long as the launcher. */
  readonly tasks: Supervisor;
  readonly pools: PoolContext;
  readonly drain: ProviderDrain;
  readonly minReady: MinReadyKeepers;
  readonly reaper: NodeReaper;
  readonly lost: LostRequests;
  readonly routine: RoutineCleanup;
  readonly stats: StatsReporter;
}

/** The launcher process: pool workers, cleanup, min-ready and statistics on one session (spec LAUNCHER 2.1). */
export class Launcher implements StatusSource {
  /** For questions. */
  readonly insights: LauncherInsights;
  private readonly recent: RecentTurnover;
  private readonly pools: KeyedTasks;
  private readonly fixed: KeyedTasks;
  private readonly unsubscribe: (() => void)[] = [];
  private announcement: Announcement<ProcessAnnouncement> | null = null;
  private running = false;

  constructor(private readonly parts: LauncherParts) {
    const { clock, logger } = parts.pools.services;
    this.recent = new RecentTurnover(clock);
    this.insights = new RosterInsights(parts.pools.roster, this.recent, clock);
    this.fixed = new KeyedTasks(clock, (key, error) => logger.error(`Machines of ${key} failed`, errorFields(error)));
    this.pools = new KeyedTasks(clock, (key, error) => logger.error(`Pool worker ${key} failed`, errorFields(error)));
  }

  private get services(): PoolContext['services'] {
    return this.parts.pools.services;
  }

  /** All providers of the configuration have been started once, well or badly, and the mirrors are complete. */
  get ready(): boolean {
    const { records, config } = this.services;
    const { drivers } = this.parts.pools;
    const started = [...config.current.providers.keys()].every((name) => drivers.of(name) !== undefined);
    return this.running && started && records.nodes.view.complete && records.requests.view.complete;
  }

  status(): readonly WorkerStatus[] {
    const { tasks, pools, reaper, minReady } = this.parts;
    const session = `session ${this.services.records.session.state}`;
    const doing = this.running ? `runs, ${session}` : `starting or stopping, ${session}`;
    return [
      { worker: 'Launcher', doing, details: tasks.names },
      ...pools.roster.statuses,
      reaper.status,
      minReady.status,
      { worker: 'FixedMachines', doing: 'registers machines', details: this.fixed.keys },
    ];
  }

  /** Resolves when the mirrors are complete and the workers run. */
  async start(signal?: AbortSignal): Promise<void> {
    const { records, config, host, version } = this.services;
    await records.open(['nodes', 'requests', 'images', 'launchers', 'builders', 'leases'], signal);
    await records.installation.learn(signal);
    this.announcement = await records.launchers.announceProcess({
      kind: 'launcher',
      hostname: host.hostname,
      version,
      state: 'running',
    });
    this.subscribe();
    this.startTasks();
    this.apply(config.current);
    this.running = true;
  }

  /** Lets everything go: waiting requests are put back, registrations withdrawn. Does not wait for launches (spec LAUNCHER 2.12). */
  async stop(): Promise<void> {
    const { tasks, minReady, pools } = this.parts;
    this.running = false;
    this.unsubscribe.splice(0).forEach((undo) => undo());
    await Promise.all([this.pools.stop(), minReady.stop(), this.fixed.stop(), tasks.stop()]);
    await this.services.records.turns.letGo();
    await this.services.providers.stop();
    await this.announcement?.withdraw();
    pools.index.close();
  }

  private subscribe(): void {
    const { records, config, providers } = this.services;
    const { drain } = this.parts;
    const { wake } = this.parts.pools.hub;
    this.unsubscribe.push(
      records.nodes.view.onChange(wake),
      records.nodes.view.onChange((change) => this.recent.note(change)),
      records.images.view.onChange(wake),
      records.launchers.view.onChange(wake),
      records.session.onChange(wake),
      providers.onChange(wake),
      records.nodes.view.onChange((change) => change.kind === 'removed' && drain.reconcile()),
      records.launchers.view.onChange(() => drain.reconcile()),
      providers.onChange(() => this.keepMachines()),
      config.onChange((changed) => this.apply(changed)),
    );
  }

  private startTasks(): void {
    const { tasks, reaper, lost, routine, stats } = this.parts;
    const { records, clock } = this.services;
    tasks.start('the id of the installation', (signal) => keepInstallationKnown(records, clock, signal));
    tasks.start('the node reaper', (signal) => reaper.run(signal));
    tasks.start('the search for lost requests', (signal) => lost.run(signal));
    tasks.start('the routine cleanup', (signal) => routine.run(signal));
    tasks.start('the node statistics', (signal) => stats.runElected(signal));
    tasks.start('the limit statistics', (signal) => stats.runLimits(signal));
    tasks.start('the configuration check', (signal) => this.watchConfig(signal));
  }

  private async watchConfig(signal: AbortSignal): Promise<void> {
    const { clock, config, intervals } = this.services;
    const pass = async (): Promise<number> => {
      await config.reload();
      return intervals.configCheck;
    };
    await new ControlLoop(clock).run({ begin: (inner) => sleep(clock, intervals.configCheck, inner), pass }, signal);
  }

  private apply(config: NodepoolConfig): void {
    try {
      this.services.providers.apply(config, (name) => this.parts.drain.needed(name));
    } catch (error) {
      this.services.logger.error('The new configuration could not be applied', errorFields(asError(error)));
    }
    const wanted = new Map<string, PoolConfig>();
    for (const provider of config.providers.values()) {
      for (const pool of provider.pools.values()) {
        wanted.set(JSON.stringify([provider.name, pool.name]), pool);
      }
    }
    this.pools.keep(wanted.keys(), async (key, signal) => {
      const pool = wanted.get(key);
      if (!pool) return;
      const worker = new PoolWorker(this.parts.pools, pool.provider, pool.name);
      const leave = this.parts.pools.roster.enter(worker);
      try {
        await worker.run(signal);
      } finally {
        leave();
      }
    });
    this.parts.minReady.apply(config);
    this.keepMachines();
    this.parts.pools.hub.wake();
  }

  /** Machines that exist by themselves are registered by the one elected among all launchers. */
  private keepMachines(): void {
    this.fixed.keep(staticProviders(this.services), (provider, signal) =>
      new StaticMachineKeeper(this.services, provider).run(signal),
    );
  }
}
