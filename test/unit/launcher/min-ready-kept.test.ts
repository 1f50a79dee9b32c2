/** Requests for ready nodes that others change, or that nobody ends. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage('image', ['cloud', 'other']);
});
afterEach(() => world.end());

const free = (): number => world.nodes.filter((node) => node.state === 'ready' && node.allocatedTo === null).length;
const minReady = (): readonly string[] =>
  [...world.client.requests.view.all().values()]
    .filter(({ value }) => value.requestor === MIN_READY_REQUESTOR)
    .map(({ id }) => id);

describe('[CASE own min-ready request rewritten by Python <= 3.11, which drops event_id]', () => {
  it('[A7] is known as ours all the same, taken back when done, and its node is free', async () => {
    world.cloud.set({ bootTime: 10 });
    await world.start(simpleConfig({ minReady: 2 }));
    await world.eventually('both are asked for', () => minReady().length === 2);
    for (const id of minReady()) world.meddle(`/nodepool/requests/${id}`, { event_id: undefined });
    await world.eventually('both are free', () => free() === 2);
    await world.eventually('the requests are gone', () => minReady().length === 0);
    await world.steadily('no more are made', () => world.nodes.length === 2);
  });

  it('[A7] even when it is rewritten before we have heard that it was made', async () => {
    world.cloud.set({ bootTime: 10 });
    const rewritten = new Set<string>();
    world.onWrite((path, record) => {
      if (!path.startsWith('/nodepool/requests/') || rewritten.has(path) || record['event_id'] === undefined) return;
      rewritten.add(path);
      world.meddle(path, { event_id: undefined });
    });
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('it is free', () => free() === 1);
    await world.eventually('the request is gone', () => minReady().length === 0);
    expect(rewritten.size).toBe(1);
  });
});

describe('[CASE two providers, the first declines for lack of room]', () => {
  const one = aProvider({}, aPool({ maxServers: 1 }));
  const two = aProvider(
    { name: 'other', settings: { cloud: 'other' } },
    aPool({ provider: 'other', labelNames: ['small', 'big'], maxServers: 1 }),
  );
  const labels = new Map([
    ['small', { name: 'small', minReady: 1, maxReadyAge: 0 }],
    ['big', { name: 'big', minReady: 0, maxReadyAge: 0 }],
  ]);

  it('[A7] ready nodes are made again when its node is deleted, although the other pool is still at capacity', async () => {
    const first = await world.start(aConfig({}, one, two));
    const there = await world.accept(await world.submit(['big']));
    const here = await world.accept(await world.submit(['small']));
    const waiting = await world.submit(['big']);
    await world.pending(waiting);
    first.config.set(aConfig({ labels }, one, two));
    await world.clock.advance(100);
    expect(free()).toBe(0);
    await world.giveBack(here);
    await world.eventually('one is ready', () => free() === 1, 90);
    expect(world.request(waiting)?.state).toBe('pending');
    await world.giveBack(there);
  });

  it('[A7] also when another launcher never says anything', async () => {
    const store = world.open();
    const record = { id: 'python-1', provider_name: 'elsewhere', supported_labels: ['small'] };
    const data = new TextEncoder().encode(JSON.stringify(record));
    await store.create('/nodepool/launchers/python-1', data, { ephemeral: true, makeParents: true });
    await world.start(simpleConfig({ maxServers: 1, minReady: 0, labels: ['small'] }));
    const here = await world.accept(await world.submit(['small']));
    await world.start(simpleConfig({ maxServers: 1, minReady: 1, labels: ['small'] }));
    await world.clock.advance(100);
    expect(free()).toBe(0);
    await world.giveBack(here);
    await world.eventually('one is ready', () => free() === 1, 90);
    await store.close();
  });
});
