import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClouds } from '../../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../../src/adapters/fake-cloud/fake-driver.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { ProviderManager } from '../../../src/apps/providers/provider-manager.js';
import type { ProviderManagerOptions } from '../../../src/apps/providers/provider-manager.js';
import type { NodepoolConfig, ProviderConfig } from '../../../src/domain/config/config.js';
import type { Driver } from '../../../src/ports/compute/driver.js';
import type { Provider } from '../../../src/ports/compute/provider.js';
import { aConfig, aProvider } from '../../support/builders.js';

let clock: VirtualClock;
let clouds: FakeClouds;
let stopped: string[];
let changes: string[];
let manager: ProviderManager;

/** The fake driver, noting which providers were stopped. */
function noting(driver: Driver): Driver {
  return {
    name: driver.name,
    createProvider(config, context) {
      const provider = driver.createProvider(config, context);
      const stop = provider.stop.bind(provider);
      return Object.assign(provider, {
        stop: async () => {
          stopped.push(config.name);
          await stop();
        },
      });
    },
  };
}

function make(options: Partial<ProviderManagerOptions> = {}): ProviderManager {
  const fake = noting(new FakeDriver(clouds));
  const made = new ProviderManager({
    drivers: { driver: (name) => (name === 'fake' ? fake : undefined) },
    context: { clock, random: new SeededRandom(1), logger: new MemoryLogger(), metrics: new RecordingMetrics() },
    ...options,
  });
  made.onChange((name) => changes.push(name));
  return made;
}

function config(...providers: readonly ProviderConfig[]): NodepoolConfig {
  return aConfig({}, ...providers);
}

function running(name: string): Provider | undefined {
  const found = manager.get(name);
  return found && !('problem' in found) ? found : undefined;
}

function problem(name: string): string | undefined {
  const found = manager.get(name);
  return found && 'problem' in found ? found.problem : undefined;
}

const a = aProvider({ name: 'a', settings: { cloud: 'a' } });
const b = aProvider({ name: 'b', settings: { cloud: 'b' } });

beforeEach(() => {
  clock = new VirtualClock();
  clouds = new FakeClouds(clock, new SeededRandom(2));
  stopped = [];
  changes = [];
  manager = make();
});

describe('the providers of the configuration', () => {
  it('are started, and tell when they are', async () => {
    manager.apply(config(a, b));
    expect(problem('a')).toBe('starting');
    expect(manager.get('c')).toBeUndefined();
    await clock.settle();
    expect(running('a')).toBeDefined();
    expect(running('b')).toBeDefined();
    expect(changes).toEqual(['a', 'b']);
  });

  it('keep their object while their section stays the same [BUILDER 31]', async () => {
    manager.apply(config(a));
    await clock.settle();
    const before = running('a');
    manager.apply(config({ ...a, diskImages: new Map(a.diskImages), settings: { ...a.settings } }));
    await clock.settle();
    expect(running('a')).toBe(before);
    expect(stopped).toEqual([]);
  });

  it('are replaced when it changes, the old one serving until the new one has started [BUILDER 31]', async () => {
    manager.apply(config(a));
    await clock.settle();
    const before = running('a');
    clouds.cloud('a').set({ apiLatency: 10 });
    manager.apply(config({ ...a, settings: { cloud: 'a', rate: 2 } }));
    await clock.advance(5);
    expect(running('a')).toBe(before);
    expect(stopped).toEqual([]);
    await clock.advance(6);
    expect(running('a')).toBeDefined();
    expect(running('a')).not.toBe(before);
    expect(stopped).toEqual(['a']);
  });

  it('stay as they are when a change is taken back before it was in force', async () => {
    manager.apply(config(a));
    await clock.settle();
    const before = running('a');
    clouds.cloud('a').set({ apiLatency: 10 });
    manager.apply(config({ ...a, launchTimeout: 1 }));
    await clock.advance(1);
    manager.apply(config(a));
    await clock.advance(30);
    expect(running('a')).toBe(before);
  });

  it('are dropped with their section', async () => {
    manager.apply(config(a, b));
    await clock.settle();
    manager.apply(config(b));
    await clock.settle();
    expect(manager.get('a')).toBeUndefined();
    expect(stopped).toEqual(['a']);
    expect(manager.names()).toEqual(['b']);
  });

  it('that fail to start say why, are tried again with back-off, and leave the others alone', async () => {
    clouds.cloud('a').failNext('start', 2, { message: 'wrong password' });
    manager.apply(config(a, b));
    await clock.settle();
    expect(problem('a')).toContain('wrong password');
    expect(running('b')).toBeDefined();
    await clock.advance(4.9);
    expect(clouds.cloud('a').calls).toHaveLength(1);
    await clock.advance(0.2);
    expect(clouds.cloud('a').calls).toHaveLength(2);
    await clock.advance(9.8);
    expect(running('a')).toBeUndefined();
    await clock.advance(0.2);
    expect(running('a')).toBeDefined();
  });

  it('that hang while starting are given up and tried again', async () => {
    clouds.cloud('a').hangNext('start');
    manager.apply(config(a));
    await clock.advance(119);
    expect(problem('a')).toBe('starting');
    await clock.advance(2);
    expect(problem('a')).toContain('did not start within 120 s');
    await clock.advance(6);
    expect(running('a')).toBeDefined();
  });

  it('of an unknown driver say so [BUILDER 17]', async () => {
    manager.apply(config(aProvider({ name: 'x', driver: 'nonsense' })));
    await clock.settle();
    expect(problem('x')).toBe('nonsense: unknown driver');
  });

  it('that are not wanted are not made', async () => {
    manager = make({ wanted: (provider) => provider.managesImages });
    manager.apply(config(a, { ...b, managesImages: false }));
    await clock.settle();
    expect(manager.names()).toEqual(['a']);
  });

  it('are all stopped in the end, also those on their way', async () => {
    manager.apply(config(a));
    await clock.settle();
    clouds.cloud('b').hangNext('start');
    manager.apply(config(a, b));
    await clock.settle();
    await manager.stop();
    expect(stopped.sort()).toEqual(['a', 'b']);
    expect(manager.get('a')).toBeUndefined();
    expect(clock.pending).toBe(0);
    manager.apply(config(a));
    expect(manager.names()).toEqual([]);
  });
});
