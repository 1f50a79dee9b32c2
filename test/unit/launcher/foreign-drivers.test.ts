import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GuardedDriver } from '../../../src/apps/plugins/containment/guarded-driver.js';
import { describeReason } from '../../../src/domain/explain/reason.js';
import type { DriverPlugin } from '../../../src/ports/compute/driver-api.js';
import type { Provider } from '../../../src/ports/compute/provider.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import type { RunningLauncher } from '../../support/launcher-world.js';
import { LauncherWorld } from '../../support/launcher-world.js';
import { PLAIN_PROVIDER } from '../../support/plain-provider.js';

let world: LauncherWorld;
beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

const hanging = (): Promise<never> => new Promise(() => undefined);

const rejection = (what: unknown): never => {
  const thrown = what as Error;
  throw thrown;
};

function driver(name: string, change: Partial<Provider>): DriverPlugin {
  return {
    apiVersion: '1.0',
    name,
    version: '1',
    capabilities: { images: false, quota: true, leaks: true, zones: false, console: false },
    configSchema: {},
    createProvider: () => ({ ...PLAIN_PROVIDER, ...change }),
  };
}

/** A launcher with two providers: `good`, and one that does what it should not. */
async function given(change: Partial<Provider>): Promise<RunningLauncher> {
  world.drivers.set('odd', new GuardedDriver(driver('odd', change)));
  world.drivers.set('fine', new GuardedDriver(driver('fine', {})));
  const image = { kind: 'cloud-image', name: 'debian' } as const;
  const debian = {
    name: 'debian',
    imageId: null,
    imageName: null,
    configDrive: null,
    username: null,
    pythonPath: 'auto',
    shellType: null,
    connectionType: 'ssh',
    connectionPort: 22,
  };
  const provider = (name: string, label: string): ReturnType<typeof aProvider> => {
    const plain = aPool({ provider: name, labelNames: [label], maxServers: 5 });
    const labels = new Map([...plain.labels].map(([key, value]) => [key, { ...value, image }]));
    const cloudImages = new Map([['debian', debian]]);
    return aProvider({ name, driver: name, cloudImages, launchTimeout: 30, launchRetries: 2 }, { ...plain, labels });
  };
  return world.start(aConfig({}, provider('fine', 'good'), provider('odd', 'bad')));
}

/** What the launcher would say about a request. */
const explained = (running: RunningLauncher, id: string): string =>
  running.journal
    .entries('request', id)
    .flatMap(({ decision }) => decision.because.map((reason) => describeReason(reason)))
    .join('\n');

const faults = (running: RunningLauncher): string =>
  [...running.metrics.counters.keys()].filter((name) => name.includes('.fault.')).join(' ');

describe('a driver from outside', () => {
  it.each<readonly [string, Partial<Provider>, RegExp, RegExp]>([
    [
      'throws in create',
      {
        create: () => {
          throw new TypeError('undefined is not a function');
        },
      },
      /create failed: undefined is not a function/,
      /^nodepool\.driver\.odd\.fault\.threw$/,
    ],
    [
      'never settles',
      { create: hanging },
      /create took longer than 30 s|launching node .* took longer than 30 s/,
      /fault\.hung/,
    ],
    [
      'answers nonsense',
      { create: async () => 42 as never },
      /create: its answer is no id, but number/,
      /fault\.nonsense/,
    ],
    ['has no start', { start: async () => rejection('a text') }, /start failed: string thrown/, /fault\.threw/],
    ['never starts', { start: hanging }, /did not start within|start took longer than/, /^$|fault\.hung/],
    [
      'lies about its limits',
      { limits: async () => 'plenty' as never },
      /limits: its answer is no object/,
      /fault\.nonsense/,
    ],
  ])(
    'that %s harms only its own provider, and is named in explanation, log and metrics',
    async (_what, change, words, metric) => {
      const running = await given(change);
      const bad = await world.submit(['bad']);
      const good = await world.submit(['good']);
      const held = await world.accept(good);
      expect(held[0]?.current.value).toMatchObject({ provider: 'fine' });
      await world.eventually('the trouble is explained', () => words.test(explained(running, bad)), 600);
      await world.clock.advance(10);
      expect(faults(running)).toMatch(metric);
      expect(world.logger.lines.some(({ level }) => level === 'warn' || level === 'error')).toBe(true);
      await world.giveBack(held);
      await world.accept(await world.submit(['good']));
    },
  );
});
