import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SshHostKeyScanner } from '../../src/adapters/ssh/ssh-host-key-scanner.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { closedPort } from './host-key-server.js';

describe.skipIf(!existsSync('/usr/sbin/dropbear'))(
  'host keys of Dropbear, which hangs up when it has no key of a kind',
  () => {
    it.each(['ed25519', 'rsa', 'ecdsa'])(
      'shows its only key, of type %s, long before the time is over',
      async (type) => {
        const folder = mkdtempSync(path.join(os.tmpdir(), 'np-dropbear-'));
        const key = path.join(folder, 'key');
        execFileSync('dropbearkey', ['-t', type, '-f', key], { stdio: 'ignore' });
        const port = await closedPort();
        const server = spawn(
          '/usr/sbin/dropbear',
          ['-F', '-E', '-p', `127.0.0.1:${port}`, '-r', key, '-P', `${key}.pid`],
          {
            stdio: 'ignore',
          },
        );
        try {
          const scanner = new SshHostKeyScanner(new SystemClock(), { retryInterval: 0.1 });
          const begun = performance.now();
          const keys = await scanner.scan({ host: '127.0.0.1', port, gather: 'keys' }, 50);
          expect(keys).toHaveLength(1);
          expect(keys[0]).toContain(type);
          expect(performance.now() - begun).toBeLessThan(30_000);
        } finally {
          const ended = new Promise((resolve) => server.once('exit', resolve));
          server.kill('SIGKILL');
          await ended;
          rmSync(folder, { recursive: true, force: true });
        }
      },
    );
  },
);
