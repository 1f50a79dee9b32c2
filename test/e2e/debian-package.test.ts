import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, ROOT } from '../support/daemon-build.js';
import { until } from '../support/daemon-patience.js';
import { SystemCopy, withoutSystemCopy } from '../support/system-copy.js';

const run = promisify(execFile);

/** Memory that looks like a folder: six thousand files are put together six times as fast there as on a disk. */
const QUICK = { TMPDIR: '/dev/shm' };
/** Later than any file: by itself dpkg-deb makes files older, never younger. */
const TIME = { SOURCE_DATE_EPOCH: '2000000000' };

/** Packs into a folder; answers where the package is. */
async function pack(folder: string, revision: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const args = ['scripts/pack-deb.mjs', '--fast', '--revision', revision, folder];
  const { stdout } = await run(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...QUICK, ...TIME, ...env },
  });
  return stdout.trim();
}

/** The configuration that the guide "On one machine" begins with, at any free port. */
function example(): string {
  const guide = readFileSync(path.join(ROOT, 'docs/guide/one-machine.md'), 'utf8');
  return (/```yaml\n([^]*?)```/.exec(guide)?.[1] ?? '').replace('port: 8005', 'port: 0');
}

/** Nobody needs them for the package, so nobody has them where it is installed. */
const COMPILERS = '/usr/bin/*gcc* /usr/bin/*g++* /usr/bin/c++ /usr/bin/cc /usr/bin/make /usr/bin/python3* /usr/bin/npm';
const CONFIGURED = '/etc/default/nodepool';
const STORE = '/var/lib/nodepool/store';

if (!withoutSystemCopy())
  describe('the Debian package', () => {
    let folder: string;
    let system: SystemCopy;
    let first: string;
    let second: string;

    beforeAll(async () => {
      checkBuilt();
      folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-packages-'));
      [first, second, system] = await Promise.all([pack(folder, '1'), pack(folder, '2'), SystemCopy.make()]);
      system.must('sh', '-c', `rm -f ${COMPILERS}`);
    });
    afterAll(() => {
      system.remove();
      rmSync(folder, { recursive: true });
    });

    const dpkg = (...args: readonly string[]): string => system.must('dpkg', '--force-unsafe-io', ...args);
    const asNodepool = (...command: readonly string[]): readonly string[] => ['-u', 'nodepool', '--', ...command];

    it('is the same file, byte for byte, whenever and by whomever it is made', async () => {
      const other = await pack(path.join(folder, 'again'), '1', { TZ: 'Asia/Kathmandu', LANG: 'C', HOME: '/nowhere' });
      expect(readFileSync(other).equals(readFileSync(first))).toBe(true);
    });

    it('is installed without a compiler, with user, folders, commands, units and completion', () => {
      dpkg('-i', first);
      expect(system.must('dpkg', '--verify', 'nodepool')).toBe('');
      expect(system.must('nodepool', '--version')).toMatch(/^Nodepool version: \d/);
      for (const daemon of ['launcher', 'builder', 'standalone']) {
        expect(system.must(`nodepool-${daemon}`, '--version')).toMatch(/^Nodepool version: \d/);
        const unit = `/usr/lib/systemd/system/nodepool-${daemon}.service`;
        expect(system.must('systemd-analyze', 'verify', '--man=no', unit)).toBe('');
      }
      expect(system.must('getent', 'passwd', 'nodepool')).toMatch(/:\/var\/lib\/nodepool:\/usr\/sbin\/nologin$/m);
      const owner = (file: string): string => system.must('stat', '-c', '%U %a', file).trim();
      expect(['/var/lib/nodepool', '/var/log/nodepool', '/etc/nodepool'].map(owner)).toEqual([
        'nodepool 755',
        'nodepool 750',
        'root 755',
      ]);
      const completion = '. /usr/share/bash-completion/completions/nodepool; complete -p nodepool';
      expect(system.must('bash', '-c', completion)).toContain('_nodepool');
      expect(system.must('find', '/usr/lib/nodepool', '-name', '*.node', '-not', '-path', '*/prebuilds/*')).toBe('');
      // Nobody is made root, and nothing is started, by installing it.
      expect(
        ['/etc/sudoers.d/nodepool', '/etc/systemd/system/multi-user.target.wants/nodepool-launcher.service'].filter(
          (file) => system.has(file),
        ),
      ).toEqual([]);
    });

    it('serves nodes on one machine, from the installed files', async () => {
      system.write('/etc/nodepool/nodepool.yaml', example());
      expect(system.must('nodepool', 'config-validate')).toContain('Configuration validation complete');
      const daemon = system.start('runuser', ...asNodepool('nodepool-standalone', '-f', '--fake'));
      let said = '';
      for (const stream of [daemon.stdout, daemon.stderr])
        stream?.on('data', (text: Buffer) => (said += text.toString()));
      const ended = once(daemon, 'exit');
      await until(
        'a node is ready',
        () => system.run('runuser', ...asNodepool('nodepool', 'list')).output.includes('ready'),
        {
          every: 0.5,
          story: () => said,
        },
      );
      system.must('pkill', '-TERM', '-u', 'nodepool', 'node');
      await ended;
    });

    it('is upgraded, and leaves what was configured and remembered as it is', () => {
      system.write(CONFIGURED, 'STATSD_HOST=statsd.example.org\n');
      dpkg('-i', second);
      expect(system.must('dpkg-query', '-W', '-f', '${Version} ${Status}', 'nodepool')).toMatch(
        /-2 install ok installed$/,
      );
      expect(system.must('cat', CONFIGURED)).toBe('STATSD_HOST=statsd.example.org\n');
      expect(system.must('runuser', ...asNodepool('nodepool', 'list'))).toContain('ready');
    });

    it('is removed without what it remembers, and purged with it', () => {
      dpkg('-r', 'nodepool');
      expect(system.has('/usr/bin/nodepool')).toBe(false);
      expect([STORE, CONFIGURED, '/etc/nodepool/nodepool.yaml'].filter((file) => !system.has(file))).toEqual([]);
      dpkg('-P', 'nodepool');
      expect([STORE, '/var/lib/nodepool', '/var/log/nodepool', CONFIGURED].filter((file) => system.has(file))).toEqual(
        [],
      );
      // What people have written themselves is theirs.
      expect(system.has('/etc/nodepool/nodepool.yaml')).toBe(true);
      expect(system.must('sh', '-c', 'dpkg -l nodepool 2>&1 || true')).toMatch(/no packages found|^un /m);
    });
  });
