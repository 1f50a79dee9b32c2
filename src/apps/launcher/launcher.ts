import type { NodepoolConfig, PoolConfig } from '../../domain/config/config.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import type { RequestId } from '../../domain/model/request.js';
import type { Resources } from '../../domain/model/quota.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { Announcement, ProcessAnnouncement } from '../../ports/records/launchers.js';
import { asError, sleep } from '../../ports/runtime/clock.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { StatusSource, WorkerStatus } from '../../ports/telemetry/status.js';
import { Supervisor } from '../../ports/runtime/supervisor.js';
import type { ProviderProblem } from '../providers/managed-provider.js';
import { FixedMachinesKeeper, fixedProviders } from './fixed-machines.js';
import { KeyedTasks } from '../../ports/runtime/keyed-tasks.js';
import { LaunchGovernors } from './launch-governor.js';
import { LeakedInstances } from './leaked-instances.js';
import { LimitGuard } from './limit-guard.js';
import { LostRequests } from './lost-requests.js';
import { MinReadyKeepers } from './min-ready-keepers.js';
import type { Acquired, AcquisitionFor } from './node-acquisition.js';
import { NodeAcquisition } from './node-acquisition.js';
import { NodeIndex } from './node-index.js';
import { NodeReaper } from './node-reaper.js';
import type { PoolIdentity, PoolSurroundings } from './pool-surroundings.js';
import { PoolWorker } from './pool-worker.js';
import { ProviderCapacity } from './provider-capacity.js';
import { ProviderDrain } from './provider-drain.js';
import type { Reservation } from './reservation.js';
import { Reservations } from './reservations.js';
import { RoutineCleanup } from './routine-cleanup.js';
import type { LauncherServices } from './services.js';
import { StatsReporter } from './stats-reporter.js';
import { UnusedNodes } from './unused-nodes.js';

const UNCONFIGURED: ProviderProblem = { problem: 'it is not configured any more', lasting: true };
const STARTING: ProviderProblem = { problem: 'it is starting' };

/** The launcher process: pool workers, cleanup, min-ready and statistics on one session (spec LAUNCHER 2.1). */
export class Launcher implements PoolSurroundings, StatusSource {
  readonly index: NodeIndex;
  readonly reservations = new Reservations();
  readonly capacity: ProviderCapacity;
  readonly governors: LaunchGovernors;
  private readonly tasks: Supervisor;
  private readonly workers = new Map<string, PoolWorker>();
  private readonly pools: KeyedTasks;
  private readonly minReady: MinReadyKeepers;
  private readonly fixed: KeyedTasks;
  private readonly acquisition: NodeAcquisition;
  private readonly unused: UnusedNodes;
  private readonly drain: ProviderDrain;
  /** Of all pool workers this process ever had. */
  private readonly ownIds = new Set<string>();
  private readonly unsubscribe: (() => void)[] = [];
  private announcement: Announcement<ProcessAnnouncement> | null = null;
  private reaper: NodeReaper | null = null;
  private running = false;

  constructor(readonly services: LauncherServices) {
    const { records, logger, clock } = services;
    this.tasks = new Supervisor((name, error) => logger.error(`${name} failed`, errorFields(error)));
    this.governors = new LaunchGovernors(services, this.tasks, () => this.wakeAll());
    this.capacity = new ProviderCapacity(services, this.governors, this.tasks, () => this.wakeAll());
    const estimate = (provider: string, pool: string | null, label: string | undefined): Resources =>
      this.resourcesOf(provider, pool ?? '', label ?? '');
    this.index = new NodeIndex(records.nodes.view, estimate);
    const guard = new LimitGuard(services, this.index, (id) => this.ownIds.has(id));
    this.acquisition = new NodeAcquisition(services, this.capacity, this.governors, guard, estimate);
    this.unused = new UnusedNodes(services, this.tasks, this.index, () => this.wakeAll());
    this.drain = new ProviderDrain(services, (id) => this.ownIds.has(id));
    this.minReady = new MinReadyKeepers(services);
    this.fixed = new KeyedTasks(clock, (key, error) => logger.error(`Machines of ${key} failed`, errorFields(error)));
    this.pools = new KeyedTasks(clock, (key, error) => logger.error(`Pool worker ${key} failed`, errorFields(error)));
  }

