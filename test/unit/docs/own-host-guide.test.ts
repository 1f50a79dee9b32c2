import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { load, validate, warningsOf } from '../config/config-harness.js';
import { COMMAND_BLOCKS } from './command-blocks.js';
import { document, ROOT } from './documents.js';

const GUIDE = 'docs/guide/own-host.md';
const blocks = COMMAND_BLOCKS.filter(({ file }) => file === GUIDE).map(({ text }) => text);
const { TOOLS } = (await import(pathToFileURL(path.join(ROOT, 'scripts/lib/test-tools.mjs')).href)) as {
  readonly TOOLS: readonly { readonly packages: readonly string[]; readonly for: readonly string[] }[];
};

describe('the guide to real machines on own hosts', () => {
  it('names the packages that the quickstart with real machines installs', () => {
    const named = blocks
      .filter((text) => text.startsWith('apt-get install '))
      .flatMap((text) => text.split(' ').slice(2));
    const installed = TOOLS.filter((tool) => tool.for.includes('quickstart')).flatMap(({ packages }) => packages);
    const packages = named.filter((word) => !word.startsWith('-'));
    expect(new Set(packages)).toEqual(new Set(installed.filter((name) => name !== 'openssh-client')));
  });

  const pool = (): void => {
    const lines = blocks.find((text) => text.startsWith('virsh pool-define-as'))?.split('\n') ?? [];
    const order = [...lines.map((line) => line.replace(/^virsh /, '')), 'pool-info nodepool'].join('; ');
    const output = execFileSync('virsh', ['-c', 'test:///default', order], { encoding: 'utf8' });
    expect(output).toMatch(/^State: +running$/m);
    expect(output).toMatch(/^Autostart: +yes$/m);
  };
  // Unit tests bring no libvirt; where it is there, as for all tests together, its test hypervisor will do.
  if (existsSync('/usr/bin/virsh')) it('makes a storage pool', pool);
});

describe('examples/one-machine', () => {
  const env = {
    NODEPOOL_STANDALONE_DIR: '/var/tmp/real',
    NODEPOOL_QUICKSTART_ELEMENTS: '/elements',
    NODEPOOL_QUICKSTART_URI: 'qemu:///system',
    NODEPOOL_QUICKSTART_KEY: 'ssh-ed25519 AAAA quickstart',
  };

  it.each(['nodepool.yaml', 'debian.yaml', 'quickstart.yaml'])('%s is valid, and raises no warning', async (name) => {
    const { text } = document(`examples/one-machine/${name}`);
    expect(await validate(text, { env })).toEqual([]);
    await load(text, { env });
    expect(await warningsOf(text, { env })).toEqual([]);
  });
});
