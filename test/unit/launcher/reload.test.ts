import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodepoolConfig, ProviderConfig } from '../../../src/domain/config/config.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage('image', ['cloud', 'other']);
});
afterEach(() => world.end());

const CLOUD = aProvider({}, aPool({ availabilityZones: ['az1'] }));

function other(change: Partial<ProviderConfig> = {}): ProviderConfig {
  const pool = aPool({ provider: 'other', labelNames: ['big'], availabilityZones: ['az1'] });
  return aProvider({ name: 'other', settings: { cloud: 'other' }, ...change }, pool);
}

function both(): NodepoolConfig {
  return aConfig({}, CLOUD, other());
}

function ids(): readonly string[] {
  return world.client.launchers.view.pools().map((pool) => pool.id);
}

describe('a launcher', () => {
  it('[LAUNCHER 28] has another id after a restart', async () => {
    const first = await world.start(simpleConfig(), 'host');
    const before = ids();
    await world.stop(first);
    await world.eventually('it is not registered any more', () => ids().length === 0);
    await world.start(simpleConfig(), 'host');
    await world.eventually('it is registered', () => ids().length === 1);
    expect(before[0]).toMatch(/^host-PoolWorker\.cloud-main-[0-9a-f]{32}$/);
    expect(ids()[0]).toMatch(/^host-PoolWorker\.cloud-main-[0-9a-f]{32}$/);
    expect(ids()).not.toEqual(before);
  });
});

describe('a provider', () => {
  it('[LAUNCHER 123] whose section changes finishes its launches with the old object', async () => {
    world.cloud.set({ bootTime: 30 });
    const { config } = await world.start(simpleConfig());
    const id = await world.submit();
    await world.eventually('it boots', () => world.cloud.servers[0]?.status === 'building');
    const [node] = world.nodes;
    config.set(simpleConfig({ provider: { settings: { cloud: 'fake', rate: 2 } } }));
    await world.eventually('the new object is there', () => world.cloud.count('start').ok === 2);
    expect(await world.fulfilled(id)).toEqual([node?.id]);
    expect(world.cloud.count('create').started).toBe(1);
    await world.fulfilled(await world.submit());
  });

  it('[LAUNCHER 126] that is removed while it launches lets go of its requests, and its nodes are cleaned up', async () => {
    const cloud = world.clouds.cloud('other');
    cloud.set({ bootTime: 30 });
    const { config } = await world.start(both());
    const id = await world.submit(['big']);
    await world.eventually('it boots', () => cloud.servers[0]?.status === 'building');
    config.set(aConfig({}, CLOUD));
    const request = await world.failed(id);
    expect(request.declinedBy.some((decliner) => decliner.includes('cloud-main'))).toBe(true);
    await world.eventually('it is unlocked', () => !world.locked(`/nodepool/requests-lock/${id}`), 2);
    await world.noNodes();
    expect(cloud.servers).toEqual([]);
  });

  it('that is removed is kept for the cleanup until its last node is gone (weakness 21)', async () => {
    const { config, services } = await world.start(both());
    const { providers } = services;
    const held = await world.accept(await world.submit(['big']));
    config.set(aConfig({}, CLOUD));
    await world.steadily('its node is in use', () => world.nodes.length === 1);
    expect(providers.leaving()).toEqual(['other']);
    await world.giveBack(held);
    await world.noNodes();
    expect(world.clouds.cloud('other').servers).toEqual([]);
    expect(providers.names()).toEqual(['cloud']);
  });

  it('that is removed and comes back serves again with the object it had', async () => {
    const { config, services } = await world.start(both());
    const held = await world.accept(await world.submit(['big']));
    config.set(aConfig({}, CLOUD));
    await world.clock.advance(5);
    config.set(both());
    await world.fulfilled(await world.submit(['big']));
    expect(services.providers.leaving()).toEqual([]);
    expect(world.clouds.cloud('other').count('start').ok).toBe(1);
    await world.giveBack(held);
  });

  it('that has moved to another launcher is left to it', async () => {
    const { config, services } = await world.start(both());
    const held = await world.accept(await world.submit(['big']));
    await world.start(aConfig({}, other()));
    config.set(aConfig({}, CLOUD));
    await world.clock.advance(5);
    expect(services.providers.names()).toEqual(['cloud']);
    await world.giveBack(held);
    await world.noNodes();
  });

  it('that is removed without any node is dropped at once', async () => {
    const { config, services } = await world.start(both());
    config.set(aConfig({}, CLOUD));
    expect(services.providers.names()).toEqual(['cloud']);
  });
});
