import { Container } from 'inversify';
import type { ServiceIdentifier } from 'inversify';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { FreedRoom } from '../launcher/freed-room.js';
import { CircuitBreakers } from '../launcher/circuit-breaker.js';
import { Launcher } from '../launcher/launcher.js';
import { LeakedInstances } from '../launcher/leaked-instances.js';
import { LimitGuard } from '../launcher/limit-guard.js';
import { LostRequests } from '../launcher/lost-requests.js';
import { MinReadyKeepers } from '../launcher/min-ready-keepers.js';
import { NodeAcquisition } from '../launcher/node-acquisition.js';
import { NodeCreation } from '../launcher/node-creation.js';
import { NodeIndex } from '../launcher/node-index.js';
import { NodeReaper } from '../launcher/node-reaper.js';
import { NodeReuse } from '../launcher/node-reuse.js';
import { PoolRoom } from '../launcher/pool-room.js';
import { PoolRoster } from '../launcher/pool-roster.js';
import { ProviderCapacity } from '../launcher/provider-capacity.js';
import { ProviderDrain } from '../launcher/provider-drain.js';
import { ProviderDrivers } from '../launcher/provider-drivers.js';
import { Reservations } from '../launcher/reservations.js';
import { RoutineCleanup } from '../launcher/routine-cleanup.js';
import type { LauncherServices } from '../launcher/services.js';
import { StatsReporter } from '../launcher/stats-reporter.js';
import { UnbornNodes } from '../launcher/unborn-nodes.js';
import { UnusedNodes } from '../launcher/unused-nodes.js';
import { WakeHub } from '../launcher/wake-hub.js';
import { TOKENS } from './tokens.js';

function part<T>(name: string): ServiceIdentifier<T> {
  return Symbol.for(`nodepool.launcher.${name}`);
}

/** The parts of a launcher, each made once. */
export const PARTS = {
  services: part<LauncherServices>('services'),
  tasks: part<Supervisor>('tasks'),
  hub: part<WakeHub>('hub'),
  roster: part<PoolRoster>('roster'),
  drivers: part<ProviderDrivers>('drivers'),
  index: part<NodeIndex>('index'),
  reservations: part<Reservations>('reservations'),
  breakers: part<CircuitBreakers>('breakers'),
  capacity: part<ProviderCapacity>('capacity'),
  guard: part<LimitGuard>('guard'),
  room: part<PoolRoom>('room'),
  reuse: part<NodeReuse>('reuse'),
  creation: part<NodeCreation>('creation'),
  acquisition: part<NodeAcquisition>('acquisition'),
  unused: part<UnusedNodes>('unused'),
  freed: part<FreedRoom>('freed'),
  drain: part<ProviderDrain>('drain'),
  minReady: part<MinReadyKeepers>('min-ready'),
  reaper: part<NodeReaper>('reaper'),
  unborn: part<UnbornNodes>('unborn'),
  lost: part<LostRequests>('lost'),
  leaks: part<LeakedInstances>('leaks'),
  routine: part<RoutineCleanup>('routine'),
  stats: part<StatsReporter>('stats'),
} as const;

/** Binds everything that a launcher is made of, one part each; its services have to be bound as `PARTS.services`. */
export function bindLauncher(bind: Bind): void {
  bindShared(bind);
  bindNodes(bind);
  bindKeepers(bind);
  bind(TOKENS.launcher).toDynamicValue(
    (of) =>
      new Launcher({
        tasks: of.get(PARTS.tasks),
        pools: {
          services: of.get(PARTS.services),
          drivers: of.get(PARTS.drivers),
          index: of.get(PARTS.index),
          reservations: of.get(PARTS.reservations),
          capacity: of.get(PARTS.capacity),
          breakers: of.get(PARTS.breakers),
          acquisition: of.get(PARTS.acquisition),
          unused: of.get(PARTS.unused),
          roster: of.get(PARTS.roster),
          hub: of.get(PARTS.hub),
        },
        drain: of.get(PARTS.drain),
        minReady: of.get(PARTS.minReady),
        reaper: of.get(PARTS.reaper),
        lost: of.get(PARTS.lost),
        routine: of.get(PARTS.routine),
        stats: of.get(PARTS.stats),
      }),
  );
}

/** A container with a launcher that has these services and nothing else. */
export function launcherContainer(services: LauncherServices): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.bind(PARTS.services).toConstantValue(services);
  bindLauncher(container.bind.bind(container));
  return container;
}