  /** All providers of the configuration have been started once, well or badly, and the mirrors are complete. */
  get ready(): boolean {
    const { records, config } = this.services;
    const started = [...config.current.providers.keys()].every((name) => this.driver(name) !== undefined);
    return this.running && started && records.nodes.view.complete && records.requests.view.complete;
  }

  status(): readonly WorkerStatus[] {
    const { records } = this.services;
    const session = `session ${records.session.state}`;
    return [
      {
        worker: 'Launcher',
        doing: this.running ? `runs, ${session}` : `starting or stopping, ${session}`,
        details: this.tasks.names,
      },
      ...[...this.workers.values()].map((worker) => worker.status),
      ...(this.reaper ? [this.reaper.status] : []),
      this.minReady.status,
      { worker: 'FixedMachines', doing: 'registers machines', details: this.fixed.keys },
    ];
  }

  /** Resolves when the mirrors are complete and the workers run. */
  async start(signal?: AbortSignal): Promise<void> {
    const { records, config, host, version, providers } = this.services;
    await records.open(['nodes', 'requests', 'images', 'launchers', 'builders', 'leases'], signal);
    await records.installation.learn(signal);
    this.announcement = await records.launchers.announceProcess({
      kind: 'launcher',
      hostname: host.hostname,
      version,
      state: 'running',
    });
    const wake = (): void => this.wakeAll();
    this.unsubscribe.push(
      records.nodes.view.onChange(wake),
      records.images.view.onChange(wake),
      records.launchers.view.onChange(wake),
      records.session.onChange(wake),
      providers.onChange(wake),
      records.nodes.view.onChange((change) => change.kind === 'removed' && this.drain.look()),
      records.launchers.view.onChange(() => this.drain.look()),
      providers.onChange(() => this.keepMachines()),
      config.onChange((changed) => this.apply(changed)),
    );
    this.startTasks();
    this.apply(config.current);
    this.running = true;
  }

  /** Lets everything go: waiting requests are put back, registrations withdrawn. Does not wait for launches (spec LAUNCHER 2.12). */
  async stop(): Promise<void> {
    this.running = false;
    this.unsubscribe.splice(0).forEach((undo) => undo());
    await Promise.all([this.pools.stop(), this.minReady.stop(), this.fixed.stop(), this.tasks.stop()]);
    await this.services.records.turns.letGo();
    await this.services.providers.stop();
    await this.announcement?.withdraw();
    this.index.close();
  }

  driver(name: string): Provider | ProviderProblem | undefined {
    const provider = this.services.providers.get(name);
    return provider && 'problem' in provider && provider.starting ? undefined : provider;
  }

  resourcesOf(providerName: string, poolName: string, labelName: string): Resources {
    const pool = this.services.config.current.providers.get(providerName)?.pools.get(poolName);
    const label = pool?.labels.get(labelName);
    const driver = this.driver(providerName);
    if (!pool || !label || !driver || 'problem' in driver) return { instances: 1 };
    try {
      return driver.resourcesOf(pool, label);
    } catch (error) {
      this.services.logger.warn(`${providerName} cannot say what ${labelName} takes`, errorFields(error));
      return { instances: 1 };
    }
  }

  handledHere(request: RequestId): boolean {
    for (const worker of this.workers.values()) if (worker.handles(request)) return true;
    return false;
  }

