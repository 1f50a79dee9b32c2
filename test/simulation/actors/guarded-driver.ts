import type { FakeCallKind } from '../../../src/adapters/fake-cloud/fake-call.js';
import { FakeDriver } from '../../../src/adapters/fake-cloud/fake-driver.js';
import { StaticDriver } from '../../../src/adapters/static/static-driver.js';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import type { Driver, DriverRegistry } from '../../../src/ports/compute/driver.js';
import type { Provider } from '../../../src/ports/compute/provider.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import type { CloudCall, World } from '../world.js';

/** The drivers as one process reaches what they drive: through a network that ends when the process does. */
export function guardedDrivers(world: World, process: SimProcess, store: SimStore): DriverRegistry {
  const fake = new FakeDriver(world.clouds);
  const machines = new StaticDriver(world.machines.seenBy(process));
  const drivers: readonly Driver[] = [
    {
      name: fake.name,
      createProvider: (config) => guarded(fake.createProvider(config), config, world, process, store),
    },
    machines,
  ];
  return { driver: (name) => drivers.find((driver) => driver.name === name) };
}

function guarded(
  provider: Provider,
  config: ProviderConfig,
  world: World,
  process: SimProcess,
  store: SimStore,
): Provider {
  const call = <T>(
    kind: FakeCallKind,
    of: { readonly nodeId?: string; readonly externalId?: string; readonly build?: string | undefined },
    work: () => Promise<T>,
  ): Promise<T> => {
    if (!process.pass('before')) return new Promise(() => undefined);
    const { nodeId = null, externalId = null, build = null } = of;
    const at = world.clock.monotonic();
    const made: CloudCall = {
      ...{ kind, process, store, author: store.author, at },
      ...{ provider: config.name, nodeId, externalId, build, answer: null },
    };
    world.cloudCall(made);
    const open = { kind, process, provider: config.name, since: at };
    world.openCalls.add(open);
    const answer = process.guard(work().finally(() => world.openCalls.delete(open)));
    const heard = (how: 'done' | 'failed') => (): void =>
      void (made.answer = { kind: how, at: world.clock.monotonic() });
    answer.then(heard('done'), heard('failed'));
    return answer;
  };
  const { images } = provider;
  return {
    fixed: provider.fixed,
    images: images && {
      upload: (spec, signal) =>
        call('image-upload', { build: spec.properties['nodepool_build_id'] }, () => images.upload(spec, signal)),
      remove: (externalId, signal) => call('image-delete', { externalId }, () => images.remove(externalId, signal)),
      list: (signal) => call('image-list', {}, () => images.list(signal)),
    },
    start: (signal) => call('start', {}, () => provider.start(signal)),
    stop: () => provider.stop(),
    labelReady: (pool, label) => provider.labelReady(pool, label),
    resourcesOf: (pool, label) => provider.resourcesOf(pool, label),
    limits: (signal) => call('limits', {}, () => provider.limits(signal)),
    availabilityZones: (signal) => call('zones', {}, () => provider.availabilityZones(signal)),
    create: (spec, signal) => call('create', { nodeId: spec.nodeId }, () => provider.create(spec, signal)),
    waitUntilRunning: (externalId, spec, signal) =>
      call('wait', { nodeId: spec.nodeId, externalId }, () => provider.waitUntilRunning(externalId, spec, signal)),
    delete: (externalId, signal) => call('delete', { externalId }, () => provider.delete(externalId, signal)),
    list: (signal) => call('list', {}, () => provider.list(signal)),
    consoleLog: (externalId, signal) => call('console', { externalId }, () => provider.consoleLog(externalId, signal)),
  };
}
