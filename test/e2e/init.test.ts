import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validateConfig } from '../../src/adapters/config-yaml/load-config.js';
import { currentEnvironment } from '../../src/apps/main/current-environment.js';
import { loadOptions } from '../../src/apps/main/load-options.js';
import { checkBuilt, ROOT } from '../support/daemon-build.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2cUkWvYUWoTWBBNz3iMGbxg8TYtVeV5PNQyqXUnP4C "me" \\ # here';

describe('nodepool init', () => {
  let folder: string;
  beforeEach(() => {
    checkBuilt();
    folder = mkdtempSync(path.join(os.tmpdir(), 'np-init-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const init = (...words: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [path.join(ROOT, 'bin/nodepool.js'), ...words], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        HOME: folder,
        LIBVIRT_DEFAULT_URI: 'test:///default',
        OS_CLIENT_CONFIG_FILE: `${folder}/clouds.yaml`,
      },
    });
  const config = (): string => readFileSync(path.join(folder, 'nodepool.yaml'), 'utf8');

  it.each(['libvirt', 'openstack', 'static', 'fake'])(
    'writes what config-validate accepts for %s, and never overwrites',
    async (kind) => {
      const { status, stdout, stderr } = init('init', kind);
      expect(status, String(stderr)).toBe(0);
      expect(stdout).toContain(`(driver ${kind})`);
      const options = loadOptions(path.join(folder, 'nodepool.yaml'), null, currentEnvironment());
      expect((await validateConfig(options)).errors).toEqual([]);
      const before = config();
      const again = init('init', kind);
      expect(again.status).toBe(1);
      expect(again.stderr).toContain('is there already; nothing was written');
      expect(config()).toBe(before);
    },
  );

  it('writes nothing at all beside a secure file that is there', () => {
    writeFileSync(path.join(folder, 'secure.yaml'), 'mine');
    expect(init('init', 'fake').stderr).toContain('secure.yaml is there already; nothing was written');
    expect(readdirSync(folder)).toEqual(['secure.yaml']);
    expect(readFileSync(path.join(folder, 'secure.yaml'), 'utf8')).toBe('mine');
  });

  it('keeps the token out of the files, which others cannot read', () => {
    const { stdout } = init('init', 'fake');
    const token = /np_[\w-]{43}/.exec(String(stdout))?.[0] ?? '';
    const secure = path.join(folder, 'secure.yaml');
    expect(statSync(secure).mode & 0o777).toBe(0o600);
    expect(token).not.toBe('');
    expect(readFileSync(secure, 'utf8') + config()).not.toContain(token);
    const sum = execFileSync('sha256sum', { input: token, encoding: 'utf8' }).slice(0, 64);
    expect(readFileSync(secure, 'utf8')).toContain(`sha256: ${sum}`);
  });

  it('finds libvirt with its pools and networks, clouds, and a key with odd characters', () => {
    mkdirSync(path.join(folder, '.ssh'));
    writeFileSync(path.join(folder, '.ssh/id_ed25519.pub'), `${KEY}\n`);
    writeFileSync(path.join(folder, 'clouds.yaml'), 'clouds: {rack: {}, other: {}}\n');
    expect(init('init').stdout).toContain('(driver libvirt)');
    expect(config()).toContain('uri: "test:///default"');
    expect(config()).toContain('storage-pool: "default-pool"');
    expect(config()).toContain(`ssh-authorized-keys: [${JSON.stringify(KEY)}]`);
    rmSync(path.join(folder, 'nodepool.yaml'));
    rmSync(path.join(folder, 'secure.yaml'));
    init('init', 'openstack');
    expect(config()).toContain('cloud: "rack" # of clouds.yaml; also there: "other"');
  });
});