type Bind = Container['bind'];

function bindShared(bind: Bind): void {
  bind(PARTS.tasks).toDynamicValue((of) => {
    const { logger } = of.get(PARTS.services);
    return new Supervisor((name, error) => logger.error(`${name} failed`, errorFields(error)));
  });
  bind(PARTS.hub).toDynamicValue(() => new WakeHub());
  bind(PARTS.roster).toDynamicValue(() => new PoolRoster());
  bind(PARTS.unborn).toDynamicValue((of) => new UnbornNodes(of.get(PARTS.services).clock, of.get(PARTS.roster)));
  bind(PARTS.reservations).toDynamicValue(() => new Reservations());
  bind(PARTS.drivers).toDynamicValue((of) => new ProviderDrivers(of.get(PARTS.services)));
  bind(PARTS.index).toDynamicValue(
    (of) => new NodeIndex(of.get(PARTS.services).records.nodes.view, of.get(PARTS.drivers)),
  );
  bind(PARTS.breakers).toDynamicValue(
    (of) => new CircuitBreakers(of.get(PARTS.services), of.get(PARTS.tasks), of.get(PARTS.hub)),
  );
  bind(PARTS.capacity).toDynamicValue(
    (of) =>
      new ProviderCapacity(of.get(PARTS.services), of.get(PARTS.breakers), of.get(PARTS.tasks), of.get(PARTS.hub)),
  );
}

function bindNodes(bind: Bind): void {
  bind(PARTS.room).toDynamicValue(
    (of) =>
      new PoolRoom({
        services: of.get(PARTS.services),
        drivers: of.get(PARTS.drivers),
        index: of.get(PARTS.index),
        reservations: of.get(PARTS.reservations),
        capacity: of.get(PARTS.capacity),
      }),
  );
  bind(PARTS.guard).toDynamicValue(
    (of) => new LimitGuard(of.get(PARTS.services), of.get(PARTS.index), of.get(PARTS.roster)),
  );
  bind(PARTS.reuse).toDynamicValue(
    (of) => new NodeReuse(of.get(PARTS.services), of.get(PARTS.guard), of.get(PARTS.drivers)),
  );
  bind(PARTS.creation).toDynamicValue(
    (of) =>
      new NodeCreation(
        of.get(PARTS.services),
        of.get(PARTS.capacity),
        of.get(PARTS.breakers),
        of.get(PARTS.guard),
        of.get(PARTS.unborn),
      ),
  );
  bind(PARTS.acquisition).toDynamicValue(
    (of) =>
      new NodeAcquisition(of.get(PARTS.services), of.get(PARTS.drivers), of.get(PARTS.reuse), of.get(PARTS.creation)),
  );
  bind(PARTS.unused).toDynamicValue(
    (of) => new UnusedNodes(of.get(PARTS.services), of.get(PARTS.tasks), of.get(PARTS.index), of.get(PARTS.hub)),
  );
  bind(PARTS.freed).toDynamicValue((of) => {
    const { records } = of.get(PARTS.services);
    const { capacity, breakers, roster, hub } = PARTS;
    return new FreedRoom(records, of.get(capacity), of.get(breakers), of.get(roster), of.get(hub));
  });
}

function bindKeepers(bind: Bind): void {
  bind(PARTS.drain).toDynamicValue((of) => new ProviderDrain(of.get(PARTS.services), of.get(PARTS.roster)));
  bind(PARTS.minReady).toDynamicValue((of) => new MinReadyKeepers(of.get(PARTS.services)));
  bind(PARTS.reaper).toDynamicValue(
    (of) =>
      new NodeReaper(
        of.get(PARTS.services),
        of.get(PARTS.breakers),
        of.get(PARTS.freed),
        of.get(PARTS.index),
        of.get(PARTS.unborn),
      ),
  );
  bind(PARTS.lost).toDynamicValue((of) => new LostRequests(of.get(PARTS.services), of.get(PARTS.roster)));
  bind(PARTS.leaks).toDynamicValue(
    (of) => new LeakedInstances(of.get(PARTS.services), of.get(PARTS.breakers), of.get(PARTS.freed)),
  );
  bind(PARTS.routine).toDynamicValue(
    (of) => new RoutineCleanup(of.get(PARTS.services), of.get(PARTS.leaks), of.get(PARTS.drivers)),
  );
  bind(PARTS.stats).toDynamicValue((of) => new StatsReporter(of.get(PARTS.services), of.get(PARTS.breakers)));
}
