import { afterEach, describe, expect, it } from 'vitest';
import { GuardedDriver } from '../../../src/apps/plugins/containment/guarded-driver.js';
import type { AccountInstance, InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import type { RunningLauncher } from '../../support/launcher-world.js';
import { LauncherWorld } from '../../support/launcher-world.js';
import { PLAIN_PROVIDER } from '../../support/plain-provider.js';

/** An account that outlives stores and launchers. */
class Account {
  readonly machines = new Map<string, AccountInstance>();
  listed = 0;

  /** A driver that finds machines again by what `keyOf` says. */
  driver(keyOf: (spec: InstanceSpec) => string): GuardedDriver {
    const provider: Provider = {
      ...PLAIN_PROVIDER,
      create: async (spec) => {
        const externalId = keyOf(spec);
        if (!this.machines.has(externalId)) {
          this.machines.set(externalId, { externalId, metadata: spec.metadata, resources: { instances: 1 } });
        }
        return externalId;
      },
      waitUntilRunning: async () => ({ interfaceIp: '192.0.2.1', hostKeys: [] }) as never,
      delete: async (id) => void this.machines.delete(id),
      list: async () => {
        this.listed += 1;
        // A moment, in which the next ones that ask come to share it.
        await new Promise((resolve) => setImmediate(resolve));
        return [...this.machines.values()];
      },
    };
    return new GuardedDriver({
      apiVersion: '1.0',
      name: 'shed',
      version: '1',
      capabilities: { images: false, quota: true, leaks: true, zones: false, console: false },
      configSchema: {},
      createProvider: () => provider,
    });
  }
}

const account = new Account();
const worlds: LauncherWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
  account.machines.clear();
  account.listed = 0;
});

/** Another installation with the same account and provider name; or the same one after its store was lost. */
function installation(keyOf: (spec: InstanceSpec) => string): LauncherWorld {
  const world = new LauncherWorld(worlds.length + 1, {}, worlds[0]);
  world.drivers.set('shed', account.driver(keyOf));
  worlds.push(world);
  return world;
}

function start(world: LauncherWorld, maxServers = 5): Promise<RunningLauncher> {
  const image = { kind: 'cloud-image', name: 'wood' } as const;
  const wood = {
    name: 'wood',
    imageId: null,
    imageName: null,
    configDrive: null,
    username: null,
    pythonPath: 'auto',
    shellType: null,
    connectionType: 'ssh',
    connectionPort: 22,
  };
  const pool = aPool({ maxServers });
  const labels = new Map([...pool.labels].map(([name, label]) => [name, { ...label, image }]));
  const provider = aProvider({ driver: 'shed', cloudImages: new Map([['wood', wood]]) }, { ...pool, labels });
  return world.start(aConfig({}, provider));
}

const byNumber = ({ nodeId }: InstanceSpec): string => `cloud-${nodeId}`;
const byKey = ({ idempotencyKey }: InstanceSpec): string => idempotencyKey;

/** A machine of an earlier life that nobody has deleted, with the first number that comes again. */
async function aUsedMachine(keyOf: (spec: InstanceSpec) => string): Promise<string> {
  const before = installation(keyOf);
  await start(before);
  const [node] = await before.accept(await before.submit());
  expect(node?.current.value.externalId).toBeDefined();
  return String(node?.current.value.externalId);
}

describe('a machine of an earlier life, its store lost [CASE driver package whose create key is provider and node number]', () => {
  it('is never handed out, even if the driver goes by provider and node number', async () => {
    const used = await aUsedMachine(byNumber);
    const world = installation(byNumber);
    const { metrics } = await start(world);
    const id = await world.submit();
    await world.failed(id);
    expect(world.nodes.filter(({ externalId }) => externalId === used)).toEqual([]);
    // It is not ours to delete either.
    expect([...account.machines.keys()]).toEqual([used]);
    expect(metrics.counters.get('nodepool.driver.cloud.fault.used')).toBeGreaterThan(0);
    expect(world.logger.messages('warn').join('\n')).toMatch(/misbehaves: create answers a machine of another node/);
  });

  it('is no matter to a driver that goes by the key', async () => {
    const used = await aUsedMachine(byKey);
    const world = installation(byKey);
    await start(world);
    const [node] = await world.accept(await world.submit());
    expect(node?.current.value.externalId).not.toBe(used);
    expect(account.machines.size).toBe(2);
  });

  it('costs one look at the account for all that are launched together', async () => {
    const world = installation(byKey);
    await start(world, 50);
    const before = account.listed;
    await world.accept(await world.submit(Array.from({ length: 40 }, () => 'small')));
    expect(account.listed - before).toBeLessThan(12);
  });
});

describe('two installations with one account and one provider name [A9]', () => {
  it('neither hands out, counts as its own or deletes what the other has', async () => {
    const [ours, theirs] = [installation(byKey), installation(byKey)];
    await start(ours, 3);
    await start(theirs, 3);
    const here = await ours.accept(await ours.submit(['small', 'small', 'small']));
    const there = await theirs.accept(await theirs.submit(['small', 'small', 'small']));
    expect(there.map(({ id }) => id).sort()).toEqual(here.map(({ id }) => id).sort());
    expect(account.machines.size).toBe(6);
    await ours.giveBack(here);
    await ours.noNodes();
    // Looks for leaks come every minute, and two in a row would do.
    await ours.clock.advance(600);
    expect(account.machines.size).toBe(3);
    for (const { current } of there) expect(account.machines.has(String(current.value.externalId))).toBe(true);
    await ours.accept(await ours.submit(['small', 'small', 'small']));
  });

  it('each delete what they lost themselves, and nothing else', async () => {
    const [ours, theirs] = [installation(byKey), installation(byKey)];
    await start(ours);
    await start(theirs);
    const [there] = await theirs.fulfilled(await theirs.submit());
    const [here] = await ours.fulfilled(await ours.submit());
    expect(here).toBe(there);
    ours.tree.remove(`/nodepool/nodes/${String(here)}/lock`);
    ours.tree.remove(`/nodepool/nodes/${String(here)}`);
    await ours.eventually('the lost one is deleted', () => account.machines.size === 1, 200);
    expect([...account.machines.keys()]).toEqual([theirs.node(String(there))?.externalId]);
  });
});
