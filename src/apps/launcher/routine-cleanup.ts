import type { DamagedRecord } from '../../domain/model/stored.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { withLock } from '../../ports/toolkit/with-lock.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LeakedInstances } from './leaked-instances.js';
import { LeakedResources } from './leaked-resources.js';
import type { ProviderDrivers } from './provider-drivers.js';
import type { LauncherServices } from './services.js';

/** Age at which the lock directory of a vanished request is removed, seconds (spec LAUNCHER 1.10). */
const STALE_LOCK_AGE = 8 * 3600;

/** What time alone brings: stale request locks, damaged node records, leaked instances. Each on its own (spec LAUNCHER 2.11). */
export class RoutineCleanup {
  private damagedBefore = new Set<string>();
  /** Providers being looked at for leaks: one that hangs holds up nobody else's cleanup. */
  private readonly checking = new Set<string>();
  private readonly tasks: Supervisor;
  private readonly resources: LeakedResources;

  constructor(
    private readonly services: LauncherServices,
    private readonly leaks: LeakedInstances,
    private readonly drivers: Pick<ProviderDrivers, 'usable'>,
  ) {
    this.resources = new LeakedResources(services);
    this.tasks = new Supervisor((what, error) => services.logger.warn(`${what} failed`, errorFields(error)));
  }

  /** Works until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervals, config, records } = this.services;
    const pass = async (inner: AbortSignal): Promise<number> => {
      if (records.session.state === 'connected') {
        await this.guarded('stale request locks', () => this.removeStaleLocks(), inner);
        await this.guarded('damaged node records', () => this.removeDamaged(), inner);
        for (const name of config.current.providers.keys()) this.startChecking(name);
      }
      return intervals.cleanup;
    };
    await new ControlLoop(clock).run({ pass, end: () => this.tasks.stop() }, signal);
  }

  private startChecking(name: string): void {
    if (this.checking.has(name)) return;
    this.checking.add(name);
    this.tasks.start(`Cleaning up leaked instances of ${name}`, async (signal) => {
      try {
        await this.checkForLeaks(name, signal);
      } finally {
        this.checking.delete(name);
      }
    });
  }

  private async guarded(what: string, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) this.services.logger.warn(`Cleaning up ${what} failed`, errorFields(error));
    }
  }

  private async removeStaleLocks(): Promise<void> {
    const count = await this.services.records.requests.removeStaleLocks(STALE_LOCK_AGE);
    if (count > 0) this.services.logger.info(`Removed ${count} locks of requests that are gone`);
  }

  /**
   * Records without data or state, such as a client or an old launcher leaves behind when it writes to a node that was just
   * deleted (weaknesses 1 and 27). Seen in two checks in a row, so that a record being written is not hit.
   */
  private async removeDamaged(): Promise<void> {
    const { nodes } = this.services.records;
    const hopeless = nodes.view.damaged().filter(isHopeless);
    for (const { id, problem } of hopeless) {
      if (!this.damagedBefore.has(id)) continue;
      const removed = await nodes.removeDamaged(id);
      if (removed) this.services.logger.info(`Removed damaged node record ${id}: ${problem}`, { node: id });
    }
    for (const { id, value } of nodes.view.all().values()) {
      if (value.provider === null && !nodes.view.locked(id)) await this.removeWithoutProvider(id);
    }
    this.damagedBefore = new Set(hopeless.map((record) => record.id));
  }

  /** Nobody can be asked to delete anything for it: the record alone is what there is. */
  private async removeWithoutProvider(id: string): Promise<void> {
    await withLock(this.services.records.nodes, id, async (lease) => {
      if (lease.current.value.provider === null) await lease.remove();
    });
  }

  private async checkForLeaks(name: string, signal: AbortSignal): Promise<void> {
    const provider = this.drivers.usable(name);
    if (!provider || provider.fixed) return;
    try {
      await this.leaks.check(name, provider, signal);
    } finally {
      if (provider.loose && !signal.aborted) await this.resources.check(name, provider.loose, signal);
    }
  }
}

/** A state that we do not know may be a newer version's: such a record is left alone. */
function isHopeless(record: DamagedRecord): boolean {
  return record.problem === 'empty' || record.problem === 'no-state';
}
