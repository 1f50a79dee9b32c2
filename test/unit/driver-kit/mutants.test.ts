import { describe, expect, it } from 'vitest';
import type { FakeCloud } from '../../../src/adapters/fake-cloud/fake-cloud.js';
import { DRIVER_CHECKS } from '../../../src/apps/driver-kit/driver-checks.js';
import type { CheckOutcome } from '../../../src/apps/driver-kit/run-checks.js';
import { runDriverCheck, runDriverChecks } from '../../../src/apps/driver-kit/run-checks.js';
import { ProviderError } from '../../../src/ports/compute/errors.js';
import type { Instance, InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { sleep } from '../../../src/ports/toolkit/sleep.js';
import type { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { fakeBench } from '../../contract/compute-fake-bench.js';

type Break = (provider: Provider, cloud: FakeCloud, clock: VirtualClock) => Provider;

/** The provider with some of its methods replaced. */
function but(provider: Provider, change: Partial<Provider>): Provider {
  const methods = Object.fromEntries(
    (['start', 'stop', 'labelReady', 'resourcesOf', 'limits', 'availabilityZones'] as const).map((name) => [
      name,
      provider[name].bind(provider),
    ]),
  );
  const more = Object.fromEntries(
    (['create', 'waitUntilRunning', 'delete', 'list', 'consoleLog'] as const).map((name) => [
      name,
      provider[name].bind(provider),
    ]),
  );
  return { ...methods, ...more, images: provider.images, fixed: provider.fixed, ...change } as Provider;
}

const twice = (spec: InstanceSpec, times: number): InstanceSpec => ({
  ...spec,
  idempotencyKey: `${spec.idempotencyKey}-${times}`,
});
const never = new AbortController().signal;

/** Drivers that are wrong on purpose, and the promise that each of them breaks. */
const MUTANTS: readonly (readonly [what: string, check: string, Break])[] = [
  [
    'makes a second instance for a node',
    'create-again',
    (p) => {
      let count = 0;
      return but(p, { create: (spec, signal) => p.create(twice(spec, (count += 1)), signal) });
    },
  ],
  [
    'makes a second instance after a lost answer',
    'create-after-lost-answer',
    (p) => {
      let count = 0;
      return but(p, {
        create: (spec, signal) =>
          p.create(twice(spec, count), signal).catch((error: unknown) => {
            count += 1;
            throw error;
          }),
      });
    },
  ],
  [
    'goes by provider and node number',
    'create-other-installation',
    (p) => but(p, { create: (spec, signal) => p.create({ ...spec, idempotencyKey: spec.nodeId }, signal) }),
  ],
  [
    'takes over what it finds of the same number after a restart',
    'create-other-life',
    (p) =>
      but(p, {
        create: async (spec, signal) => {
          const found = (await p.list(signal)).find((one) => one.metadata['nodepool_node_id'] === spec.nodeId);
          return found?.externalId ?? p.create(spec, signal);
        },
      }),
  ],
  [
    'forgets its instances at a restart',
    'restart-finds',
    (p) => {
      const mine = new Set<string>();
      return but(p, {
        create: async (spec, signal) => {
          const id = await p.create(spec, signal);
          mine.add(id);
          return id;
        },
        list: async (signal) => (await p.list(signal)).filter(({ externalId }) => mine.has(externalId)),
      });
    },
  ],
  [
    'lists instances only when they run',
    'create-listed-at-once',
    (p, cloud) =>
      but(p, {
        list: async (signal) => {
          const active = new Set(cloud.servers.filter(({ status }) => status === 'active').map(({ id }) => id));
          return (await p.list(signal)).filter(({ externalId }) => active.has(externalId));
        },
      }),
  ],
  [
    'drops metadata',
    'create-lists-metadata',
    (p) =>
      but(p, {
        create: ({ metadata, ...spec }, signal) =>
          p.create({ ...spec, metadata: { nodepool_node_id: metadata['nodepool_node_id'] ?? '' } }, signal),
      }),
  ],
  [
    'has no address',
    'create-runs',
    (p) =>
      but(p, { waitUntilRunning: async (...call) => ({ ...(await p.waitUntilRunning(...call)), interfaceIp: null }) }),
  ],
  [
    'writes into the spec',
    'create-keeps-spec',
    (p) =>
      but(p, {
        create: async (spec, signal) => {
          (spec.metadata as Record<string, string>)['created'] = 'yes';
          return p.create(spec, signal);
        },
      }),
  ],
  [
    'fails to delete what is gone',
    'delete-twice',
    (p, cloud) =>
      but(p, {
        delete: async (id, signal) => {
          if (!cloud.servers.some((server) => server.id === id)) throw new ProviderError('not-found', 'no such server');
          return p.delete(id, signal);
        },
      }),
  ],
  [
    'says deleted too early',
    'delete-gone',
    (p) => but(p, { delete: async (id) => void p.delete(id, never).catch(() => undefined) }),
  ],
  [
    'hides what it has not deleted',
    'delete-really',
    (p) => {
      const hidden = new Set<string>();
      return but(p, {
        delete: async (id) => void hidden.add(id),
        list: async (signal) => (await p.list(signal)).filter(({ externalId }) => !hidden.has(externalId)),
      });
    },
  ],
  [
    'deletes all instances',
    'delete-one',
    (p, cloud) => but(p, { delete: async () => cloud.servers.forEach(({ id }) => cloud.removeServer(id)) }),
  ],
  [
    'calls a full account a passing trouble',
    'quota-kind',
    (p) =>
      but(p, {
        create: (spec, signal) =>
          p.create(spec, signal).catch((error: unknown) => {
            throw error instanceof ProviderError && error.kind === 'quota'
              ? new ProviderError('transient', 'no')
              : error;
          }),
      }),
  ],
  [
    'calls a full cloud a full account',
    'capacity-kind',
    (p) =>
      but(p, {
        create: (spec, signal) =>
          p.create(spec, signal).catch((error: unknown) => {
            throw error instanceof ProviderError && error.kind === 'capacity'
              ? new ProviderError('quota', 'no')
              : error;
          }),
      }),
  ],
  [
    'starts whatever the cloud says of its credentials',
    'credentials-kind',
    (p) => but(p, { start: (signal) => p.start(signal).catch(() => undefined) }),
  ],
  ['does not look at its signal', 'signal-create', (p) => but(p, { create: (spec) => p.create(spec, never) })],
  [
    'cannot be called off',
    'signal-hang',
    (p) => but(p, { create: (spec, signal) => (signal.throwIfAborted(), p.create(spec, never)) }),
  ],
  [
    'leaves listeners on its signals',
    'signal-listeners',
    (p) =>
      but(p, {
        list: (signal) => {
          signal.addEventListener('abort', () => undefined);
          return p.list(signal);
        },
      }),
  ],
  [
    'makes one call after the other',
    'signal-hang-others',
    (p) => {
      let last: Promise<unknown> = Promise.resolve();
      const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
        const turn = last.then(work, work);
        last = turn.catch(() => undefined);
        return turn;
      };
      return but(p, {
        create: (spec, signal) => inTurn(() => p.create(spec, signal)),
        list: (signal) => inTurn(() => p.list(signal)),
      });
    },
  ],
  [
    'waits for ever for what is gone',
    'wait-deleted',
    (p, _cloud, clock) =>
      but(p, {
        waitUntilRunning: (id, spec, signal) =>
          p
            .waitUntilRunning(id, spec, signal)
            .catch(() => sleep(clock, 1e6, signal).then((): Instance => ({}) as Instance)),
      }),
  ],
  [
    'does not name what broke',
    'wait-broken',
    (p) =>
      but(p, {
        waitUntilRunning: (...call) =>
          p.waitUntilRunning(...call).catch(() => Promise.reject(new ProviderError('transient', 'broken'))),
      }),
  ],
  [
    'takes another zone',
    'create-in-zone',
    (p) => but(p, { create: (spec, signal) => p.create({ ...spec, az: 'az1' }, signal) }),
  ],
  [
    'lists instances twice',
    'list-once',
    (p) => but(p, { list: async (signal) => [...(await p.list(signal)), ...(await p.list(signal))] }),
  ],
  ['has limits below nothing', 'limits-amounts', (p) => but(p, { limits: async () => ({ cores: -1 }) })],
  ['is never ready', 'label-ready', (p) => but(p, { labelReady: () => ({ ready: false, problem: 'no' }) })],
  ['takes no instance', 'label-resources', (p) => but(p, { resourcesOf: () => ({ cores: 4 }) })],
  [
    'cannot be stopped twice',
    'stop-twice',
    (p) => {
      let stopped = 0;
      return but(p, {
        stop: async () => {
          if ((stopped += 1) > 1) throw new Error('already stopped');
        },
      });
    },
  ],
  [
    'gives images one id by name',
    'image-same-name',
    (p) =>
      but(p, {
        images: {
          ...p.images!,
          list: (s) => p.images!.list(s),
          remove: async (_id, s) => {
            for (const { externalId } of await p.images!.list(s)) await p.images!.remove(externalId, s);
          },
          upload: (spec, s) => p.images!.upload(spec, s),
        },
      }),
  ],
];

/** Each check alone, on a cloud that takes its time. */
const outcomeOf = (name: string, mutant?: Break): Promise<CheckOutcome> => {
  const check = DRIVER_CHECKS.find((candidate) => candidate.name === name);
  if (!check) throw new Error(`there is no check ${name}`);
  return runDriverCheck(check, () => fakeBench({ apiLatency: 0.5, bootTime: 20, deleteTime: 10 }, mutant));
};

describe('the driver contract', () => {
  it('has checks with names of their own', () => {
    const names = DRIVER_CHECKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('is kept by the fake cloud, all that is for launching providers', async () => {
    const results = await runDriverChecks(() => fakeBench({ apiLatency: 0.5, bootTime: 20, deleteTime: 10 }));
    const bad = results.filter(({ outcome }) => outcome.kind === 'failed');
    expect(bad.map(({ check, outcome }) => [check.name, outcome])).toEqual([]);
    const skipped = results.filter(({ outcome }) => outcome.kind === 'skipped').map(({ check }) => check.name);
    expect(skipped.filter((name) => !name.startsWith('fixed-'))).toEqual(['image-none']);
  });

  it.each(MUTANTS)('catches a driver that %s by %s', async (_what, check, mutant) => {
    expect(await outcomeOf(check)).toEqual({ kind: 'passed' });
    expect(await outcomeOf(check, mutant)).toMatchObject({ kind: 'failed' });
  });

  it('cleans up after itself', async () => {
    const bench = await fakeBench();
    const check = DRIVER_CHECKS.find(({ name }) => name === 'create-many')!;
    let left: readonly string[] = ['unknown'];
    const close = async (): Promise<void> => {
      left = (await bench.cloudInstances?.()) ?? ['unknown'];
    };
    expect(await runDriverCheck(check, async () => ({ ...bench, close }))).toEqual({ kind: 'passed' });
    expect(left).toEqual([]);
  });
});
