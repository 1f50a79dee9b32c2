/** Promises whose breach nothing else shows at once: each was found by planting a defect (docs/mutations.md). */
import { afterEach, describe, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;
afterEach(() => world.end());

async function begin(): Promise<void> {
  world = new LauncherWorld();
  await world.seedImage();
}

const creates = (): number => world.cloud.count('create').started;

describe('a launch', () => {
  it('leaves no broken server behind: it is deleted before the next attempt', async () => {
    await begin();
    world.cloud.failNext('boot');
    await world.start(simpleConfig());
    await world.fulfilled(await world.submit());
    expect(creates()).toBe(2);
    expect(world.cloud.servers).toHaveLength(1);
  });

  it('uses the newest upload that is ready, not a newer one on its way out', async () => {
    await begin();
    await world.clock.advance(10);
    await world.seedImage('image', ['cloud'], '0000000002');
    const upload = '/nodepool/images/image/builds/0000000002/providers/cloud/images/0000000001';
    world.meddle(upload, { state: 'deleting' });
    await world.start(simpleConfig());
    const [node = ''] = await world.fulfilled(await world.submit());
    expect(world.node(node)?.imageId).toContain('/builds/0000000001/');
  });

  it('waits a while after a quota error, longer after each in a row, and begins anew after a success', async () => {
    await begin();
    world.cloud.failNext('create', 3, { kind: 'quota', message: 'Quota exceeded' });
    await world.start(simpleConfig());
    const first = await world.submit();
    await world.eventually('it was refused', () => creates() === 1);
    await world.steadily('it is left in peace', () => creates() === 1, 4);
    await world.fulfilled(first);
    expect(creates()).toBe(4);
    world.cloud.failNext('create', 1, { kind: 'quota', message: 'Quota exceeded' });
    const again = await world.submit({ nodeTypes: ['small', 'small'] });
    const begun = world.clock.monotonic();
    await world.fulfilled(again);
    expect(world.clock.monotonic() - begun).toBeLessThan(15);
  });

  it('waits for what others use of the account', async () => {
    await begin();
    world.cloud.set({ quota: { instances: 1 } });
    const id = world.cloud.addForeignServer({ instances: 1 });
    await world.start(simpleConfig());
    const request = await world.submit();
    await world.steadily('nothing is created', () => creates() === 0, 20);
    world.cloud.removeServer(id);
    await world.eventually('it is served', () => world.request(request)?.state === 'fulfilled', 400);
  });
});

describe('a free node', () => {
  it('that went over to another pool just before its lock is left alone', async () => {
    await begin();
    await world.start(simpleConfig({ maxServers: 3 }));
    const first = await world.submit();
    const [node = ''] = await world.fulfilled(first);
    await world.client.requests.remove(first);
    await world.eventually('it is free', () => world.node(node)?.allocatedTo === null);
    world.onceLocking(`/nodepool/nodes/${node}/lock`, () =>
      world.meddle(`/nodepool/nodes/${node}`, { pool: 'another' }),
    );
    expect(await world.fulfilled(await world.submit())).not.toContain(node);
  });

  it('is what a request leaves behind that could not get its other nodes', async () => {
    await begin();
    world.cloud.addFault({ target: 'create', effect: 'fail', when: ({ name }) => String(name).startsWith('big') });
    await world.start(simpleConfig({ labels: ['small', 'big'] }));
    const id = await world.submit(['small', 'big']);
    await world.failed(id);
    await world.eventually('its node is free', () =>
      world.nodes.some(({ state, allocatedTo }) => state === 'ready' && allocatedTo === null),
    );
    expect(world.request(id)?.state).toBe('failed');
  });
});

describe('a tenant', () => {
  it('has its share kept for a node that its request has to wait for', async () => {
    await begin();
    const pools = [aPool({ maxServers: 2 }), aPool({ name: 'extra', maxServers: 2, labelNames: ['big'] })];
    await world.start(aConfig({ tenantLimits: new Map([['acme', { instances: 2 }]]) }, aProvider({}, ...pools)));
    const held = await world.accept(await world.submit());
    const first = await world.submit({ nodeTypes: ['small', 'small'], tenantName: 'acme' });
    await world.pending(first);
    const second = await world.submit({ nodeTypes: ['big'], tenantName: 'acme' });
    await world.steadily('the second waits', () => world.request(second)?.state === 'requested', 20);
    await world.giveBack(held);
    await world.giveBack(await world.accept(first));
    await world.giveBack(await world.accept(second));
  });
});
