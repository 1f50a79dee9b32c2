import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { instructions } from '../../support/container-file.js';
import { exists, ROOT } from './documents.js';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const manifest = JSON.parse(read('package.json')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
};

/** Made by the build or by npm, not in the repository. */
const MADE = ['dist', 'node_modules'];

const KNOWN = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'USER', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD'];

describe('the container file', () => {
  const parsed = instructions(read('packaging/container/Containerfile'));

  it('has known instructions, and begins with a base of the right Node', () => {
    expect(parsed.filter(({ name }) => !KNOWN.includes(name))).toEqual([]);
    expect(parsed[0]?.name).toBe('FROM');
    for (const { rest } of parsed.filter(({ name }) => name === 'FROM')) expect(rest).toMatch(/node:20-bookworm/);
    for (const { rest } of parsed.filter(({ name }) => ['ENTRYPOINT', 'CMD', 'VOLUME'].includes(name))) {
      expect(() => JSON.parse(rest) as unknown, rest).not.toThrow();
    }
  });

  it('copies what is there, and from its first stage what that makes', () => {
    const copies = parsed.filter(({ name }) => name === 'COPY').map(({ rest }) => rest.split(/\s+/));
    expect(copies.length).toBeGreaterThan(5);
    for (const words of copies) {
      const from = words[0]?.startsWith('--from=') ? words.shift() : undefined;
      const sources = words.slice(0, -1);
      expect(sources.length).toBeGreaterThan(0);
      for (const source of sources) {
        if (from === undefined) expect(exists(source), source).toBe(true);
        else expect(MADE, source).toContain(path.basename(source));
      }
    }
  });

  it('has all that the programs need, and links each of them', () => {
    const copied = parsed.filter(({ name }) => name === 'COPY').flatMap(({ rest }) => rest.split(/\s+/));
    for (const needed of [
      'bin',
      'web',
      'package.json',
      '/opt/nodepool/dist',
      '/opt/nodepool/node_modules',
      'src',
      'package-lock.json',
    ]) {
      expect(copied).toContain(needed);
    }
    const linked = /for program in ([^;]+); do/
      .exec(parsed.map(({ rest }) => rest).join('\n'))?.[1]
      ?.trim()
      .split(/\s+/);
    expect(linked?.sort()).toEqual(Object.keys(manifest.bin).sort());
  });
});

describe('the units', () => {
  const units = ['nodepool-launcher', 'nodepool-builder'].map((name) => ({
    name,
    text: read(`packaging/systemd/${name}.service`),
  }));

  it.each(units)('of $name starts it in the foreground and may hear from it', ({ name, text }) => {
    expect(text).toMatch(new RegExp(`^ExecStart=/usr/local/bin/${name} -f$`, 'm'));
    expect(text).toMatch(/^Type=notify$/m);
    expect(text).toMatch(/^NotifyAccess=all$/m);
    expect(text).toMatch(/^WatchdogSec=\d+$/m);
    // Those that it starts are not to be signalled behind its back.
    expect(text).toMatch(/^KillMode=mixed$/m);
    expect(Object.keys(manifest.bin)).toContain(name);
    expect(statSync(path.join(ROOT, manifest.bin[name] ?? '')).mode & 0o111).toBe(0o111);
  });

  it('give the builder what diskimage-builder needs', () => {
    const search = /^Environment=PATH=(.*)$/m.exec(units[1]?.text ?? '')?.[1]?.split(':');
    expect(search).toEqual(expect.arrayContaining(['/usr/sbin', '/sbin']));
    // Builds get 30 s to unmount.
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(units[1]?.text ?? '')?.[1])).toBeGreaterThanOrEqual(60);
    expect(units[1]?.text).not.toMatch(/^(NoNewPrivileges|PrivateDevices|ProtectSystem)=/m);
  });
});

describe('the Debian layout', () => {
  it('installs what is there or made', () => {
    const lines = read('packaging/debian/nodepool.install')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) {
      const [source = '', target = ''] = line.split(/\s+/);
      expect(MADE.includes(source) || exists(source), source).toBe(true);
      expect(target).toMatch(/^(opt|usr)\//);
    }
  });

  it('makes the folders that the daemons expect', () => {
    const made = [...read('packaging/debian/nodepool.tmpfiles').matchAll(/^d (\S+)/gm)].map(([, folder]) => folder);
    expect(made).toEqual(
      expect.arrayContaining(['/run/nodepool', '/var/log/nodepool', '/var/lib/nodepool/images', '/etc/nodepool']),
    );
  });

  it('is part of the package', () => expect(manifest.files).toContain('packaging'));
});
