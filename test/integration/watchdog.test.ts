import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/daemon-build.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { ServiceManager, withoutSystemd } from '../support/service-manager.js';

const PRELOAD = pathToFileURL(join(ROOT, 'test/fixtures/programs/spin-on-sigurg.mjs')).href;

describe.skipIf(withoutSystemd())('a daemon whose event loop stands still', () => {
  let world: DaemonWorld;
  let manager: ServiceManager;
  beforeEach(async () => {
    world = await DaemonWorld.open('watchdog');
    manager = await ServiceManager.start(world.folder);
    await world.configure({
      'zookeeper-servers': [{ host: '127.0.0.1', port: 1 }],
      'images-dir': world.imagesDir,
      webapp: { port: 0, listen_address: '127.0.0.1' },
      labels: [],
      providers: [],
    });
  });
  afterEach(async () => {
    manager.stop();
    await world.close();
  });

  it.each(['nodepool-launcher', 'nodepool-builder'] as const)(
    '[A8] %s writes after 10 s where it is, gives systemd no sign of life, and says when it goes on',
    async (program) => {
      const daemon = world.start(program, ['-f', '-c', world.configFile], {
        NODE_OPTIONS: `--import=${PRELOAD}`,
        NOTIFY_SOCKET: manager.socket,
        WATCHDOG_USEC: '1000000',
        SPIN_SECONDS: '15',
      });
      await manager.hears(/WATCHDOG=1/);
      daemon.signal('SIGURG');
      const begun = Date.now();
      await daemon.says(/ERROR nodepool\.watchdog: The event loop has not turned for 1[0-3] s; it is here:/);
      await daemon.says(/ERROR nodepool\.watchdog: {3}at retryAtOnce \(file:.*spin-on-sigurg\.mjs:5:/);
      await daemon.says(/nodepool\.watchdog: The event loop turns again, after 1\d s/);
      // Those that were on their way when the loop stopped have two seconds to arrive.
      const told = timeOf(daemon.lines(/it is here:/)[0] ?? '');
      expect(told - begun).toBeGreaterThan(8000);
      expect(manager.between(/WATCHDOG=1/, begun + 2000, told)).toBe(0);
      const signs = manager.count(/WATCHDOG=1/);
      await world.until('it lives again', () => manager.count(/WATCHDOG=1/) > signs);
      expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('[A8] one that was stopped as a whole and goes on is not taken for one that stands still', async () => {
    const daemon = world.start('nodepool-launcher', ['-f', '-c', world.configFile], {});
    await daemon.says(/The web interface listens/);
    daemon.signal('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    daemon.signal('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(daemon.lines(/nodepool\.watchdog/)).toEqual([]);
  });
});

/** When a line of the log was written, by the clock of this machine: milliseconds since the epoch. */
function timeOf(line: string): number {
  const [, day = '', second = '', milliseconds = ''] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3})/.exec(line) ?? [];
  return new Date(`${day}T${second}.${milliseconds}`).getTime();
}
