import { execFileSync, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { until } from './daemon-patience.js';

/** The real control plane of `npm run test:openstack`. */
export interface RealCloud {
  readonly folder: string;
  readonly cloudsFile: string;
  readonly authUrl: string;
  readonly password: string;
}

/** For `describe.skipIf`: true, with a message, if no cloud runs; under CI that is an error. */
export function withoutCloud(): boolean {
  const folder = process.env['OSCLOUD_DIR'];
  if (folder !== undefined && existsSync(join(folder, 'clouds.yaml'))) return false;
  const why = folder === undefined ? 'start it with `npm run test:openstack`' : `${folder} has none`;
  if (process.env['CI'] === 'true') throw new Error(`There is no OpenStack to test with: ${why}`);
  console.warn(`Skipped, for want of OpenStack: ${why}`);
  return true;
}

export function realCloud(): RealCloud {
  const folder = process.env['OSCLOUD_DIR'] ?? '';
  const cloudsFile = join(folder, 'clouds.yaml');
  const { clouds } = parse(readFileSync(cloudsFile, 'utf8')) as {
    clouds: Record<string, { auth: { auth_url: string; password: string } }>;
  };
  const { auth_url: authUrl, password } = clouds['oscloud']!.auth;
  return { folder, cloudsFile, authUrl, password };
}

/** Debian's own Python is the one that has Debian's OpenStack client. */
const PYTHON = '/usr/bin/python3';

/** What the official command prints as JSON. @param cloud entry of the cloud's own clouds.yaml */
export function openstack<T>(cloud: 'oscloud' | 'oscloud-admin', ...args: readonly string[]): T {
  return JSON.parse(openstackText(cloud, ...args, '-f', 'json')) as T;
}

export function openstackText(cloud: 'oscloud' | 'oscloud-admin', ...args: readonly string[]): string {
  const { cloudsFile, folder } = realCloud();
  return execFileSync(PYTHON, ['/usr/bin/openstack', '--os-cloud', cloud, ...args], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LC_ALL: 'C.UTF-8', OS_CLIENT_CONFIG_FILE: cloudsFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A service of the cloud, by the name of its pidfile: `nova-api`, `neutron`. It has a process group of its own. */
export function signalService(name: string, signal: NodeJS.Signals): void {
  process.kill(-servicePid(name), signal);
}

export function servicePid(name: string): number {
  return Number(readFileSync(join(realCloud().folder, `run/${name}.pid`), 'utf8').split(' ')[0]);
}

/** Ends nova's API for good; what is answered starts it again as `up.sh` did. */
export async function stopNova(): Promise<() => Promise<void>> {
  const { folder } = realCloud();
  const pid = servicePid('nova-api');
  const [command = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  process.kill(-pid, 'SIGTERM');
  await until(
    'nova-api has ended',
    () => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '),
  );
  return async () => {
    const log = openSync(join(folder, 'log/nova-api.log'), 'a');
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C.UTF-8',
        HOME: join(folder, 'state/home'),
        PYTHONPATH: join(folder, 'pylib'),
        PYTHONDONTWRITEBYTECODE: '1',
        OS_NOVA_CONFIG_DIR: join(folder, 'conf/nova'),
      },
    });
    child.unref();
    const [, birth = ''] = /\) (?:\S+ ){19}(\S+)/.exec(readFileSync(`/proc/${child.pid}/stat`, 'utf8')) ?? [];
    writeFileSync(join(folder, 'run/nova-api.pid'), `${child.pid} ${birth}\n`);
  };
}
