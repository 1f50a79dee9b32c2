import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonWorld } from '../support/daemon-world.js';

// Nothing here needs a server: nobody listens at port 1.
let world: DaemonWorld;
beforeEach(async () => {
  world = await DaemonWorld.open('loaded-modules');
  await world.configure({ ...world.basics(), labels: [], providers: [], diskimages: [] });
});
afterEach(() => world.close());

/** Packages whose code the processes loaded that kept the coverage of their code here, as Node does if it is asked to. */
async function packagesIn(coverage: string): Promise<readonly string[]> {
  const urls: string[] = [];
  for (const file of await readdir(coverage)) {
    const { result } = JSON.parse(await readFile(join(coverage, file), 'utf8')) as { result: { url: string }[] };
    urls.push(...result.map(({ url }) => url));
  }
  const names = urls.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

async function packagesOf(...words: readonly string[]): Promise<readonly string[]> {
  const coverage = join(world.folder, 'coverage');
  const command = world.start('nodepool', words, { NODE_V8_COVERAGE: coverage });
  expect(await command.ending(), command.output).toEqual({ code: 0, signal: null });
  return packagesIn(coverage);
}

describe('what is not used is not loaded', () => {
  it('by a command that tells its version', async () => {
    expect(await packagesOf('--version')).toEqual(['commander', 'reflect-metadata']);
  });

  it('by a command that checks a configuration: no driver, no client, no telephone numbers', async () => {
    const known = ['class-transformer', 'class-validator', 'commander', 'reflect-metadata', 'yaml'];
    expect(await packagesOf('-c', world.configFile, 'config-validate')).toEqual(known);
  });

  it('by a launcher without clouds, own hosts, SSH and statsd', async () => {
    const coverage = join(world.folder, 'coverage');
    const words = ['-f', '-d', '-c', world.configFile];
    const launcher = world.start('nodepool-launcher', words, { NODE_V8_COVERAGE: coverage });
    await launcher.says(/ZooKeeper/);
    await launcher.stop();
    const loaded = await packagesIn(coverage);
    expect(loaded).toContain('inversify');
    for (const name of ['@xmldom/xmldom', 'hot-shots', 'libphonenumber-js', 'ssh2', 'undici']) {
      expect(loaded).not.toContain(name);
    }
  });
});
