import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { CommandLine } from '../../src/adapters/cli/command-line.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { configuredNames, validate } from '../../src/apps/main/configuration-questions.js';
import { driverTools } from '../../src/apps/main/driver-tools.js';
import { openLeaseClerk } from '../../src/apps/main/open-lease-clerk.js';
import { openSession } from '../../src/apps/main/open-session.js';
import { storeTool } from '../../src/apps/main/store-tool.js';
import { ROOT } from './daemon-build.js';
import { DaemonWorld } from './daemon-world.js';

const BUILDER = '5f3759df-0000-4000-8000-00000000beef';
const BUILDS = ['a'.repeat(32), 'b'.repeat(32)] as const;

const CHANCE = '<id made of chance>';

/** What a command has shown; what differs by nature is masked. */
export interface Shown {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of `nodepool store export`. */
interface Line {
  readonly path: string;
  readonly data?: string;
  readonly sequence?: number;
}

/** Nodes at the ready that nobody has asked for would have to go for the request that waits. */
const SERVED = { allocated_to: '100-0000000000' };

const record = (path: string, value: object): Line => ({ path, data: JSON.stringify(value) });

function node(id: string, now: number, change: object): readonly Line[] {
  const common = {
    state: 'ready',
    state_time: now,
    created_time: now,
    provider: 'cloud',
    pool: 'main',
    type: ['small'],
    cloud: 'fake',
    az: 'az1',
    public_ipv4: `192.0.2.${Number(id)}`,
    interface_ip: `192.0.2.${Number(id)}`,
    external_id: `server-${id}`,
    hostname: `small-${id}`,
    host_keys: ['ssh-ed25519 AAAA'],
    connection_type: 'ssh',
    connection_port: 22,
    launcher: 'before',
  };
  return [record(`/nodepool/nodes/${id}`, { ...common, ...change }), { path: `/nodepool/nodes/${id}/lock` }];
}

function build(id: string, now: number, uploads: readonly string[]): readonly Line[] {
  const at = `/nodepool/images/debian/builds/${id}`;
  const lines = [
    record(at, {
      state: 'ready',
      state_time: now,
      builder: 'here',
      builder_id: BUILDER,
      formats: 'qcow2',
      username: 'zuul',
    }),
    { path: `${at}/providers` },
  ];
  const uploadLines = uploads.flatMap((provider) => {
    const images = `${at}/providers/${provider}/images`;
    const upload = {
      state: 'ready',
      state_time: now,
      external_id: `image-${id}`,
      external_name: `debian-${id}`,
      format: 'qcow2',
    };
    return [
      { path: `${at}/providers/${provider}` },
      { path: images, sequence: 1 },
      record(`${images}/0000000001`, { ...upload, username: 'zuul' }),
      { path: `${images}/lock` },
    ];
  });
  return [...lines, ...uploadLines];
}

/** One installation in use, as `nodepool store export` writes it: nodes, requests that wait and are served, images with two builds. */
export function aTree(now: number): readonly Line[] {
  const { nodes, requests } = {
    nodes: [
      ...node('0000000001', now - 500, SERVED),
      ...node('0000000002', now - 400, SERVED),
      ...node('0000000003', now - 300, { state: 'hold', comment: 'ann looks at the disk' }),
      ...node('0000000004', now - 200, { provider: 'spare' }),
      ...node('0000000005', now - 100, SERVED),
      ...node('0000000006', now - 50, SERVED),
      ...node('0000000007', now - 50, SERVED),
    ],
    requests: [
      record('/nodepool/requests/100-0000000000', {
        state: 'fulfilled',
        state_time: now - 90,
        created_time: now - 95,
        node_types: Array.from({ length: 5 }, () => 'small'),
        nodes: ['0000000001', '0000000002', '0000000005', '0000000006', '0000000007'],
        requestor: 'zuul',
        declined_by: [],
      }),
      record('/nodepool/requests/200-0000000001', {
        state: 'requested',
        state_time: now - 80,
        created_time: now - 80,
        node_types: ['large'],
        nodes: [],
        requestor: 'zuul',
        declined_by: [],
      }),
    ],
  };
  return [
    { path: '/nodepool' },
    { path: '/nodepool/nodes', sequence: 8 },
    ...nodes,
    { path: '/nodepool/requests', sequence: 2 },
    ...requests,
    { path: '/nodepool/requests-lock' },
    { path: '/nodepool/images' },
    { path: '/nodepool/images/debian' },
    { path: '/nodepool/images/debian/builds' },
    { path: '/nodepool/images/debian/builds/lock' },
    ...build(BUILDS[0], now - 4000, ['cloud', 'spare']),
    ...build(BUILDS[1], now - 3000, ['cloud', 'spare']),
  ];
}

class CapturedText extends Writable {
  text = '';

