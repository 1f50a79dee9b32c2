import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonWorld } from '../support/daemon-world.js';
import { mayMount, smallDisk } from '../support/small-disk.js';
import type { SmallDisk } from '../support/small-disk.js';

const withoutMount = (): boolean => {
  if (mayMount()) return false;
  if (process.env['CI'] === 'true') throw new Error('A small disk cannot be mounted here (not root?)');
  console.warn('Skipped, for want of the right to mount: a daemon whose disk is full');
  return true;
};

describe.skipIf(withoutMount())('a daemon on one machine whose disk is full', () => {
  let world: DaemonWorld;
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = smallDisk('16m');
    world = await DaemonWorld.open('full-disk');
    await world.configure({
      ...world.basics(),
      'zookeeper-servers': undefined,
      store: { directory: join(disk.folder, 'store') },
      webapp: { port: 0, listen_address: '127.0.0.1' },
      labels: [{ name: 'small', 'min-ready': 2 }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          'cloud-images': [{ name: 'debian' }],
          pools: [
            { name: 'main', 'max-servers': 2, labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 1 }] },
          ],
        },
      ],
    });
  });
  afterEach(async () => {
    await world.close();
    disk.remove();
  });

  it('[S8] answers questions, refuses orders in words, loses nothing, and goes on by itself when there is room', async () => {
    const run = async (
      ...args: readonly string[]
    ): Promise<{ code: number | null; stdout: string; output: string }> => {
      const command = world.start('nodepool', ['-c', world.configFile, ...args]);
      const { code } = await command.ending();
      return { code, stdout: command.stdout, output: command.output };
    };
    const nodes = async (): Promise<readonly { readonly id: string; readonly state: string }[]> =>
      JSON.parse((await run('list', '--format', 'json')).stdout) as { id: string; state: string }[];
    const daemon = world.start('nodepool-standalone', ['-f', '-c', world.configFile]);
    await daemon.says(/Launcher and builder run/);
    await world.until(
      'two are ready',
      async () => (await nodes()).filter(({ state }) => state === 'ready').length === 2,
    );
    const [first] = await nodes();

    const filler = join(disk.folder, 'filler');
    const file = await open(filler, 'w');
    const block = Buffer.alloc(65_536);
    // Until not a byte more fits: an order is smaller than any block.
    for (let size = block.length; size >= 1;) {
      const written = await file.write(block, 0, size).catch(() => null);
      if (written === null) size = Math.floor(size / 2);
    }
    await file.close();
    let held = await run('hold', String(first?.id));
    // What was left of the last page of its own files may have taken one.
    for (let more = 0; held.code === 0 && more < 200; more += 1)
      held = await run('hold', String(first?.id), '--reason', 'x'.repeat(900));
    expect(held.code, held.output).toBe(1);
    expect(held.output).toMatch(/cannot be written/);
    expect(held.output).not.toMatch(/^\s+at /m);
    await daemon.says(/ERROR .*The store cannot be written: writes are refused until that is mended/);
    expect((await nodes()).map(({ id }) => id).length).toBe(2);

    await rm(filler);
    await daemon.says(/The store can be written again/);
    expect((await run('hold', String(first?.id))).code).toBe(0);
    expect((await nodes()).find(({ id }) => id === first?.id)?.state).toBe('hold');
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });
});
