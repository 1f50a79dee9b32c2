import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/zookeeper-server.js';
import { cpuSeconds, peakBytes, residentBytes } from './measured-process.js';

export const PROVIDER = 'fake-bench';
export const LABEL = 'small';

export interface LauncherOptions {
  /** Folder for configuration and log. */
  readonly folder: string;
  readonly zooKeeperPort: number;
  readonly chroot: string;
  /** Which client it uses; the default one if left out. */
  readonly client?: 'native' | 'wire';
  /** Of its pool; without limit if left out. */
  readonly maxServers?: number;
}

/** The launcher as a user runs it, in a process of its own, on a fake cloud that takes no time and knows no quota. */
export class LauncherProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly web: string,
    /** Seconds from the start of the process until it says that it is ready. */
    readonly startTime: number,
  ) {}

  static async start(options: LauncherOptions): Promise<LauncherProcess> {
    const port = await freePort();
    const name = options.chroot.slice(1);
    const config = join(options.folder, `${name}.yaml`);
    writeFileSync(config, configuration(options, port, options.maxServers));
    const log = openSync(join(options.folder, `${name}.log`), 'w');
    const bin = new URL('../../bin/nodepool-launcher.js', import.meta.url).pathname;
    const profile = process.env['NODEPOOL_BENCH_PROFILE'];
    const profiling = profile ? ['--cpu-prof', '--cpu-prof-dir', profile, '--cpu-prof-name', `${name}.cpuprofile`] : [];
    const started = performance.now();
    const child = spawn(process.execPath, [...profiling, bin, '-f', '-c', config], { stdio: ['ignore', log, log] });
    closeSync(log);
    const web = `http://127.0.0.1:${port}`;
    while (!(await isReady(web))) {
      if (child.exitCode !== null) throw new Error(`The launcher ended with status ${child.exitCode}`);
      await delay(20);
    }
    return new LauncherProcess(child, web, (performance.now() - started) / 1000);
  }

  get cpu(): number {
    return cpuSeconds(this.pid);
  }

  get memory(): number {
    return residentBytes(this.pid);
  }

  get peak(): number {
    return peakBytes(this.pid);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGINT');
    await ended;
  }

  private get pid(): number {
    if (this.child.pid === undefined || this.child.exitCode !== null) throw new Error('The launcher does not run');
    return this.child.pid;
  }
}

async function isReady(web: string): Promise<boolean> {
  try {
    return (await fetch(`${web}/ready`)).status === 200;
  } catch {
    return false;
  }
}

/** @param maxServers of the pool; without limit if left out */
export function configuration(
  { zooKeeperPort, chroot, client = 'wire' }: Omit<LauncherOptions, 'folder'>,
  webPort: number,
  maxServers?: number,
): string {
  return `
webapp:
  port: ${webPort}
  listen_address: 127.0.0.1
zookeeper-servers:
  - host: 127.0.0.1
    port: ${zooKeeperPort}
    chroot: ${chroot}
zookeeper-client: ${client}
labels:
  - name: ${LABEL}
providers:
  - name: ${PROVIDER}
    driver: fake
    cloud: fake
    fake:
      boot-time: 0
      delete-time: 0
      api-latency: 0
      quota: {}
    cloud-images:
      - name: image
    pools:
      - name: main
        ${maxServers === undefined ? '' : `max-servers: ${maxServers}`}
        labels:
          - {name: ${LABEL}, cloud-image: image, min-ram: 1}
`;
}
