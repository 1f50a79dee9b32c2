import { readdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import type { FolderCloud } from '../support/real-faults/folder-cloud.js';
import { ImageRule } from '../support/log-judge/image-rule.js';
import { judge } from '../support/log-judge/judge.js';
import { LimitRule } from '../support/log-judge/limit-rule.js';
import { LockRule } from '../support/log-judge/lock-rule.js';
import { RestRule } from '../support/log-judge/rest-rule.js';
import { planFaults } from '../support/real-faults/fault-plan.js';
import { FaultyInstallation } from '../support/real-faults/faulty-installation.js';
import { JobClient } from '../support/real-faults/job-client.js';
import { rest } from '../support/real-faults/rest.js';
import { eventsOf } from '../support/transaction-log.js';
import { withoutZooKeeper } from '../support/zookeeper-server.js';

/** Each deck holds 20 kills and stops and three half-open links; `npm run test:faults` makes it ten. */
const DECKS = Number(process.env['NODEPOOL_FAULT_DECKS'] ?? 2);
/** Chooses which faults befall whom and in which order; failures name it. */
const SEED = Number(process.env['NODEPOOL_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** A file that keeps what ZooKeeper's own tool prints of its transaction log. */
const KEPT_LOG = process.env['NODEPOOL_FAULT_LOG'];
/** Seconds; so long a dead daemon's locks stand. */
const SESSION = 2;
const MAX_SERVERS = 5;
const TENANTS = { acme: 2, umbra: 2 };
/** Whose clients they are. */
const CLIENTS = ['acme', 'acme', 'acme', 'umbra', 'umbra', null, null, null, null, null] as const;
/** Seconds; what a client has left untouched goes after this long. */
const MAX_READY_AGE = 5;
/** Seconds; images are made again and again, until all is to come to rest. */
const OFTEN = 3;
const NEVER = 86_400;

const configuration = (cloud: FolderCloud, rebuildAge: number): object => ({
  'zookeeper-timeout': SESSION,
  webapp: { port: 0, listen_address: '127.0.0.1' },
  labels: [{ name: 'small', 'max-ready-age': MAX_READY_AGE }],
  diskimages: [{ name: 'debian', elements: ['debian'], formats: ['qcow2'], 'rebuild-age': rebuildAge }],
  'tenant-resource-limits': Object.entries(TENANTS).map(([name, most]) => ({
    'tenant-name': name,
    'max-servers': most,
  })),
  providers: [
    {
      name: 'folder',
      driver: 'exec',
      command: cloud.command,
      diskimages: [{ name: 'debian' }],
      pools: [
        {
          name: 'main',
          'max-servers': MAX_SERVERS,
          'host-key-checking': false,
          labels: [{ name: 'small', diskimage: 'debian' }],
        },
      ],
    },
  ],
});

describe.skipIf(withoutZooKeeper())(`launchers, a builder and ZooKeeper under real faults, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  let installation: FaultyInstallation;
  const clients: JobClient[] = [];

  beforeEach(async () => {
    installation = await FaultyInstallation.open('real-faults');
    await installation.configure((cloud) => configuration(cloud, OFTEN));
    await installation.start();
    const { server, world } = installation;
    for (const tenant of CLIENTS) {
      const own = new SeededRandom(Math.floor(random.next() * 2 ** 31));
      clients.push(await JobClient.open({ port: server.port, chroot: world.chroot, tenant, random: own }));
    }
  });
  afterEach(async () => {
    for (const client of clients) await client.close();
    await installation?.close();
  });

  it(
    'nothing is written without its lock, no limit is exceeded, and nothing is left',
    { timeout: 240_000 + DECKS * 180_000 },
    async () => {
      const { server, world, cloud } = installation;
      const plan = planFaults(random, DECKS, SESSION);
      const over = new AbortController();
      const problems: string[] = [];
      // Whatever goes wrong, the log has to say what led to it.
      const note = (error: unknown): unknown => problems.push(String(error));
      const work = clients.map((client) => client.work(over.signal).catch(note));
      for (const fault of plan) {
        await delay(fault.pause * 1000);
        await installation.befall(fault);
      }
      await installation.allOver();
      over.abort();
      await Promise.all(work);
      await installation.configure((folder) => configuration(folder, NEVER));
      await rest(installation).catch(note);
      problems.push(...clients.flatMap((client) => client.problems), ...(await installation.stop()));
      for (const client of clients) await client.close();

      const limits = new LimitRule({ servers: MAX_SERVERS, tenants: TENANTS });
      const images = new ImageRule();
      const log = await server.transactionLog();
      if (KEPT_LOG !== undefined) await writeFile(KEPT_LOG, log);
      const events = eventsOf(log, world.chroot);
      const verdict = judge(events, [new LockRule(), images, limits, new RestRule()]);
      expect([...problems, ...verdict.problems], `NODEPOOL_FAULT_SEED=${SEED}`).toEqual([]);
      expect(limits.most).toEqual({ nodes: MAX_SERVERS, ofTenant: 2 });
      expect(await cloud.images()).toEqual(images.kept.images.toSorted());
      expect(await buildsIn(world.imagesDir)).toEqual(images.kept.builds.toSorted());
      // Else faults befell nobody, or nobody worked.
      const sessions = events.filter(({ kind }) => kind === 'session-end');
      expect(sessions.length - CLIENTS.length).toBeGreaterThanOrEqual(plan.length / 4);
      expect(verdict.fulfilled).toBeGreaterThanOrEqual(DECKS * CLIENTS.length * 2);
      const ended = clients.map((client) => client.ended);
      const sum = (how: keyof JobClient['ended']): number =>
        ended.reduce((total, { [how]: count }) => total + count, 0);
      console.log(
        `seed ${SEED}: ${plan.length} faults; jobs: ${sum('served')} served, ${sum('withdrawn')} withdrawn, ` +
          `${sum('untouched')} left, ${sum('interrupted')} interrupted; ${verdict.nodes} nodes, ${images.uploads} uploads`,
      );
    },
  );
});

async function buildsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return [...new Set(names.flatMap((name) => /^debian-([0-9a-f]{32})\./.exec(name)?.[1] ?? []))].sort();
}
