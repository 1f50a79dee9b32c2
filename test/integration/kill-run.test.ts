import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { CommandEnd } from '../support/nodepool-command.js';
import { NodepoolCommand } from '../support/nodepool-command.js';
import { freePort, withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

/** `npm run test:kill-run` makes it large: 60 holders, 40 kills, 20 restarts. */
const number = (name: string, usual: number): number => Number(process.env[`NODEPOOL_RUN_${name}`] ?? usual);
const HOLDERS = number('HOLDERS', 6);
const LONGEST = number('LONGEST', 4);
const KILLS = number('KILLS', 4);
const RESTARTS = number('RESTARTS', 3);
/** Of the kills, those that hit a holder. Their machines are given back by nobody, and so the test has to wait for their end. */
const HOLDERS_KILLED = number('HOLDERS_KILLED', 0);
const LAUNCHERS = 3;
/** Seconds; the shortest that a lease may have. */
const TTL = 30;
const TOKEN = 'np_kill';

interface Holder {
  readonly command: NodepoolCommand;
  readonly status: number;
  killed: boolean;
  over: boolean;
}

let world: DaemonWorld;
const random = new SeededRandom(Number(process.env['NODEPOOL_RUN_SEED'] ?? 1));
const upTo = (most: number): number => Math.floor(random.next() * most);

function configuration(port: number, store: object): object {
  return {
    ...store,
    'images-dir': world.imagesDir,
    'build-log-dir': path.join(world.folder, 'logs'),
    webapp: { port: 0, listen_address: '127.0.0.1' },
    'lease-api': { port },
    labels: [{ name: 'small' }],
    providers: [
      {
        name: 'cloud',
        driver: 'fake',
        cloud: 'fake',
        fake: { 'boot-time': 0.2, 'delete-time': 0.1, quota: {} },
        'cloud-images': [{ name: 'debian' }],
        pools: [
          { name: 'main', 'max-servers': 30, labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 }] },
        ],
      },
    ],
  };
}

beforeEach(async () => {
  const sha256 = createHash('sha256').update(TOKEN).digest('hex');
  await mkdir(path.join(world.folder, 'images'), { recursive: true });
  await writeFile(path.join(world.folder, 'secure.yaml'), JSON.stringify({ 'lease-tokens': [{ name: 'ci', sha256 }] }));
});
afterEach(() => world?.close());

/** A person's `nodepool run --local`, whose command tells its machine and ends with a status of its own. */
function hold(index: number, port: number): Holder {
  const seconds = 1 + upTo(LONGEST);
  const status = index % 8;
  const words = ['--connect-timeout', '120', 'run', 'small', '--local', '--ttl', String(TTL), '--'];
  const script = `cat "$NODEPOOL_NODES"; sleep ${seconds}; exit ${status}`;
  const env = { NODEPOOL_URL: `http://127.0.0.1:${port}`, NODEPOOL_TOKEN: TOKEN };
  const command = NodepoolCommand.start([...words, 'sh', '-c', script], { env });
  const holder: Holder = { command, status, killed: false, over: false };
  void command.ended.then(() => (holder.over = true));
  return holder;
}

function killOne(holders: readonly Holder[]): void {
  const alive = holders.filter(({ over, killed }) => !over && !killed);
  const holder = alive[upTo(alive.length)];
  if (!holder) return;
  holder.killed = true;
  holder.command.kill('SIGKILL');
}

/** Every command ended with its own status, each on a machine of its own, and soon none is left. */
async function judge(
  holders: readonly Holder[],
  list: () => Promise<readonly { readonly id: string }[]>,
): Promise<void> {
  const given: string[] = [];
  for (const holder of holders) {
    const end: CommandEnd = await holder.command.ended;
    if (!holder.killed) expect([end.code, end.stderr], end.stdout).toEqual([holder.status, expect.any(String)]);
    if (end.stdout === '' && holder.killed) continue;
    const [node] = JSON.parse(end.stdout) as readonly { readonly id: string }[];
    given.push(node?.id ?? '');
  }
  expect(new Set(given).size).toBe(given.length);
  const limit = HOLDERS_KILLED > 0 ? 60 + TTL : 60;
  await world.until('no machine is left', async () => (await list()).length === 0, { limit, every: 1 });
}

describe.skipIf(withoutZooKeeper())('`run --local` while launchers on ZooKeeper are killed', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('kill-run', server.address);
  });
  afterAll(() => server?.stop());

  it('[L10] [L12] every command ends with its own status, on a machine of its own', { timeout: 600_000 }, async () => {
    const ports = await Promise.all(Array.from({ length: LAUNCHERS }, () => freePort()));
    const configOf = (index: number): string => path.join(world.folder, `nodepool-${index}.yaml`);
    for (const [index, port] of ports.entries()) {
      const store = { ...world.basics(), 'zookeeper-timeout': 3 };
      await writeFile(configOf(index), JSON.stringify(configuration(port, store)));
    }
    const secure = path.join(world.folder, 'secure.yaml');
    const start = (index: number): Daemon =>
      world.start('nodepool-launcher', ['-f', '-c', configOf(index), '-s', secure]);
    const running = ports.map((_, index) => start(index));
    for (const launcher of running) await launcher.says(/The lease API listens at/);
    const holders = Array.from({ length: HOLDERS }, (_, index) => hold(index, ports[index % LAUNCHERS] ?? 0));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await delay(upTo(1200));
      if (kill < HOLDERS_KILLED) killOne(holders);
      const index = kill % LAUNCHERS;
      await running[index]?.kill();
      running[index] = start(index);
    }
    const list = async (): Promise<readonly { readonly id: string }[]> => {
      const command = world.start('nodepool', ['-c', configOf(0), 'list', '--format', 'json']);
      await command.ending();
      return JSON.parse(command.stdout) as readonly { readonly id: string }[];
    };
    await judge(holders, list);
  });
});

describe('`run --local` while the one daemon is killed and started again', () => {
  beforeAll(async () => {
    world = await DaemonWorld.open('kill-run-store');
  });

  it(
    '[L10] [S6] [S9] every command ends with its own status, on a machine of its own',
    { timeout: 600_000 },
    async () => {
      const port = await freePort();
      const store = { store: { directory: path.join(world.folder, 'store'), 'session-timeout': 3 } };
      await world.configure(configuration(port, store));
      const secure = path.join(world.folder, 'secure.yaml');
      const start = (): Daemon =>
        world.start('nodepool-standalone', ['-f', '--fake', '-c', world.configFile, '-s', secure]);
      let daemon = start();
      await daemon.says(/The lease API listens at/);
      const holders = Array.from({ length: HOLDERS }, (_, index) => hold(index, port));
      for (let restart = 0; restart < RESTARTS; restart += 1) {
        await delay(upTo(2500));
        if (restart < HOLDERS_KILLED) killOne(holders);
        await daemon.kill();
        daemon = start();
        await daemon.says(/The lease API listens at/);
      }
      await judge(holders, async () => {
        const text = await world.nodepool('list', '--format', 'json');
        return JSON.parse(text) as readonly { readonly id: string }[];
      });
      expect((await daemon.stop()).code).toBe(0);
    },
  );
});
