import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { GuardedDriver } from '../../../src/apps/plugins/containment/guarded-driver.js';
import type { DriverFault } from '../../../src/domain/metrics/driver-metrics.js';
import type { DriverPlugin } from '../../../src/ports/compute/driver-api.js';
import type { DriverContext } from '../../../src/ports/compute/driver.js';
import { ProviderError } from '../../../src/ports/compute/errors.js';
import type { InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { aLabel, aPool, aProvider } from '../../contract/compute-fixture.js';

const never = new AbortController().signal;
let clock: VirtualClock;
let logger: MemoryLogger;
let metrics: RecordingMetrics;
beforeEach(() => {
  clock = new VirtualClock();
  logger = new MemoryLogger();
  metrics = new RecordingMetrics();
});

const SPEC: InstanceSpec = {
  nodeId: '0000000001',
  idempotencyKey: 'tests/one/0000000001',
  hostname: 'np1',
  pool: aPool(),
  label: aLabel(),
  image: { kind: 'none' },
  az: null,
  metadata: {},
};

/** What a driver may do in the place of a method, right or wrong. */
type Deeds = Partial<Record<keyof Provider, unknown>>;

const GOOD: Deeds = {
  images: null,
  fixed: null,
  start: async () => undefined,
  stop: async () => undefined,
  labelReady: () => ({ ready: true }),
  resourcesOf: () => ({ instances: 1 }),
  limits: async () => ({}),
  availabilityZones: async () => [],
  create: async () => 'vm-1',
  waitUntilRunning: async () => ({ interfaceIp: '192.0.2.1' }),
  delete: async () => undefined,
  list: async () => [],
  consoleLog: async () => null,
};

function guarded(deeds: Deeds, make?: (context: DriverContext) => unknown): Provider {
  const plugin: DriverPlugin = {
    apiVersion: '1.0',
    name: 'acme',
    version: '1',
    capabilities: { images: false, quota: true, leaks: true, zones: true, console: true },
    configSchema: { provider: { token: { kind: 'text', secret: true, about: 'who we are' } } },
    createProvider: (_config, context) => (make ? make(context) : { ...GOOD, ...deeds }) as Provider,
  };
  const config = aProvider({ name: 'one', driver: 'acme', settings: { token: 'pa55-phrase' }, launchTimeout: 60 });
  const random = new SeededRandom(1);
  return new GuardedDriver(plugin).createProvider(config, { clock, random, logger, metrics });
}

/** Whatever somebody may reject with. */
const rejection = async (what: unknown): Promise<never> => {
  const thrown = what as Error;
  throw thrown;
};

const faults = (fault: DriverFault): number => metrics.counters.get(`nodepool.driver.one.fault.${fault}`) ?? 0;

async function failure(call: Promise<unknown>): Promise<ProviderError> {
  let found: unknown = 'nothing';
  let done = false;
  call.then(
    () => (done = true),
    (error: unknown) => {
      found = error;
      done = true;
    },
  );
  expect(await clock.advanceUntil(() => done, 3600)).toBe(true);
  expect(found).toBeInstanceOf(ProviderError);
  return found as ProviderError;
}

describe('a driver from outside', () => {
  it('that throws instead of rejecting fails that call', async () => {
    const provider = guarded({
      list: () => {
        throw new Error('boom');
      },
    });
    expect(await failure(provider.list(never))).toMatchObject({
      kind: 'transient',
      message: 'driver acme: list failed: boom',
    });
    expect(faults('threw')).toBe(1);
    expect(logger.messages('warn')).toEqual(['The driver acme misbehaves: list throws instead of rejecting']);
  });

  it.each([['a text'], [undefined], [null], [{ kind: 'quota' }], [42]])(
    'that rejects with %j fails that call',
    async (what) => {
      const provider = guarded({ limits: () => rejection(what) });
      expect((await failure(provider.limits(never))).kind).toBe('transient');
      expect(faults('threw')).toBe(1);
    },
  );

  it('may bring its own copy of ProviderError, which keeps its kind and details', async () => {
    class Foreign extends Error {
      code = 'NP_PROVIDER';
      kind = 'quota';
      details = { metric: 'error.quota', externalId: 'vm-9' };
    }
    const error = await failure(guarded({ create: () => Promise.reject(new Foreign('full')) }).create(SPEC, never));
    expect(error).toMatchObject({
      kind: 'quota',
      message: 'full',
      details: { externalId: 'vm-9', metric: 'error.quota' },
    });
    expect(metrics.counters.size).toBe(0);
  });

  it('that never settles ends with the time for the call, and with the signal', async () => {
    const provider = guarded({ create: () => new Promise(() => undefined), list: () => new Promise(() => undefined) });
    expect((await failure(provider.create(SPEC, never))).message).toBe('driver acme: create took longer than 60 s');
    expect(faults('hung')).toBe(1);
    const stop = new AbortController();
    const reason = new Error('stopped');
    const listing = provider.list(stop.signal).catch((error: unknown) => error);
    stop.abort(reason);
    expect(await listing).toBe(reason);
    await clock.advance(6);
    expect(logger.messages('warn').join()).toContain('list goes on although it was called off');
  });

  it('cannot pile up calls that never come back', async () => {
    let calls = 0;
    const provider = guarded({ list: () => new Promise(() => (calls += 1)) });
    const stop = new AbortController();
    const many = Array.from({ length: 150 }, () => provider.list(stop.signal).catch(() => undefined));
    await clock.advance(1);
    expect(calls).toBe(100);
    expect(faults('flooded')).toBe(50);
    stop.abort(new Error('enough'));
    await Promise.all(many);
    await clock.advance(6);
    expect((await failure(provider.list(never))).message).toBe('driver acme: 100 calls have never come back');
    expect(calls).toBe(100);
  });

  it('lets waiting calls go on as soon as others have ended', async () => {
    const ends: (() => void)[] = [];
    const provider = guarded({ list: () => new Promise<[]>((resolve) => ends.push(() => resolve([]))) });
    const many = Array.from({ length: 101 }, () => provider.list(never));
    await clock.advance(1);
    expect(ends).toHaveLength(100);
    ends.forEach((end) => end());
    await clock.advance(1);
    expect(ends).toHaveLength(101);
    ends[100]?.();
    expect(await Promise.all(many)).toHaveLength(101);
  });

  const NONSENSE: readonly (readonly [keyof Provider, unknown, (provider: Provider) => Promise<unknown>, RegExp])[] = [
    ['create', 7, (p) => p.create(SPEC, never), /its answer is no id, but number/],
    ['create', '', (p) => p.create(SPEC, never), /is no id, but an empty text/],
    ['waitUntilRunning', 'up', (p) => p.waitUntilRunning('vm', SPEC, never), /is no object, but string/],
    ['waitUntilRunning', { externalId: 'x' }, (p) => p.waitUntilRunning('vm', SPEC, never), /answers another instance/],
    ['waitUntilRunning', { interfaceIp: 1 }, (p) => p.waitUntilRunning('vm', SPEC, never), /interfaceIp is no text/],
    ['waitUntilRunning', { hostKeys: 'a' }, (p) => p.waitUntilRunning('vm', SPEC, never), /hostKeys is no list/],
    ['list', null, (p) => p.list(never), /is no list, but null/],
    ['list', [{}], (p) => p.list(never), /entry 0\.externalId is no id/],
    [
      'list',
      [{ externalId: 'a', metadata: { x: 1 } }],
      (p) => p.list(never),
      /entry 0\.metadata\.x is no text, but number/,
    ],
    [
      'list',
      [{ externalId: 'a', resources: { cores: -1 } }],
      (p) => p.list(never),
      /entry 0\.resources\.cores is no amount/,
    ],
    ['limits', { cores: NaN }, (p) => p.limits(never), /cores is no amount/],
    ['availabilityZones', 'az1', (p) => p.availabilityZones(never), /is no list/],
    ['consoleLog', {}, (p) => p.consoleLog('vm', never), /is no text, but object/],
  ];
  it.each(NONSENSE)(
    'that answers nonsense to %s (%j) fails that call, saying where',
    async (method, answer, ask, words) => {
      const error = await failure(ask(guarded({ [method]: async () => answer })));
      expect(error.message).toMatch(words);
      expect(faults('nonsense')).toBe(1);
    },
  );

  it('may leave out what it does not know', async () => {
    const provider = guarded({
      list: async () => [{ externalId: 'a' }],
      limits: async () => ({ cores: Infinity, ram: 5 }),
    });
    expect(await provider.list(never)).toEqual([{ externalId: 'a', metadata: {}, resources: { instances: 1 } }]);
    expect(await provider.limits(never)).toEqual({ ram: 5 });
    expect(await provider.waitUntilRunning('vm', SPEC, never)).toMatchObject({
      externalId: 'vm',
      hostKeys: null,
      az: null,
    });
  });

  it('cannot break decisions: labelReady and resourcesOf always answer', () => {
    const thrower = (): never => {
      throw new TypeError('undefined is not a function');
    };
    const provider = guarded({ labelReady: thrower, resourcesOf: thrower });
    expect(provider.labelReady(SPEC.pool, SPEC.label)).toEqual({
      ready: false,
      problem: 'driver acme: labelReady undefined is not a function',
    });
    expect(provider.resourcesOf(SPEC.pool, SPEC.label)).toEqual({ instances: 1 });
    expect(guarded({ labelReady: async () => ({ ready: true }) }).labelReady(SPEC.pool, SPEC.label).ready).toBe(false);
  });

  it('that makes no provider, or half of one, is a matter of configuration', () => {
    const make = (what: () => unknown): unknown => {
      try {
        return guarded({}, what);
      } catch (error) {
        return error;
      }
    };
    expect(make(() => null)).toMatchObject({ kind: 'configuration' });
    expect(make(() => ({ ...GOOD, list: undefined }))).toMatchObject({
      message: expect.stringMatching(/without list$/) as unknown,
    });
    const thrown = make(() => {
      throw new Error('bad token pa55-phrase');
    });
    expect(thrown).toMatchObject({
      kind: 'configuration',
      message: 'driver acme: createProvider failed: bad token [redacted]',
    });
  });

  it('never gets its secrets into a log or an error', async () => {
    const provider = guarded({}, ({ logger: own }) => {
      own
        .child('inner', { auth: 'x pa55-phrase' })
        .info('using pa55-phrase', { deep: [{ header: 'Bearer pa55-phrase' }] });
      own.error('failed', { err: new Error('401 for pa55-phrase') });
      return { ...GOOD, create: () => Promise.reject(new Error('refused: pa55-phrase')) };
    });
    const error = await failure(provider.create(SPEC, never));
    const cause = error.cause as Error;
    const said = JSON.stringify(
      [error.message, error.stack, cause.message, cause.stack, logger.lines],
      (_key, value: unknown) => (value instanceof Error ? [value.message, value.stack] : value),
    );
    expect(said).toContain('[redacted]');
    expect(said).not.toContain('pa55-phrase');
  });

  it('cannot flood the log or the metrics', async () => {
    guarded({}, (context) => {
      for (let i = 0; i < 5000; i++) {
        context.logger.info(`line ${i}`);
        context.metrics.count(`name.${i}`);
        context.metrics.count('bad name\n|c');
      }
      return GOOD;
    });
    expect(logger.messages('info')).toHaveLength(300);
    // On a busy machine it may hold up the process besides.
    expect(logger.lines.filter(({ fields }) => fields?.['fault'] === 'flooded')).toHaveLength(2);
    expect([...metrics.counters.keys()].filter((name) => name.startsWith('name.'))).toHaveLength(500);
    expect(faults('flooded')).toBe(2);
  });

  it('that leaves listeners behind is named', async () => {
    const provider = guarded({
      list: async (signal: AbortSignal) => {
        signal.addEventListener('abort', () => undefined);
        return [];
      },
    });
    const signal = new AbortController().signal;
    for (let i = 0; i < 20; i++) await provider.list(signal);
    await clock.advance(0);
    expect(faults('listeners')).toBe(20);
    expect(logger.messages('warn')).toEqual(['The driver acme misbehaves: list leaves 1 listeners on its signal']);
  });

  const spin = (ms: number): void => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };

  it('that blocks the process is named with the call, wherever it does so', async () => {
    const provider = guarded({
      list: async () => {
        spin(150);
        return [];
      },
      limits: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        spin(150);
        return {};
      },
      resourcesOf: () => {
        spin(150);
        return { instances: 1 };
      },
    });
    await provider.list(never);
    await provider.limits(never);
    provider.resourcesOf(SPEC.pool, SPEC.label);
    expect(faults('blocked')).toBe(3);
    expect(metrics.timings.get('nodepool.driver.one.blocked')?.every((seconds) => seconds > 0.14)).toBe(true);
    const said = logger.messages('warn').map((line) => line.replace(/\d\.\d\d/, 'N'));
    expect(said).toEqual(
      ['list', 'limits', 'resourcesOf'].map(
        (call) => `The driver acme misbehaves: ${call} held up the whole process for N s`,
      ),
    );
  });
});
