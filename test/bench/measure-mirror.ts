import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { nodeCodec } from '../../src/adapters/records/node-codec.js';
import { aNode } from '../support/builders.js';
import type { BenchWorld, ClientName } from './bench-world.js';
import { median, show } from './figures.js';
import { LABEL, PROVIDER, type LauncherProcess } from './launcher-process.js';
import { Readiness } from './readiness.js';
import type { RawClient } from './raw-client.js';

const IDLE_NODES = 1000;
const IDLE_SECONDS = 30;
/** Until what follows a start is over. */
const SETTLING_SECONDS = 5;
const MANY_NODES = 10_000;
const LISTS = 7;
/** The web interface gives the same answer for a second. */
const CACHE_SECONDS = 1.1;

export interface Idle {
  /** What ZooKeeper receives in a second. */
  readonly packets: number;
  /** Per cent of a core. */
  readonly cpu: number;
}

/** What a launcher with nothing to do does. */
export async function measureIdle(world: BenchWorld): Promise<void> {
  const { packets, cpu } = await idleOf(world);
  const what = `idle with ${IDLE_NODES} ready nodes:`;
  show({ what: `${what} packets to ZooKeeper`, value: packets, unit: '/s', budget: 2 });
  show({ what: `${what} CPU`, value: cpu, unit: '% of core', budget: 0.5 });
}

export async function idleOf(world: BenchWorld, kind?: ClientName): Promise<Idle> {
  const client = await world.client();
  const chroot = await world.tree('idle', client);
  await seedNodes(client, chroot, IDLE_NODES);
  const launcher = await world.launcher(chroot, kind);
  await delay(SETTLING_SECONDS * 1000);
  // Our own client's heartbeats are not the launcher's; there is one for each of our connections.
  await world.closeClients();
  const before = { packets: await world.packets(), cpu: launcher.cpu };
  await delay(IDLE_SECONDS * 1000);
  // Less the question itself.
  const packets = ((await world.packets()) - before.packets - 1) / IDLE_SECONDS;
  const cpu = (100 * (launcher.cpu - before.cpu)) / IDLE_SECONDS;
  await launcher.stop();
  return { packets, cpu };
}

/** A launcher in a large installation, once it serves and has settled. The caller stops it. */
export async function startedWithMany(world: BenchWorld, kind?: ClientName): Promise<LauncherProcess> {
  const client = await world.client();
  const chroot = await world.tree('mirror', client);
  await seedNodes(client, chroot, MANY_NODES);
  await world.closeClients();
  const launcher = await world.launcher(chroot, kind);
  await delay(SETTLING_SECONDS * 1000);
  return launcher;
}

/** A large installation. */
export async function measureMirror(world: BenchWorld): Promise<void> {
  const launcher = await startedWithMany(world);
  const mirrored = launcher.memory / 1e6;
  const json = await measureList(launcher, 'application/json');
  const nodes = (JSON.parse(json.body) as readonly unknown[]).length;
  if (nodes !== MANY_NODES) throw new Error(`/node-list shows ${nodes} nodes instead of ${MANY_NODES}`);
  const table = await measureList(launcher, 'text/plain');
  const memory = launcher.memory / 1e6;
  await launcher.stop();
  const what = `${MANY_NODES} nodes:`;
  show({ what: `${what} start of the process to serving`, value: launcher.startTime, unit: 's', budget: 10 });
  show({ what: `${what} resident memory`, value: mirrored, unit: 'MB', budget: 300 });
  show({ what: `${what} resident memory after ${2 * LISTS} lists`, value: memory, unit: 'MB', budget: 300 });
  for (const [name, { times, held, cpu }] of [
    ['JSON', json],
    ['text', table],
  ] as const) {
    const budget = name === 'JSON' ? 50 : null;
    show({ what: `${what} /node-list ${name}, first`, value: times[0] ?? NaN, unit: 'ms', budget: null });
    show({ what: `${what} … /ready meanwhile, longest`, value: held[0] ?? NaN, unit: 'ms', budget: 20 });
    show({ what: `${what} /node-list ${name}, median of ${LISTS}`, value: median(times), unit: 'ms', budget });
    show({ what: `${what} … /ready meanwhile, longest`, value: Math.max(...held.slice(1)), unit: 'ms', budget: 20 });
    show({ what: `${what} /node-list ${name}, CPU per further list`, value: cpu, unit: 'ms', budget: null });
  }
}

interface MeasuredLists {
  /** Milliseconds of each list. */
  readonly times: readonly number[];
  /** Milliseconds that `/ready` took at most meanwhile. */
  readonly held: readonly number[];
  /** Milliseconds of CPU for each list after the first, with the questions to `/ready`. */
  readonly cpu: number;
  readonly body: string;
}

async function measureList(launcher: LauncherProcess, accept: string): Promise<MeasuredLists> {
  const times: number[] = [];
  const held: number[] = [];
  let before = launcher.cpu;
  let body = '';
  for (let list = 0; list < LISTS; list += 1) {
    await delay(CACHE_SECONDS * 1000);
    const readiness = new Readiness(launcher.web, 1);
    const started = performance.now();
    const bytes = await download(`${launcher.web}/node-list`, accept);
    times.push(performance.now() - started);
    held.push(Math.max(...(await readiness.end())));
    body = bytes.toString();
    // The first one writes every row, the others what has changed.
    if (list === 0) before = launcher.cpu;
  }
  return { times, held, cpu: (1000 * (launcher.cpu - before)) / (LISTS - 1), body };
}

/** Without the streams of `fetch`, which take as long as the server. */
function download(url: string, accept: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { accept } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve(Buffer.concat(chunks)));
      answer.on('error', reject);
    }).on('error', reject);
  });
}

/** Ready nodes as a launcher leaves them behind, with the folders of their locks. */
async function seedNodes(client: RawClient, chroot: string, count: number): Promise<void> {
  const now = Date.now() / 1000;
  for (let first = 0; first < count; first += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, count - first) }, async (_, index) => {
        const node = aNode({
          stateTime: now,
          createdTime: now,
          provider: PROVIDER,
          type: [LABEL],
          az: 'az1',
          cloud: 'fake',
          publicIpv4: '192.0.2.1',
          privateIpv4: '10.0.0.1',
          interfaceIp: '192.0.2.1',
          connectionType: 'ssh',
          launcher: 'other-host-PoolWorker.fake-bench-main-0123456789abcdef0123456789abcdef',
          externalId: `5e2b1d0a-7f0e-4c59-9d7a-${String(first + index).padStart(12, '0')}`,
          hostname: `small-fake-bench-${first + index}`,
          hostKeys: [`ssh-rsa ${'A'.repeat(360)}`, `ssh-ed25519 ${'B'.repeat(68)}`],
        });
        const path = await client.create(`${chroot}/nodepool/nodes/`, nodeCodec.encode(node), { sequential: true });
        await client.create(`${path}/lock`, new Uint8Array());
      }),
    );
  }
}
