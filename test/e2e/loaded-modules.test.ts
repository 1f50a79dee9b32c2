import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodepoolCommand } from '../support/nodepool-command.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-loaded-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The packages whose code a run of `nodepool` loads, by the coverage that Node itself keeps. */
async function packagesOf(...words: readonly string[]): Promise<readonly string[]> {
  const coverage = join(folder, 'coverage');
  const end = await NodepoolCommand.start(words, { env: { NODE_V8_COVERAGE: coverage } }).ended;
  expect(end).toMatchObject({ code: 0 });
  const urls: string[] = [];
  for (const file of await readdir(coverage)) {
    const { result } = JSON.parse(await readFile(join(coverage, file), 'utf8')) as { result: { url: string }[] };
    urls.push(...result.map(({ url }) => url));
  }
  const names = urls.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

describe('a command loads what it uses', () => {
  it('and next to nothing to tell its version', async () => {
    expect(await packagesOf('--version')).toEqual(['commander', 'reflect-metadata']);
  });

  it('and no driver, no client, no web server and no telephone numbers to check a configuration', async () => {
    const file = join(folder, 'nodepool.yaml');
    await writeFile(file, 'zookeeper-servers: [{host: 127.0.0.1}]\nlabels: []\nproviders: []\ndiskimages: []\n');
    const known = ['class-transformer', 'class-validator', 'commander', 'reflect-metadata', 'yaml'];
    expect(await packagesOf('-c', file, 'config-validate')).toEqual(known);
  });
});
