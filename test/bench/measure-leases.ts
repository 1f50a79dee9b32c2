import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { eventually } from '../support/eventually.js';
import { median, percentile, show, showHeader, showLoad } from './figures.js';
import { cpuSeconds, residentBytes } from './measured-process.js';

const DAEMON = fileURLToPath(new URL('../../bin/nodepool-standalone.js', import.meta.url));
const ALONE = 60;
const TOGETHER = 100;
const ACTIVE = 1000;
/** Seconds between two heartbeats of a lease. */
const PAUSE = 30;

interface Lease {
  readonly state: string;
}

/** Leases of the one daemon on the durable store, by a client in this process. */
export async function measureLeases(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nodepool-bench-leases-'));
  const place = new Place(folder);
  try {
    await place.start();
    showLoad();
    showHeader();
    await place.ready(TOGETHER);
    await measureAlone(place);
    await measureTogether(place);
    await measureActive(place);
    showLoad();
  } finally {
    await place.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAlone(place: Place): Promise<void> {
  const times: number[] = [];
  const before = cpuSeconds(place.pid);
  for (let count = 0; count < ALONE; count += 1) {
    await place.ready(TOGETHER / 2);
    const began = performance.now();
    const id = await place.active();
    times.push(performance.now() - began);
    await place.call('DELETE', `/leases/${id}`);
  }
  const cpu = (cpuSeconds(place.pid) - before) / ALONE;
  show({ what: 'PUT to active with a ready node, p50', value: median(times), unit: 'ms', budget: 30 });
  show({ what: '… p95', value: percentile(times, 0.95), unit: 'ms', budget: null });
  show({ what: '… CPU per lease, its machine and its end included', value: cpu * 1000, unit: 'ms', budget: null });
}

async function measureTogether(place: Place): Promise<void> {
  await place.ready(TOGETHER);
  const [before, began] = [cpuSeconds(place.pid), performance.now()];
  const ids = await Promise.all(Array.from({ length: TOGETHER }, () => place.active()));
  const seconds = (performance.now() - began) / 1000;
  show({ what: `${TOGETHER} leases at once, all active after`, value: seconds, unit: 's', budget: null });
  const cpu = ((cpuSeconds(place.pid) - before) / TOGETHER) * 1000;
  show({ what: '… CPU per lease', value: cpu, unit: 'ms', budget: null });
  await Promise.all(ids.map((id) => place.call('DELETE', `/leases/${id}`)));
}

async function measureActive(place: Place): Promise<void> {
  const ids: string[] = [];
  for (let from = 0; from < ACTIVE; from += 50) {
    ids.push(...(await Promise.all(Array.from({ length: 50 }, () => place.active()))));
  }
  await place.ready(TOGETHER);
  await delay(3000);
  const idle = await cpuOver(place, async () => delay(PAUSE * 1000));
  const busy = await cpuOver(place, () => heartbeats(place, ids));
  const what = `${ACTIVE} active leases`;
  show({ what: `${what}, CPU without heartbeats`, value: idle * 100, unit: '% of one', budget: null });
  show({ what: `${what}, CPU with one each in ${PAUSE} s`, value: busy * 100, unit: '% of one', budget: null });
  show({ what: `${what}, resident`, value: residentBytes(place.pid) / 2 ** 20, unit: 'MiB', budget: 300 });
}

async function cpuOver(place: Place, work: () => Promise<unknown>): Promise<number> {
  const [before, began] = [cpuSeconds(place.pid), performance.now()];
  await work();
  return (cpuSeconds(place.pid) - before) / ((performance.now() - began) / 1000);
}

async function heartbeats(place: Place, ids: readonly string[]): Promise<void> {
  const began = performance.now();
  for (const [index, id] of ids.entries()) {
    const due = began + (index / ids.length) * PAUSE * 1000;
    await delay(Math.max(0, due - performance.now()));
    await place.call('POST', `/leases/${id}/renew`);
  }
}

/** The daemon, which listens at its socket. */
class Place {
  private daemon: ChildProcess | undefined;
  private readonly agent: Agent;

  constructor(private readonly folder: string) {
    this.agent = new Agent({ connect: { socketPath: path.join(folder, 'store/nodepool.sock') }, connections: 200 });
  }

  async start(): Promise<void> {
    await mkdir(path.join(this.folder, 'images'));
    const config = path.join(this.folder, 'nodepool.yaml');
    await writeFile(config, JSON.stringify(this.configuration()));
    const argv = [DAEMON, '-f', '--no-webapp', '-c', config];
    this.daemon = spawn(process.execPath, argv, { stdio: 'ignore', cwd: this.folder });
    await eventually(
      'the daemon serves',
      () =>
        this.ready(0).then(
          () => true,
          () => false,
        ),
      30,
    );
  }

  async stop(): Promise<void> {
    const { daemon } = this;
    if (!daemon) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    await ended;
    await this.agent.close();
  }

  async call(method: 'PUT' | 'GET' | 'POST' | 'DELETE', where: string, body?: object): Promise<unknown> {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const sent = body ? { body: JSON.stringify(body) } : {};
    const url = `http://nodepool/api/v1${where}`;
    const answer = await request(url, { method, headers, ...sent, dispatcher: this.agent });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${where}: ${answer.statusCode} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Takes a lease and answers its id once it is active. */
  async active(): Promise<string> {
    const id = randomUUID();
    const made = (await this.call('PUT', `/leases/${id}`, { labels: ['small'], ttl: 3600 })) as Lease;
    for (let lease = made; lease.state !== 'active';)
      lease = (await this.call('GET', `/leases/${id}?wait=50`)) as Lease;
    return id;
  }

  /** Waits until so many nodes are ready. */
  async ready(count: number): Promise<void> {
    const look = async (): Promise<boolean> => {
      const { labels } = (await this.call('GET', '/labels')) as {
        readonly labels: readonly { readonly ready: number }[];
      };
      return (labels[0]?.ready ?? 0) >= count;
    };
    await eventually(`${count} nodes are ready`, look, 120);
  }

  get pid(): number {
    return this.daemon?.pid ?? 0;
  }

  private configuration(): object {
    const label = { name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 };
    const fake = { 'boot-time': 0, 'delete-time': 0, quota: {} };
    return {
      store: { directory: path.join(this.folder, 'store') },
      'images-dir': path.join(this.folder, 'images'),
      labels: [{ name: 'small', 'min-ready': TOGETHER }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          fake,
          'cloud-images': [{ name: 'debian' }],
          pools: [{ name: 'main', 'max-servers': 2000, labels: [label] }],
        },
      ],
    };
  }
}
