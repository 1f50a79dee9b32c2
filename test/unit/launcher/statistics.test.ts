import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNCLAIMED_AGE } from '../../../src/domain/decide/unclaimed-requests.js';
import { UNCLAIMED_REQUESTS } from '../../../src/domain/metrics/launcher-metrics.js';
import { NODE_STATES } from '../../../src/domain/model/node.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage();
});
afterEach(() => world.end());

describe('gauges', () => {
  it('[LAUNCHER 128] exist for every state of all nodes, providers and labels that are registered, zeros included', async () => {
    const { metrics } = await world.start(simpleConfig({ labels: ['small', 'big'] }));
    await world.clock.advance(5);
    for (const state of NODE_STATES) {
      for (const of of ['', 'provider.cloud.', 'label.small.', 'label.big.']) {
        expect([of, state, metrics.gauges.get(`nodepool.${of}nodes.${state}`)]).toEqual([of, state, 0]);
      }
    }
    await world.fulfilled(await world.submit(['big']));
    await world.clock.advance(2);
    expect(metrics.gauges.get('nodepool.nodes.ready')).toBe(1);
    expect(metrics.gauges.get('nodepool.provider.cloud.nodes.ready')).toBe(1);
    expect(metrics.gauges.get('nodepool.label.big.nodes.ready')).toBe(1);
    expect(metrics.gauges.get('nodepool.label.small.nodes.ready')).toBe(0);
  });

  it('[LAUNCHER 129] of nodes come from one of two launchers, and from the other when that is gone', async () => {
    const launchers = [await world.start(simpleConfig()), await world.start(simpleConfig())];
    await world.clock.advance(5);
    const reporting = launchers.filter(({ metrics }) => metrics.gauges.has('nodepool.nodes.ready'));
    expect(reporting).toHaveLength(1);
    const [first] = reporting;
    const second = launchers.find((launcher) => launcher !== first);
    if (first) await world.stop(first);
    await world.eventually('the other one reports', () => second?.metrics.gauges.has('nodepool.nodes.ready') === true);
  });

  it('[LAUNCHER 134] of max-servers are the sum over the pools, and none without a limit', async () => {
    const limited = await world.start(simpleConfig({ maxServers: 7 }));
    const unlimited = await world.start(simpleConfig({ maxServers: Infinity }));
    await world.clock.advance(15);
    expect(limited.metrics.gauges.get('nodepool.provider.cloud.max_servers')).toBe(7);
    expect(unlimited.metrics.gauges.has('nodepool.provider.cloud.max_servers')).toBe(false);
  });
});

describe('a changed configuration that cannot be used [C23]', () => {
  it('shows in a gauge of each launcher, until it is mended', async () => {
    const { metrics, config } = await world.start(simpleConfig());
    await world.clock.advance(1);
    const gauge = (): unknown => [...metrics.gauges].find(([name]) => name.endsWith('.config_mistakes'))?.[1];
    expect(gauge()).toBe(0);
    const mistake = { file: 'nodepool.yaml', line: 3, column: 1, keyPath: 'labels', message: 'm', hint: '' } as const;
    config.mistakes = [{ ...mistake, severity: 'error' }];
    await world.eventually('the gauge tells of it', () => gauge() === 1, 60);
    config.mistakes = [];
    await world.eventually('the gauge tells that it is mended', () => gauge() === 0, 60);
  });
});

describe('a client that is gone for good', () => {
  it('shows in a gauge, and its nodes become free when an operator removes the request [weakness 29]', async () => {
    const { metrics } = await world.start(simpleConfig());
    const id = await world.submit(['small']);
    const [node] = await world.fulfilled(id);
    await world.clock.advance(UNCLAIMED_AGE - 60);
    expect(metrics.gauges.get(UNCLAIMED_REQUESTS)).toBe(0);
    await world.eventually('the gauge tells of it', () => metrics.gauges.get(UNCLAIMED_REQUESTS) === 1, 240);
    expect(world.node(node ?? '')?.allocatedTo).toBe(id);
    expect(await world.client.requests.remove(id)).toBe(true);
    await world.eventually('the node is free', () => world.node(node ?? '')?.allocatedTo === null);
    await world.eventually('the gauge is back', () => metrics.gauges.get(UNCLAIMED_REQUESTS) === 0);
  });
});

describe('launches', () => {
  it('[LAUNCHER 130, 131] are counted attempt by attempt: by result, provider, zone, image and requestor', async () => {
    world.cloud.failNext('create', 1, { metric: 'error.network' });
    world.cloud.failNext('boot', 1, { metric: 'error.status' });
    const { metrics } = await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is ready', () => world.nodes[0]?.state === 'ready');
    for (const result of ['error.network', 'error.status', 'ready']) {
      for (const of of [
        '',
        'provider.cloud.',
        'provider.cloud.az1.',
        'image.image.',
        'requestor.NodePool_min-ready.',
      ]) {
        const name = `nodepool.launch.${of}${result}`;
        expect([name, metrics.counters.get(name), metrics.timings.get(name)?.length]).toEqual([name, 1, 1]);
      }
    }
  });

  it('[LAUNCHER 130] refused for want of quota count as such', async () => {
    world.cloud.failNext('create', 1, { kind: 'quota' });
    const { metrics } = await world.start(simpleConfig());
    await world.fulfilled(await world.submit());
    expect(metrics.counters.get('nodepool.launch.error.quota')).toBe(1);
    expect(metrics.counters.get('nodepool.launch.ready')).toBe(1);
  });

  it('cut off by the loss of the session count as such, and as nothing else', async () => {
    const { metrics, store } = await world.start(simpleConfig());
    world.cloud.set({ bootTime: 20 });
    const id = await world.submit();
    await world.eventually('it boots', () => world.nodes[0]?.externalId !== undefined);
    store.expireSession();
    await world.eventually('the launch is over', () => metrics.counters.has('nodepool.launch.error.zksession'));
    expect([...metrics.counters.keys()].filter((name) => name.startsWith('nodepool.launch.error.'))).toEqual([
      'nodepool.launch.error.zksession',
    ]);
    expect(metrics.counters.get('nodepool.launch.provider.cloud.error.zksession')).toBe(1);
    await world.fulfilled(id);
    expect(metrics.counters.get('nodepool.launch.ready')).toBe(1);
  });
});
