/** A cloud that is silent, or refuses, at the wrong moment: the start of a provider, and a change of its section. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeFault } from '../../../src/adapters/fake-cloud/fake-faults.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import type { RunningLauncher } from '../../support/launcher-world.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage('image', ['cloud', 'other']);
});
afterEach(() => world.end());

const TROUBLES: readonly (readonly [string, Omit<FakeFault, 'target'>])[] = [
  ['its identity service refuses connections', { effect: 'fail', kind: 'transient', message: 'connect ECONNREFUSED' }],
  ['it is asked too much', { effect: 'fail', kind: 'rate', message: 'Too Many Requests' }],
  ['it has no room', { effect: 'fail', kind: 'capacity', message: 'no room' }],
  ['its quota is used up', { effect: 'fail', kind: 'quota', message: 'Quota exceeded' }],
  ['its password is refused', { effect: 'fail', kind: 'authentication', message: 'Unauthorized' }],
  ['it does not know our project now', { effect: 'fail', kind: 'not-found', message: 'no such project' }],
  ['it does not answer', { effect: 'hang' }],
];

function told({ journal }: RunningLauncher, id: string): unknown {
  const last = journal.entries('request', id).at(-1)?.decision;
  return [last?.verdict, last?.because[0]?.code];
}

describe.each(TROUBLES)('[CASE Keystone closed at the start] when %s', (_what, trouble) => {
  it('[A5] requests wait, with the reason, and are served when the cloud is back', async () => {
    const undo = world.cloud.addFault({ target: 'start', ...trouble });
    const starting = world.start(simpleConfig());
    const id = await world.submit();
    const launcher = await starting;
    await world.steadily('it waits', () => world.request(id)?.state === 'requested', 100);
    expect(told(launcher, id)).toEqual(['wait', 'PROVIDER_NOT_READY']);
    undo();
    await world.eventually('it is served', () => world.request(id)?.state === 'fulfilled', 200);
  });

  it('[CASE max-servers changed while Keystone answers 503] [A5] the old object serves until the new one has started', async () => {
    const { config } = await world.start(simpleConfig({ maxServers: 2 }));
    await world.fulfilled(await world.submit());
    const undo = world.cloud.addFault({ target: 'start', ...trouble });
    config.set(simpleConfig({ maxServers: 4, provider: { settings: { cloud: 'fake', rate: 2 } } }));
    await world.clock.advance(300);
    await world.fulfilled(await world.submit(['small', 'small']));
    undo();
    const before = world.cloud.count('start').ok;
    await world.eventually('the new one starts', () => world.cloud.count('start').ok > before, 200);
    await world.fulfilled(await world.submit());
  });
});

describe('a request that is held', () => {
  it('[A5] waits when its provider is exchanged for one that cannot start', async () => {
    const { config } = await world.start(simpleConfig({ maxServers: 1 }));
    const held = await world.accept(await world.submit());
    const id = await world.submit();
    await world.pending(id);
    world.cloud.addFault({ target: 'start', kind: 'authentication', message: 'Unauthorized', effect: 'fail' });
    config.set(simpleConfig({ maxServers: 1, provider: { settings: { cloud: 'fake', rate: 2 } } }));
    await world.giveBack(held);
    await world.fulfilled(id);
  });
});

describe('a preferred pool whose cloud is silent', () => {
  it('[A5] does not keep requests from the pool that comes after it', async () => {
    world.clouds.cloud('other').addFault({ target: 'start', effect: 'fail', message: 'connect ECONNREFUSED' });
    const preferred = aPool({ provider: 'other', priority: 1 });
    await world.start(
      aConfig({}, aProvider({}, aPool()), aProvider({ name: 'other', settings: { cloud: 'other' } }, preferred)),
    );
    const [node = ''] = await world.fulfilled(await world.submit());
    expect(world.node(node)?.provider).toBe('cloud');
  });
});

describe('[CASE three launchers, limits that others lower for a moment]', () => {
  it('[A10] a request for two waits while others use all but one, and is served when they are gone', async () => {
    world.cloud.set({ quota: { instances: 2 } });
    const foreign = world.cloud.addForeignServer({ instances: 1 });
    const launchers = [1, 2, 3].map(() => world.start(simpleConfig()));
    const [first] = await Promise.all(launchers);
    const id = await world.submit(['small', 'small']);
    await world.steadily('it waits', () => world.request(id)?.state === 'requested', 60);
    expect(first && told(first, id)).toEqual(['wait', 'QUOTA_PROVIDER']);
    world.cloud.removeServer(foreign);
    await world.eventually('it is served', () => world.request(id)?.state === 'fulfilled', 60);
  });
});
