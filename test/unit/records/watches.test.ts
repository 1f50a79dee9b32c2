import { afterEach, beforeEach, expect, it } from 'vitest';
import { litter, tidy } from '../../support/foreign-garbage.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;
beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

it('[B13] watches on paths that are gone are given up', async () => {
  await world.seedImage();
  await world.start(simpleConfig({}));
  await world.clock.advance(10);
  const before = world.tree.watches.size;
  for (let round = 0; round < 5; round += 1) {
    const made = await litter(world.clientStore, round, 20, world.clock.now());
    await world.clock.advance(10);
    await tidy(world.clientStore, made);
    await world.clock.advance(10);
  }
  await world.clock.advance(120);
  expect(world.tree.watches.size).toBeLessThanOrEqual(before + 6);
});
