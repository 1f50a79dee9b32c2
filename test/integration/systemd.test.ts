import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Daemon } from '../support/daemon.js';
import { ROOT } from '../support/daemon-build.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { ServiceManager, withoutSystemd } from '../support/service-manager.js';

const UNITS = join(ROOT, 'packaging/systemd');

describe.skipIf(withoutSystemd())('under systemd', () => {
  let world: DaemonWorld;
  let manager: ServiceManager;
  beforeEach(async () => {
    world = await DaemonWorld.open('systemd');
    manager = await ServiceManager.start(world.folder);
    // Nobody listens at port 1: a daemon is up all the same, and waits for ZooKeeper.
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

  const launcher = (env: NodeJS.ProcessEnv): Daemon =>
    world.start('nodepool-launcher', ['-f', '-c', world.configFile], env);

  it.each(['nodepool-launcher', 'nodepool-builder'] as const)(
    '%s says when it is up, that it lives, and when it stops',
    async (program) => {
      const daemon = world.start(program, ['-f', '-c', world.configFile], {
        NOTIFY_SOCKET: manager.socket,
        WATCHDOG_USEC: '1000000',
      });
      await manager.hears(/READY=1.*STATUS=Waiting for ZooKeeper/);
      await world.until('there are several signs of life', () => manager.count(/WATCHDOG=1/) >= 3);
      expect(manager.count(/STOPPING=1/)).toBe(0);
      expect(await daemon.stop()).toEqual({ code: 0, signal: null });
      await manager.hears(/STOPPING=1.*STATUS=Stopping after SIGINT/);
      expect(daemon.lines(/WARNING .*systemd/)).toEqual([]);
    },
  );

  it('a daemon that hangs gives no sign of life', async () => {
    const daemon = launcher({ NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '1000000' });
    await manager.hears(/WATCHDOG=1/);
    daemon.signal('SIGSTOP');
    const before = manager.count(/WATCHDOG=1/);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    // One that was on its way may still come.
    expect(manager.count(/WATCHDOG=1/)).toBeLessThanOrEqual(before + 1);
    daemon.signal('SIGCONT');
    await world.until('it lives again', () => manager.count(/WATCHDOG=1/) > before + 1);
  });

  it('one that watches somebody else gets no signs of life, one that is away is complained of once', async () => {
    const other = launcher({ NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '500000', WATCHDOG_PID: '1' });
    await manager.hears(/READY=1/);
    expect(await other.stop()).toEqual({ code: 0, signal: null });
    expect(manager.count(/WATCHDOG=1/)).toBe(0);
    const lonely = launcher({ NOTIFY_SOCKET: `${world.folder}/nobody`, WATCHDOG_USEC: '500000' });
    await lonely.says(/WARNING nodepool\.service: systemd cannot be told how we are/);
    expect(await lonely.stop()).toEqual({ code: 0, signal: null });
    expect(lonely.lines(/systemd cannot be told/)).toHaveLength(1);
  });

  it.each(readdirSync(UNITS))('%s is a unit that systemd understands', (name) => {
    const text = readFileSync(join(UNITS, name), 'utf8');
    const copy = join(world.folder, name);
    // The program is not installed here; all the rest is as it is.
    writeFileSync(copy, text.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
    const { status, stderr, stdout } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], { encoding: 'utf8' });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});
