/** What is kept for a request is kept as long as it is held, and given back whatever happens. */
import { afterEach, describe, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';
import type { RunningLauncher } from '../../support/launcher-world.js';

let world: LauncherWorld;
afterEach(() => world.end());

const LIMIT = new Map([['acme', { instances: 1 }]]);

async function begin(seed = 1): Promise<void> {
  world = new LauncherWorld(seed, { bootTime: { min: 0, max: 3 }, deleteTime: { min: 0, max: 2 } });
  await world.seedImage('image', ['cloud', 'two']);
}

describe('[CASE tenant limit 1; one cloud refuses]', () => {
  const two = aProvider(
    { name: 'two', settings: { cloud: 'two' } },
    aPool({ provider: 'two', labelNames: ['small', 'big'] }),
  );
  const one = aProvider({}, aPool({ priority: 1 }));

  /** The most nodes of the tenant that there ever were. */
  function watchTenant(): { most: number } {
    const seen = { most: 0 };
    world.onWrite((path) => {
      if (!path.startsWith('/nodepool/nodes/')) return;
      const all = (world.tree.list('/nodepool/nodes') ?? []).map((id) => world.stored(`/nodepool/nodes/${id}`));
      seen.most = Math.max(seen.most, all.filter((node) => node['tenant_name'] === 'acme').length);
    });
    return seen;
  }

  it('[A3] the request that was refused keeps the share of its tenant: nobody else is let in', async () => {
    await begin();
    const seen = watchTenant();
    const undo = world.cloud.addFault({ target: 'create', effect: 'fail', kind: 'capacity', message: 'no room' });
    const { journal } = await world.start(aConfig({ tenantLimits: LIMIT }, one, two));
    const first = await world.submit({ tenantName: 'acme' });
    await world.pending(first);
    await world.eventually('it was refused', () => world.cloud.count('create').started > 1);
    const second = await world.submit({ nodeTypes: ['big'], tenantName: 'acme' });
    await world.steadily('the second waits', () => world.request(second)?.state === 'requested', 60);
    const said = journal.entries('request', second).flatMap(({ decision }) => decision.because.map(({ code }) => code));
    expect(said).toContain('QUOTA_TENANT');
    undo();
    await world.giveBack(await world.accept(first));
    await world.giveBack(await world.accept(second));
    expect(seen.most).toBe(1);
  });

  it('[A3] never two of the tenant when another launcher serves a second request meanwhile', async () => {
    await begin();
    const seen = watchTenant();
    const undo = world.cloud.addFault({ target: 'create', effect: 'fail', kind: 'capacity', message: 'no room' });
    await world.start(aConfig({ tenantLimits: LIMIT }, one));
    const first = await world.submit({ tenantName: 'acme' });
    await world.pending(first);
    await world.start(aConfig({ tenantLimits: LIMIT }, two));
    const second = await world.submit({ nodeTypes: ['big'], tenantName: 'acme' });
    const served = await world.accept(second);
    undo();
    await world.steadily('the first waits', () => world.request(first)?.state === 'pending', 200);
    await world.giveBack(served);
    await world.eventually('the first is served', () => world.request(first)?.state === 'fulfilled', 300);
    expect(seen.most).toBe(1);
  });

  it('a node that is freed counts against no tenant any more', async () => {
    await begin();
    await world.start(simpleConfig({ top: { tenantLimits: LIMIT } }));
    const first = await world.submit({ tenantName: 'acme' });
    const [node = ''] = await world.fulfilled(first);
    await world.client.requests.remove(first);
    await world.eventually('it is free', () => world.node(node)?.allocatedTo === null);
    expect(world.node(node)?.tenantName).toBeNull();
    expect(await world.fulfilled(await world.submit({ tenantName: 'acme' }))).toEqual([node]);
  });
});

describe('[A3] nothing stays reserved', { timeout: 60_000 }, () => {
  const held = ({ launcher }: RunningLauncher): unknown => [
    Object.values(launcher.reservations.forPool('cloud', 'main')).filter((amount) => amount !== 0),
    Object.values(launcher.reservations.forTenant('acme')).filter((amount) => amount !== 0),
    launcher.launches.of('cloud'),
  ];

  it.each(Array.from({ length: 12 }, (_, at) => at + 1))(
    'after lost sessions and connections (seed %i)',
    async (seed) => {
      await begin(seed);
      const tenantLimits = new Map([['acme', { instances: 2 }]]);
      const config = simpleConfig({ maxServers: 3, top: { tenantLimits } });
      const running = [await world.start(config), await world.start(config)];
      const { random } = world;
      const calls = ['create', 'read', 'list', 'write', 'remove'] as const;
      for (let round = 0; round < 12; round += 1) {
        const tenantName = random.next() < 0.5 ? 'acme' : null;
        await Promise.all(
          [1, 2, 3].map(() =>
            world.submit({
              nodeTypes: random.next() < 0.3 ? ['small', 'small'] : ['small'],
              tenantName,
              eventId: null,
            }),
          ),
        );
        await world.clock.advance(random.next() * 0.5);
        for (const { store } of running) {
          const call = calls[Math.floor(random.next() * calls.length)] ?? 'create';
          const dice = random.next();
          if (dice < 0.3) store.loseNextCall(call);
          else if (dice < 0.6) store.loseNextReply(call);
          else if (dice < 0.8) store.expireSession();
          else if (dice < 0.9) {
            store.loseConnection();
            world.clock.schedule(random.next() * 15, () => store.restoreConnection());
          }
        }
        await world.clock.advance(random.next() * 4);
        for (const { id } of [...world.client.requests.view.all().values()]) await world.client.requests.remove(id);
      }
      for (const { store } of running) store.restoreConnection();
      await world.clock.advance(60);
      for (const each of running) expect(held(each)).toEqual([[], [], 0]);
      // And all of the room is there, at the latest when a record that was cut off from its lock is given up (`INIT_GRACE_ALIVE`).
      const last = await world.submit({ nodeTypes: ['small', 'small', 'small'] });
      await world.eventually('it is served', () => world.request(last)?.state === 'fulfilled', 700);
    },
  );
});
