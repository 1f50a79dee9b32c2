import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { zookeeperModule } from '../../../src/apps/composition/zookeeper-module.js';
import { ROOT } from '../../support/daemon-build.js';
import { failuresOf, load } from '../config/config-harness.js';

vi.mock('zookeeper', () => {
  throw new Error("Cannot find package 'zookeeper'");
});

const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly optionalDependencies: { readonly zookeeper: string };
};
const SERVERS = 'zookeeper-servers: [{host: zk}]\n';

/** What a daemon with this configuration and environment complains of when it chooses its client. */
async function complaint(text: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { zookeeper } = await load(SERVERS + text);
  if (!zookeeper) throw new Error('no ZooKeeper is configured');
  return zookeeperModule(zookeeper, environment).then(
    () => 'none',
    (error: unknown) => (error as Error).message,
  );
}

describe('the client of ZooKeeper', () => {
  it('is the one that needs no compiler, unless another is asked for', async () => {
    expect((await load(SERVERS)).zookeeper?.client).toBe('wire');
    expect(await complaint('')).toBe('none');
    expect((await load(`${SERVERS}zookeeper-client: native`)).zookeeper?.client).toBe('native');
  });

  it('that nobody knows is named, with those that there are', async () => {
    expect(await failuresOf(`${SERVERS}zookeeper-client: jute`)).toEqual([
      expect.stringMatching(/^nodepool\.yaml:2:19: zookeeper-client: expected 'wire' or 'native'/),
    ]);
    expect(await complaint('', { NODEPOOL_ZOOKEEPER_CLIENT: 'jute' })).toBe(
      'NODEPOOL_ZOOKEEPER_CLIENT is "jute"; it may be wire or native',
    );
  });

  it('of the environment counts more than that of the configuration', async () => {
    expect(await complaint('zookeeper-client: native', { NODEPOOL_ZOOKEEPER_CLIENT: 'wire' })).toBe('none');
    expect(await complaint('', { NODEPOOL_ZOOKEEPER_CLIENT: 'native' })).toContain('native cannot be loaded');
    expect(await complaint('', { NODEPOOL_ZOOKEEPER_CLIENT: '' })).toBe('none');
  });

  it('that is not installed is told in one sentence, with the command that installs it', async () => {
    const said = await complaint('zookeeper-client: native');
    expect(said).toContain('The ZooKeeper client native cannot be loaded');
    expect(said).toContain(`npm install zookeeper@${manifest.optionalDependencies.zookeeper} `);
    expect(said).toContain('or use the client wire');
  });

  it('that is native refuses name and password, which it would not send', async () => {
    const text = 'zookeeper-client: native\nzookeeper-sasl: {username: a, password: hidden-word}';
    const said = await complaint(text);
    expect(said).toContain('zookeeper-sasl needs the client wire');
    expect(said).not.toContain('hidden-word');
  });
});
