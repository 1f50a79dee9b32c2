/** Launchers that die between a cloud's answer to a create and the writing of the id. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDriver } from '../../../src/adapters/fake-cloud/fake-driver.js';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import type { Provider } from '../../../src/ports/compute/provider.js';
import { aNode } from '../../support/builders.js';
import type { RunningLauncher } from '../../support/launcher-world.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;
/** Called when the cloud has made an instance; the launcher hears of it only if this does not answer true. */
let struck: () => boolean;

/** The fake driver whose answers to a create may come too late. */
class LateDriver extends FakeDriver {
  override createProvider(config: ProviderConfig): Provider {
    const provider = super.createProvider(config);
    const create = provider.create.bind(provider);
    provider.create = async (...call) => {
      const id = await create(...call);
      return struck() ? new Promise<string>(() => undefined) : id;
    };
    return provider;
  }
}

beforeEach(async () => {
  world = new LauncherWorld(3, { bootTime: 2, deleteTime: 1 });
  world.drivers.set('fake', new LateDriver(world.clouds));
  struck = () => false;
  await world.seedImage();
});
afterEach(() => world.end());

describe('[CASE launcher killed after the cloud’s answer to create, 20 times]', () => {
  it('[A4] leaves never more servers than max-servers + 1, and all are gone soon after', async () => {
    const id = await world.submit();
    let most = 0;
    for (let life = 0; life < 20; life += 1) {
      let running: RunningLauncher | null = null;
      let dead = false;
      struck = () => {
        dead = true;
        return true;
      };
      running = await world.start(simpleConfig({ maxServers: 1 }), 'launcher');
      await world.eventually('it is struck', () => dead);
      await world.kill(running);
      most = Math.max(most, world.cloud.servers.length);
    }
    struck = () => false;
    await world.start(simpleConfig({ maxServers: 1 }), 'launcher');
    await world.giveBack(await world.accept(id));
    await world.eventually('all are gone', () => world.cloud.servers.length === 0, 30);
    expect(most).toBeLessThanOrEqual(2);
    await world.noNodes();
  });
});

describe('[A4] a node whose record knows no instance', () => {
  const left = (state: 'building' | 'init' | 'failed' | 'deleting'): Promise<{ readonly id: string }> =>
    world.client.nodes.create(aNode({ state, launcher: 'dead', az: 'az1', stateTime: world.clock.now() }));
  const server = (node: string, more: Record<string, string> = {}): string =>
    world.cloud.addForeignServer(
      { instances: 1 },
      { nodepool_provider_name: 'cloud', nodepool_node_id: node, ...more },
    );

  beforeEach(() => world.client.open(['nodes']));

  it.each(['building', 'init', 'failed', 'deleting'] as const)(
    'in %s has its instance deleted first',
    async (state) => {
      const { id } = await left(state);
      server(id);
      const other = server('9999999999', { nodepool_installation_id: 'another' });
      const elsewhere = server(id, { nodepool_installation_id: 'another' });
      let serversAtTheEnd = -1;
      world.client.nodes.view.onChange((change) => {
        if (change.kind === 'removed') serversAtTheEnd = world.cloud.servers.length;
      });
      await world.start(simpleConfig());
      await world.eventually('it is gone', () => world.node(id) === undefined, 700);
      expect(serversAtTheEnd).toBe(2);
      expect(world.cloud.servers.map((each) => each.id).sort()).toEqual([other, elsewhere].sort());
    },
  );

  it('stays while the cloud cannot be asked', async () => {
    const { id } = await left('building');
    server(id);
    const undo = world.cloud.addFault({ target: 'list', effect: 'fail' });
    await world.start(simpleConfig());
    await world.steadily('it stays', () => world.node(id) !== undefined, 60);
    undo();
    await world.eventually('it is gone', () => world.node(id) === undefined, 60);
    expect(world.cloud.servers).toEqual([]);
  });

  it('asks once for many', async () => {
    for (let count = 0; count < 50; count += 1) await left('building');
    await world.start(simpleConfig());
    const before = world.cloud.count('list').started;
    await world.noNodes();
    expect(world.cloud.count('list').started - before).toBeLessThan(10);
  });
});
