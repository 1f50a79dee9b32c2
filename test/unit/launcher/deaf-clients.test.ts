/** Clients that set their watch only after they have created their request, and never look by themselves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld(1, { bootTime: 0 });
  await world.seedImage();
});
afterEach(() => world.end());

/** The state of the request, past all mirrors. */
const state = (id: string): unknown => world.stored(`/nodepool/requests/${id}`)['state'];

describe('[CASE Jenkins plug-in: its watch comes after its create]', () => {
  it.each([{ jenkins_label: 'small' }, { build_id: '17' }])(
    '[C22] a request with %j is not fulfilled within its first second, and at once then',
    async (extra) => {
      await world.start(simpleConfig({ minReady: 1 }));
      await world.eventually('one is ready', () => world.nodes[0]?.state === 'ready');
      const id = await world.submit({ extra });
      await world.steadily('it is not decided', () => state(id) !== 'fulfilled' && state(id) !== 'failed', 0.99);
      await world.eventually('it is fulfilled', () => state(id) === 'fulfilled', 0.3);
    },
  );

  it('[C22] nor is it failed', async () => {
    await world.start(simpleConfig());
    const id = await world.submit({ nodeTypes: ['unknown'], extra: { jenkins_label: 'unknown' } });
    await world.steadily('it is not decided', () => state(id) === 'requested', 0.99);
    await world.eventually('it has failed', () => state(id) === 'failed', 0.3);
  });

  it('[C22] others are answered at once', async () => {
    await world.start(simpleConfig());
    const id = await world.submit({ extra: { some_key: 1 } });
    await world.eventually('it is fulfilled', () => state(id) === 'fulfilled', 0.5);
    const failing = await world.submit(['unknown']);
    await world.eventually('it has failed', () => state(failing) === 'failed', 0.5);
  });

  it('[C22] is put back when the launcher stops meanwhile', async () => {
    const running = await world.start(simpleConfig());
    const id = await world.submit({ extra: { jenkins_label: 'small' } });
    await world.eventually('its node is ready', () => world.nodes[0]?.state === 'ready', 0.5);
    await world.stop(running);
    expect(state(id)).toBe('requested');
  });
});
