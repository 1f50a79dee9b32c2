import type { FakeCallKind } from '../../../src/adapters/fake-cloud/fake-call.js';
import { FakeDriver } from '../../../src/adapters/fake-cloud/fake-driver.js';
import { ExecDriver } from '../../../src/adapters/exec-driver/exec-driver.js';
import { StaticDriver } from '../../../src/adapters/static/static-driver.js';
import { GuardedDriver } from '../../../src/apps/plugins/containment/guarded-driver.js';
import { EXEC_DRIVER } from '../../../src/domain/config/exec-driver.js';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import type { Driver, DriverRegistry } from '../../../src/ports/compute/driver.js';
import type { ImageProvider } from '../../../src/ports/compute/images.js';
import type { Provider } from '../../../src/ports/compute/provider.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import { CloudPrograms } from './cloud-program.js';
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
    {
      name: EXEC_DRIVER,
      createProvider: (config, context) => {
        const programs = new CloudPrograms(config, fake.createProvider(config), process, world);
        const exec = new GuardedDriver(new ExecDriver(programs, {}));
        return guarded(exec.createProvider(config, context), config, world, process, store);
      },
    },
    machines,
  ];
  return { driver: (name) => drivers.find((driver) => driver.name === name) };
}

interface About {
  readonly nodeId?: string;
  readonly externalId?: string;
  readonly build?: string | undefined;
}

type Call = <T>(kind: FakeCallKind, of: About, work: () => Promise<T>) => Promise<T>;

function guarded(
  provider: Provider,
  config: ProviderConfig,
  world: World,
  process: SimProcess,
  store: SimStore,
): Provider {
  const call: Call = <T>(kind: FakeCallKind, of: About, work: () => Promise<T>): Promise<T> => {
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
  return {
    fixed: provider.fixed,
    // A program says only when it runs whether it keeps images.
    get images() {
      return guardedImages(provider.images, call);
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

function guardedImages(images: ImageProvider | null, call: Call): ImageProvider | null {
  return (
    images && {
      upload: (spec, signal) =>
        call('image-upload', { build: spec.properties['nodepool_build_id'] }, () => images.upload(spec, signal)),
      remove: (externalId, signal) => call('image-delete', { externalId }, () => images.remove(externalId, signal)),
      list: (signal) => call('image-list', {}, () => images.list(signal)),
    }
  );
}