  async acquire(
    pool: PoolIdentity,
    reservation: Reservation,
    spent: number,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Acquired> {
    const provider = this.services.config.current.providers.get(pool.provider);
    const config = provider?.pools.get(pool.name);
    const driver = this.driver(pool.provider);
    if (!provider || !config) return withoutProvider(pool, reservation, UNCONFIGURED);
    if (!driver || 'problem' in driver) return withoutProvider(pool, reservation, driver ?? STARTING);
    const context = { launcherId: pool.launcherId, pool: config, provider, driver };
    return this.acquisition.acquire(context, reservation, spent, request, signal);
  }

  readonly leaving = (provider: string, pool: string): number =>
    this.index.leaving(provider, pool) + this.unused.beingDeleted(provider, pool);

  deleteUnused(node: NodeId, because: readonly Reason[]): void {
    this.unused.delete(node, because);
  }

  wakeAll(): void {
    for (const worker of this.workers.values()) worker.wake();
  }

  private startTasks(): void {
    const { services } = this;
    const reaper = new NodeReaper(
      services,
      this.governors,
      (provider, node) => this.onFreed(provider, node),
      (id) => this.index.isClaimed(id),
    );
    const lost = new LostRequests(services, (id) => this.handledHere(id));
    const stats = new StatsReporter(services, this.governors);
    const leaks = new LeakedInstances(services, this.governors, (provider) => this.onLeakDeleted(provider));
    const routine = new RoutineCleanup(services, leaks, (name) => this.driver(name));
    this.reaper = reaper;
    this.tasks.start('the node reaper', (signal) => reaper.run(signal));
    this.tasks.start('the search for lost requests', (signal) => lost.run(signal));
    this.tasks.start('the routine cleanup', (signal) => routine.run(signal));
    this.tasks.start('the node statistics', (signal) => stats.runElected(signal));
    this.tasks.start('the limit statistics', (signal) => stats.runLimits(signal));
    this.tasks.start('the configuration check', (signal) => this.watchConfig(signal));
  }

  private async watchConfig(signal: AbortSignal): Promise<void> {
    const { clock, config, intervals } = this.services;
    while (!signal.aborted) {
      await sleep(clock, intervals.configCheck, signal).catch(() => undefined);
      if (!signal.aborted) await config.reload();
    }
  }

  private onFreed(provider: string, { launcher, az, interfaceIp }: Node): void {
    this.capacity.freed(provider);
    // What never ran took no room, and room freed by a launcher that lives is that one's to fill.
    const ours = launcher === null || this.ownIds.has(launcher) || !this.isRegistered(launcher);
    if (interfaceIp !== null && ours) this.governors.of(provider).freed(az);
    this.wakeAll();
  }

  /** Leaked instances counted as what others use: the account has to be looked at again. */
  private onLeakDeleted(provider: string): void {
    this.capacity.freed(provider);
    this.capacity.invalidate(provider);
    this.wakeAll();
  }

  private isRegistered(launcherId: string): boolean {
    return this.services.records.launchers.view.pools().some(({ id }) => id === launcherId);
  }

  private apply(config: NodepoolConfig): void {
    try {
      this.services.providers.apply(config, (name) => this.drain.needed(name));
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
      const worker = new PoolWorker(this, pool.provider, pool.name);
      this.workers.set(key, worker);
      this.ownIds.add(worker.identity.launcherId);
      try {
        await worker.run(signal);
      } finally {
        if (this.workers.get(key) === worker) this.workers.delete(key);
      }
    });
    this.minReady.apply(config);
    this.keepMachines();
    this.wakeAll();
  }

  /** Machines that exist by themselves are registered by the one elected among all launchers. */
  private keepMachines(): void {
    this.fixed.keep(fixedProviders(this.services), (provider, signal) =>
      new FixedMachinesKeeper(this.services, provider).run(signal),
    );
  }
}

/** What may pass is waited for: the next look at the request says so. */
function withoutProvider(
  pool: PoolIdentity,
  reservation: Reservation,
  { problem, lasting }: ProviderProblem,
): Acquired {
  reservation.release();
  if (lasting !== true) return { kind: 'again', over: true };
  return { kind: 'failed', because: [{ code: 'PROVIDER_NOT_READY', provider: pool.provider, problem }] };
}
