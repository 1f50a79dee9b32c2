import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import type { LibvirtDaemon } from './libvirt-daemon.js';
import { checkBuilt, ROOT } from './daemon-build.js';

export interface LeasedNode {
  readonly id: string;
  readonly interface_ip: string;
  readonly connection_port: number;
  readonly username: string;
  readonly host_keys: readonly string[];
}

export interface Lease {
  readonly id: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly nodes: readonly LeasedNode[];
  readonly conditions: readonly unknown[];
}

/** The daemon nodepool-standalone on a libvirt host, with the image of examples/one-machine. */
export class LibvirtStandalone {
  private child: ChildProcess | undefined;
  private readonly key: string;

  constructor(
    private readonly daemon: LibvirtDaemon,
    readonly folder: string,
    label: Readonly<Record<string, unknown>> = {},
  ) {
    checkBuilt();
    for (const name of ['images', 'store', 'tmp']) mkdirSync(path.join(folder, name), { recursive: true });
    this.key = path.join(folder, 'id_ed25519');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.key]);
    const config = this.config(readFileSync(`${this.key}.pub`, 'utf8').trim(), label);
    writeFileSync(path.join(folder, 'nodepool.yaml'), JSON.stringify(config, null, 1));
  }

  private get socket(): string {
    return path.join(this.folder, 'store/nodepool.sock');
  }

  get log(): string {
    return existsSync(path.join(this.folder, 'log')) ? readFileSync(path.join(this.folder, 'log'), 'utf8') : '';
  }

  start(): void {
    const args = ['bin/nodepool-standalone.js', '-d', '-c', path.join(this.folder, 'nodepool.yaml'), '--no-webapp'];
    const sink = `exec "$@" >>${this.folder}/log 2>&1`;
    const cleanup = { NODEPOOL_CLEANUP_INTERVAL: '2', TMPDIR: path.join(this.folder, 'tmp') };
    this.child = spawn('sh', ['-c', sink, 'sh', process.execPath, ...args], {
      cwd: ROOT,
      stdio: 'ignore',
      env: { ...process.env, ...cleanup, PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? ''}` },
    });
  }

  async stop(): Promise<number | null> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    return ended;
  }

  get up(): boolean {
    return existsSync(this.socket);
  }

  /** Orders a machine; the answer does not wait for it. */
  lease(label: string): Promise<Lease> {
    return this.call('PUT', `/api/v1/leases/${randomUUID()}`, { labels: [label], ttl: 600 });
  }

  show(id: string): Promise<Lease> {
    return this.call('GET', `/api/v1/leases/${id}?wait=20`);
  }

  release(id: string): Promise<Lease> {
    return this.call('DELETE', `/api/v1/leases/${id}`);
  }

  /** Runs a command on the machine, whose host keys have to be those that the lease names. */
  ssh(node: LeasedNode, command: string): string {
    const known = path.join(this.folder, 'known_hosts');
    const host = `[${node.interface_ip}]:${node.connection_port}`;
    writeFileSync(known, node.host_keys.map((key) => `${host} ${key}\n`).join(''));
    const options = ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${known}`, 'BatchMode=yes', 'ConnectTimeout=60'];
    const words = ['-i', this.key, '-p', String(node.connection_port), ...options.flatMap((option) => ['-o', option])];
    return execFileSync('ssh', [...words, `${node.username}@${node.interface_ip}`, command], { encoding: 'utf8' });
  }

  private call<T>(method: string, target: string, body?: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const asking = request({ socketPath: this.socket, method, path: target, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => {
          if ((answer.statusCode ?? 500) >= 300) reject(new Error(`${method} ${target}: ${answer.statusCode} ${text}`));
          else resolve((text === '' ? null : JSON.parse(text)) as T);
        });
      });
      asking.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  private config(publicKey: string, label: Readonly<Record<string, unknown>>): object {
    return {
      'images-dir': path.join(this.folder, 'images'),
      'elements-dir': path.join(ROOT, 'examples/one-machine/elements'),
      store: { directory: path.join(this.folder, 'store') },
      diskimages: [
        {
          name: 'tiny-vm',
          'dib-cmd': 'disk-image-create -n',
          elements: ['tiny-vm'],
          'env-vars': {
            DIB_IMAGE_SIZE: '1',
            DIB_JOURNAL_SIZE: '4',
            MKFS_OPTS: '-O ^64bit,^metadata_csum',
            TMPDIR: path.join(this.folder, 'tmp'),
          },
        },
      ],
      labels: [{ name: 'tiny-vm' }],
      providers: [
        {
          name: 'this-host',
          driver: 'libvirt',
          uri: this.daemon.uri,
          'storage-pool': 'nodepool',
          virtualization: 'qemu',
          'ssh-authorized-keys': [publicKey],
          diskimages: [{ name: 'tiny-vm', 'config-drive': true }],
          pools: [
            {
              name: 'main',
              'max-servers': 2,
              network: { user: { address: '127.0.0.1', ports: '24500-24999', restrict: true } },
              labels: [{ name: 'tiny-vm', diskimage: 'tiny-vm', memory: 256, 'boot-timeout': 150, ...label }],
            },
          ],
        },
      ],
    };
  }
}
