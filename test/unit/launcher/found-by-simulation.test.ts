/** Defects that the simulation has found, each as the shortest story that shows it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import type { Reason } from '../../../src/domain/explain/reason.js';
import type { NodeRequest } from '../../../src/domain/model/request.js';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import type { RecordLease } from '../../../src/ports/records/record-lease.js';
import { aConfig, aNode, aPool, aProvider } from '../../support/builders.js';
import type { RunningLauncher } from '../../support/launcher-world.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

const free = (): number => world.nodes.filter((node) => node.state === 'ready' && node.allocatedTo === null).length;

describe('min-ready', () => {
  it('leaves no request behind when it becomes 0 while nodes are being launched', async () => {
    await world.seedImage();
    world.cloud.set({ bootTime: 20 });
    const { config } = await world.start(simpleConfig({ minReady: 2 }));
    await world.eventually('both are being launched', () => world.nodes.length === 2);
    config.set(simpleConfig({ minReady: 0 }));
    await world.eventually('both are free', () => free() === 2);
    await world.eventually('the requests are gone', () => world.client.requests.view.all().size === 0);
  });

  it('is kept by a launcher that can launch the label, not by whoever was there first', async () => {
    await world.seedImage('image', ['cloud']);
    const labels = simpleConfig({ minReady: 1 }).labels;
    await world.start(aConfig({ labels }, aProvider({ name: 'other' }, aPool({ provider: 'other' }))));
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is free', () => free() === 1);
    expect(world.nodes[0]?.provider).toBe('cloud');
  });

  it('goes over to another launcher when the first cannot launch the label any more', async () => {
    await world.seedImage('image', ['cloud']);
    const first = await world.start(simpleConfig({ minReady: 1 }));
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is free', () => free() === 1);
    first.config.set(simpleConfig({ minReady: 1, maxServers: 0 }));
    const held = await world.accept(await world.submit());
    await world.eventually('another is free', () => free() === 1);
    await world.giveBack(held);
  });

  it('requests of other launchers are left to them', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is free', () => free() === 1);
    const id = await world.submit({ nodeTypes: ['small'], requestor: MIN_READY_REQUESTOR, reuse: false }, '900');
    await world.fulfilled(id);
    await world.steadily('it stays', () => world.request(id)?.state === 'fulfilled');
  });
});

describe('a request that everybody has declined but a pool that is going away', () => {
  it('fails when that pool is gone', async () => {
    await world.seedImage();
    const store = await anotherPool();
    await world.start(simpleConfig({ maxServers: 0 }));
    const id = await world.submit();
    await world.eventually('we have declined', () => world.request(id)?.declinedBy.length === 1);
    await world.steadily('it waits for the other', () => world.request(id)?.state === 'requested');
    await store.close();
    await world.failed(id);
  });
});

describe('a node that nobody began to launch', () => {
  it('is gone in time although the clock was set back since', async () => {
    await world.seedImage();
    await world.client.open(['nodes']);
    await world.start(simpleConfig());
    const ahead = 3000;
    world.clock.jump(ahead);
    const left = aNode({ state: 'init', stateTime: world.clock.now(), launcher: 'dead', az: 'az1' });
    const { id } = await world.client.nodes.create(left);
    await world.clock.advance(5);
    world.clock.jump(-ahead);
    await world.eventually('it is gone', () => world.node(id) === undefined, 200);
  });
});

describe('what a pool says of a request', () => {
  const verdicts = ({ journal }: RunningLauncher, id: string): readonly string[] =>
    journal.entries('request', id).map(({ decision }) => [decision.verdict, ...codesOf(decision)].join(' '));

  /** A lock of the client, as another launcher takes it. */
  async function taken(id: string): Promise<RecordLease<NodeRequest>> {
    const outcome = await world.client.requests.lock(id);
    if (outcome.kind !== 'locked') throw new Error(outcome.kind);
    return outcome.lease;
  }

  it('is not that it has declined it when somebody else was there first', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig({ maxServers: 0 }));
    const id = await world.submit();
    const lease = await taken(id);
    await world.clock.advance(3);
    expect(verdicts(running, id)).toEqual(['wait REQUEST_LOCKED']);
    await lease.update({ state: 'pending' });
    await world.clock.advance(3);
    expect(verdicts(running, id)).toEqual(['ignore NOT_REQUESTED']);
    await lease.release();
  });

  it('is taken back when somebody else begins with it just as the pool stands for its lock', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig({ maxServers: 0 }));
    const id = await world.submit();
    const lease = await taken(id);
    running.config.set(simpleConfig());
    world.onceLocking(`/nodepool/requests-lock/${id}`, () =>
      world.meddle(`/nodepool/requests/${id}`, { state: 'pending' }),
    );
    await world.clock.advance(5);
    expect(world.stored(`/nodepool/requests/${id}`)).toMatchObject({ state: 'pending' });
    expect(verdicts(running, id)).toEqual(['ignore NOT_REQUESTED']);
    await lease.release();
  });

  it('is taken back when somebody else took it while the connection was lost', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig({ maxServers: 0 }));
    const id = await world.submit();
    const lease = await taken(id);
    running.config.set(simpleConfig());
    await world.eventually('it waits', () => verdicts(running, id)[0] === 'wait REQUEST_LOCKED');
    running.store.loseConnection();
    await lease.update({ state: 'pending' });
    await world.clock.advance(1);
    running.store.restoreConnection();
    await world.eventually('it is taken back', () => verdicts(running, id)[0] === 'ignore NOT_REQUESTED');
    await lease.release();
  });

  it('is that it has declined it even if it never learned so', async () => {
    await world.seedImage();
    const other = await anotherPool();
    const running = await world.start(simpleConfig({ maxServers: 0 }));
    running.store.loseNextReply('write');
    const id = await world.submit();
    await world.eventually('the decline is written', () => world.request(id)?.declinedBy.length === 1);
    await world.clock.advance(5);
    expect(verdicts(running, id)).toEqual(['decline ALREADY_DECLINED']);
    await other.close();
  });
});

function codesOf({ because }: { readonly because: readonly Reason[] }): readonly string[] {
  return because.map(({ code }) => code);
}

/** A pool that offers something else, and decides about nothing. */
async function anotherPool(): Promise<MemoryTreeStore> {
  const store = world.open();
  const record = { id: 'other', provider_name: 'elsewhere', supported_labels: ['rare'] };
  const data = new TextEncoder().encode(JSON.stringify(record));
  await store.create('/nodepool/launchers/other', data, { ephemeral: true, makeParents: true });
  return store;
}
