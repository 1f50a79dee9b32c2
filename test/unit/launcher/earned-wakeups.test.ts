/** Pools that look again by themselves only once an hour: whatever time alone changes has to wake them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aConfig, aNode, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld(5);
  world.poolTick = 3600;
  await world.seedImage();
});
afterEach(() => world.end());

describe('a pool is woken', () => {
  it('when a request has waited long enough for one of another launcher that waits for it', async () => {
    const common = { nodeTypes: ['small', 'small'] };
    const theirs = await world.submit({ ...common, state: 'pending' });
    const locked = await world.client.requests.lock(theirs);
    expect(locked.kind).toBe('locked');
    await world.client.nodes.create(
      aNode({ state: 'ready', allocatedTo: theirs, az: 'az1', stateTime: world.clock.now() }),
    );
    const ours = await world.submit(common, '300');
    const has = (): number => world.nodes.filter((node) => node.allocatedTo === ours).length;
    await world.start(simpleConfig({ maxServers: 2 }));
    await world.eventually('ours has one', () => has() === 1);
    await world.eventually('ours has let go', () => has() === 0 && world.request(ours)?.state === 'requested', 30);
  });

  it('when a probe of a silent cloud has been without an answer for long enough', async () => {
    world.cloud.addFault({ target: 'create', effect: 'hang' });
    await world.start(simpleConfig());
    await world.submit();
    await world.clock.advance(61);
    await world.submit();
    await world.submit();
    const creates = (): number => world.cloud.calls.filter(({ kind }) => kind === 'create').length;
    await world.eventually('it is probed', () => creates() === 2, 20);
    await world.eventually('it is probed again', () => creates() === 3, 100);
  });

  it('when it is time to ask again what others use of the account', async () => {
    world.cloud.set({ quota: { instances: 2 } });
    const foreign = world.cloud.addForeignServer({ instances: 1 });
    await world.start(simpleConfig());
    const id = await world.submit(['small', 'small']);
    await world.steadily('it waits', () => world.request(id)?.state === 'requested', 60);
    world.cloud.removeServer(foreign);
    await world.eventually('it is served', () => world.request(id)?.state === 'fulfilled', 60);
  });

  it('when a launch of another pool has ended, while others of the same request go on', async () => {
    world.cloud.addFault({ target: 'boot', effect: 'hang', times: 1 });
    const extra = aPool({ name: 'extra', labelNames: ['big'] });
    const main = aPool({ labelNames: ['small'] });
    await world.start(aConfig({}, aProvider({ maxConcurrency: 2 }, main, extra)));
    await world.submit(['small', 'small']);
    const big = await world.submit(['big']);
    const servers = (): number => world.cloud.calls.filter(({ kind }) => kind === 'create').length;
    await world.eventually('both are being launched', () => servers() === 2);
    await world.eventually('the other pool is served', () => world.request(big)?.state === 'fulfilled', 30);
  });
});
