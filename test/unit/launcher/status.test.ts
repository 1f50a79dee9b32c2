import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;
beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage();
});
afterEach(() => world.end());

describe('the status of a launcher', () => {
  it('says of each worker what it does, and of each request what it has and waits for [BUILDER 139]', async () => {
    const { launcher } = await world.start(simpleConfig({ maxServers: 1 }));
    const held = await world.accept(await world.submit());
    const waiting = await world.submit();
    await world.pending(waiting);
    const status = launcher.status();
    expect(status.map(({ worker }) => worker)).toEqual([
      'Launcher',
      'PoolWorker cloud-main',
      'NodeReaper',
      'MinReady',
      'FixedMachines',
    ]);
    expect(status[0]).toMatchObject({ doing: 'runs, session connected' });
    expect(status[0]?.details).toContain('the routine cleanup');
    expect(status[1]?.doing).toMatch(/^waits for a change, \d+ open requests$/);
    expect(status[1]?.details).toContain(
      `request ${waiting}: 0 of 1 nodes there, 0 on their way, waits for QUOTA_POOL owner cloud/main resource instances used 1 limit 1 need 1`,
    );
    await world.giveBack(held);
    await world.fulfilled(waiting);
  });
});
