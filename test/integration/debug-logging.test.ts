import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/daemon-build.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

const GUIDE = readFileSync(join(ROOT, 'docs/guide/daemons.md'), 'utf8');

/** The lines that the guide shows below its heading. */
function examples(): readonly string[] {
  const section = GUIDE.split(/^## /m).find((part) => part.startsWith('Debug logging')) ?? '';
  const block = section.split('<!-- output -->')[1] ?? '';
  return block
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => line.trim());
}

/** A line with the same words: numbers, ids and what the guide leaves out may be anything. */
function asPattern(example: string): RegExp {
  const [, text = ''] = /^[\d-]+ [\d:,]+ (.*)$/.exec(example) ?? [];
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const loose = escaped
    .replaceAll(/…/g, '.*')
    .replaceAll(/\b[0-9a-f]{8,}\b/g, '[\\w-]+')
    .replaceAll(/\d+(\\\.\d+)?/g, '[\\d.]+');
  return new RegExp(loose);
}

describe.skipIf(withoutZooKeeper())('[C17] debug logging', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('debug-logging', server.address);
    await world.configure({
      ...world.basics(),
      webapp: { port: 0, listen_address: '127.0.0.1' },
      labels: [{ name: 'small' }],
      diskimages: [{ name: 'debian', elements: ['debian'], formats: ['qcow2'] }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          fake: { 'boot-time': 0.1, 'delete-time': 0.1, quota: {} },
          diskimages: [{ name: 'debian' }],
          pools: [
            { name: 'main', 'max-servers': 1, labels: [{ name: 'small', diskimage: 'debian', 'min-ram': 2048 }] },
          ],
        },
      ],
    });
  });
  afterAll(async () => {
    await world?.close();
    await server?.stop();
  });

  it('shows every kind of line that the guide shows, and not one of them without -d', async () => {
    const builder = world.start('nodepool-builder', ['-d', '-c', world.configFile, '--fake']);
    const launcher = world.start('nodepool-launcher', ['-d', '-c', world.configFile]);
    await builder.says(/The image was uploaded/);
    await launcher.says(/The launcher runs/);
    const client = await world.client();
    await client.submit(['small']);
    await client.submit(['small']);
    await launcher.says(/ Fulfilled/);
    for (const example of examples()) {
      const pattern = asPattern(example);
      await world.until(`somebody says ${pattern}`, () => pattern.test(launcher.output + builder.output) || undefined, {
        limit: 30,
      });
    }
    expect(examples().length).toBeGreaterThanOrEqual(8);
    const quiet = world.launcher();
    await quiet.says(/The launcher runs/);
    expect(quiet.lines(/ DEBUG /)).toEqual([]);
    // Each of the two knows secrets; neither tells.
    expect(launcher.output + builder.output).not.toMatch(/password/i);
  });
});
