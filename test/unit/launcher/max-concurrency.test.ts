import { afterEach, beforeEach, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld(1, { bootTime: 20 });
  // Only what has happened wakes anybody.
  world.poolTick = 3600;
  await world.seedImage();
});
afterEach(() => world.end());

it('the end of a launch lets another pool of the provider launch, though the request it was for waits on', async () => {
  const label = (name: string) => [name, { name, minReady: 0, maxReadyAge: 0 }] as const;
  const zones = ['az1'];
  const left = aPool({ name: 'left', maxServers: 2, labelNames: ['small'], availabilityZones: zones });
  const right = aPool({ name: 'right', maxServers: 2, labelNames: ['big'], availabilityZones: zones });
  const labels = new Map(['small', 'big'].map(label));
  await world.start(aConfig({ labels }, aProvider({ maxConcurrency: 1 }, left, right)));
  const job = await world.accept(await world.submit(['small']));
  const pair = await world.submit(['small', 'small']);
  const other = await world.submit(['big']);
  await world.fulfilled(other);
  expect(world.request(pair)?.state).toBe('pending');
  await world.giveBack(job);
  await world.fulfilled(pair);
});