  override _write(part: Buffer, _encoding: string, done: () => void): void {
    this.text += part.toString();
    done();
  }
}

/** An installation of its own on one kind of store, which holds that tree. */
export class Twin {
  private constructor(
    readonly world: DaemonWorld,
    private readonly store: object,
    readonly port: number,
  ) {}

  /** @param store of the configuration; undefined = in the twin's folder */
  static async open(name: string, port: number, server?: string): Promise<Twin> {
    const world = await DaemonWorld.open(name, server);
    const store = server === undefined ? { store: { directory: join(world.folder, 'store') } } : world.basics();
    return new Twin(world, store, port);
  }

  get onZooKeeper(): boolean {
    return 'zookeeper-servers' in this.store;
  }

  async configure(change: object): Promise<void> {
    const common = {
      'images-dir': this.world.imagesDir,
      'build-log-dir': join(this.world.folder, 'logs'),
      webapp: { port: this.port, listen_address: '127.0.0.1' },
    };
    await this.world.configure({ ...common, ...this.store, ...change });
  }

  /** Brings the tree there, and starts what serves it. */
  async start(tree: readonly Line[]): Promise<void> {
    await writeFile(join(this.world.imagesDir, 'builder_id.txt'), BUILDER);
    for (const id of BUILDS) await writeFile(join(this.world.imagesDir, `debian-${id}.qcow2`), 'image');
    const lines = tree.map((line) => `${JSON.stringify({ data: '', sequence: 0, ...line })}\n`).join('');
    await this.fed(['store', 'import', ...(this.onZooKeeper ? ['--zookeeper'] : [])], lines);
    await this.serve();
  }

  async serve(): Promise<void> {
    if (!this.onZooKeeper) {
      const daemon = this.world.start('nodepool-standalone', ['-f', '--fake', '-c', this.world.configFile]);
      await daemon.says(/Launcher and builder run/);
      return;
    }
    const [launcher, builder] = [this.world.launcher(), this.world.builder('--fake')];
    await Promise.all([launcher.says(/The launcher runs/), builder.says(/The builder runs/)]);
  }

  /** A command of `nodepool`, put together as the executable does it, in this process: there are many. */
  async run(args: readonly string[]): Promise<Shown> {
    const [stdout, stderr] = [new CapturedText(), new CapturedText()];
    const line = new CommandLine({
      open: openSession,
      validate,
      names: configuredNames,
      drivers: driverTools,
      init: () => Promise.reject(new Error('not here')),
      leases: { open: openLeaseClerk },
      store: storeTool,
      stdout,
      stderr,
      stdin: Readable.from([]),
      clock: new SystemClock(),
      environment: {},
      version: '0',
    });
    const code = await line.run(['-c', this.world.configFile, ...args]);
    return { code, stdout: this.masked(stdout.text), stderr: this.masked(stderr.text) };
  }

  /** The executable itself, which has a standard input. */
  private async fed(args: readonly string[], input: string): Promise<void> {
    const words = [join(ROOT, 'bin/nodepool.js'), '-c', this.world.configFile, ...args];
    const child = spawn(process.execPath, words, { cwd: this.world.folder, env: this.world.environment() });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
    child.stdin.on('error', () => undefined).end(input);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`nodepool ${args.join(' ')} ended with ${code}: ${said}`);
  }

  async page(path: string, accept: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { accept } });
    return this.masked(`${answer.status} ${answer.headers.get('content-type') ?? ''}\n${await answer.text()}`);
  }

  /** Folders, moments, and ids that are made of chance. Lines that are in the order of such ids get another one. */
  private masked(text: string): string {
    const masked = text
      .replaceAll(this.world.folder, '<folder>')
      .replaceAll(/\b\d\d:\d\d:\d\d:\d\d\b/g, '<age>')
      .replaceAll(/^( *time: ).*$/gm, '$1<time>')
      .replaceAll(/"(age|state_time|since)":\s*[\d.]+/g, '"$1": <age>')
      .replaceAll(`:${this.port}`, ':<port>')
      .replaceAll(/\b[0-9a-f]{32}\b/g, (id) => (BUILDS.some((known) => known === id) ? id : CHANCE))
      .replaceAll(/\bdebian-\d{10}\b/g, 'debian-<moment>')
      .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, CHANCE);
    if (!masked.includes(CHANCE)) return masked;
    return masked
      .split(/\n|(?<=\}), (?=\{)/)
      .map((line) => line.replaceAll(/[[\]]/g, ''))
      .sort()
      .join('\n');
  }
}
