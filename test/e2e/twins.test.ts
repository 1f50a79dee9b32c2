import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutClient } from '../support/daemon-needs.js';
import type { Shown } from '../support/twin-installation.js';
import { aTree, Twin } from '../support/twin-installation.js';
import { eventually } from '../support/eventually.js';
import { freePort, ZooKeeperServer } from '../support/zookeeper-server.js';
import { COMMAND_BLOCKS } from '../unit/docs/command-blocks.js';

const STEPS = /^(?:image \S+ (?:is being built|waits for a builder)|node \S+ is (?:deleting|deleted)).*\n?/gm;
/** A state that does not last. */
const UNDER_WAY = /\| (?:building|uploading|deleting) /;
/** An order to build that nobody has taken yet. */
const ORDERED = /\| (?:True|False) +\| \S/;
const PAGES = ['/node-list', '/request-list', '/dib-image-list', '/image-list', '/label-list'];
const provider = (name: string, ...pools: readonly object[]): object => ({
  name,
  driver: 'fake',
  cloud: 'fake',
  diskimages: [{ name: 'debian' }],
  pools,
});
/** Smaller than what is there: nothing is launched, and the request for `large` waits. */
const pool = {
  name: 'main',
  'max-servers': 1,
  labels: ['small', 'large'].map((name) => ({ name, diskimage: 'debian', 'min-ram': 1024 })),
};
const CONFIG = {
  labels: [{ name: 'small' }, { name: 'large' }],
  diskimages: [{ name: 'debian', elements: ['vm'] }],
  providers: [provider('cloud', pool), provider('spare')],
};

/** What the placeholders of the guide stand for; those with several values go on with each block. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  request: ['200-0000000001', '100-0000000000'],
  node: ['0000000003'],
  label: ['small'],
  image: ['debian'],
  provider: ['spare'],
  held: ['0000000001'],
  build: ['a'.repeat(32), 'b'.repeat(32)],
  upload: ['0000000001'],
  id: ['0000000003', '0000000001', '0000000002', '0000000005', '0000000006', '0000000007', '0000000004'],
};

const READS = /^(?:--connect-timeout |\S*list|explain|image-status|info|config-validate|export|completion)\b/;

const COMMANDS = COMMAND_BLOCKS.filter(({ file, mark }) => file.endsWith('/day-to-day.md') && mark.kind === 'run')
  .flatMap(({ heading, text }) => text.split('\n').map((line) => ({ heading, line })))
  .filter(({ line }) => /\bnodepool /.test(line))
  // The command asks the fake cloud, which lives inside of the daemon.
  .filter(({ line }) => !line.includes('alien-image-list'))
  // Looking is the same a second time, but for nodes and images, which are looked at after each order.
  .filter(
    ({ line }, index, all) =>
      !READS.test(line.replace('nodepool ', '')) || all.findIndex((other) => other.line === line) === index,
  );

describe.skipIf(withoutClient())('[S14] one tree on the store of one machine and on ZooKeeper', () => {
  let server: ZooKeeperServer;
  let twins: readonly Twin[] = [];
  const used = new Map<string, number>();

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    const [one, other] = [await freePort(), await freePort()];
    twins = [await Twin.open('twin', one), await Twin.open('twin', other, server.address)];
    const tree = aTree(Date.now() / 1000);
    await Promise.all(twins.map((twin) => twin.configure(CONFIG)));
    await Promise.all(twins.map((twin) => twin.start(tree)));
    await settle();
  });
  afterAll(async () => {
    for (const { world } of twins) await world.close();
    await server?.stop();
  });

  const both = async <T>(ask: (twin: Twin) => Promise<T>): Promise<readonly [T, T]> => {
    const [store, zookeeper] = await Promise.all(twins.map(ask));
    return [store as T, zookeeper as T];
  };

  /** Waits until the launchers and builders of both have done what was told, and compares all pages. */
  async function settle(): Promise<void> {
    const look = async (twin: Twin): Promise<readonly string[]> => [
      (await twin.run(['image-status'])).stdout,
      ...(await Promise.all(
        PAGES.flatMap((page) => ['text/plain', 'application/json'].map((accept) => twin.page(page, accept))),
      )),
    ];
    let [store, zookeeper]: readonly (readonly string[])[] = [];
    const done = async (): Promise<boolean> => {
      [store, zookeeper] = await both(look);
      return (
        store?.join() === zookeeper?.join() && !UNDER_WAY.test(store?.join() ?? '') && !ORDERED.test(store?.[0] ?? '')
      );
    };
    await eventually('both have done what they were told', done, 120).catch(() => undefined);
    expect(store).toEqual(zookeeper);
  }

  function filledIn(line: string): string {
    return line.replaceAll(/<([a-z-]+)>/g, (all, name: string) => {
      const values = MEANT[name];
      if (!values) throw new Error(`nobody knows what ${all} stands for`);
      const turn = used.get(name) ?? 0;
      used.set(name, turn + 1);
      return values[Math.min(turn, values.length - 1)] ?? '';
    });
  }

  it.each(COMMANDS)('$line', async ({ line }) => {
    const words = filledIn(line).replace(/^.*?\bnodepool /, '');
    const [store, zookeeper] = await both((twin) => twin.run(wordsOf(words)));
    expect(store.stdout).not.toMatch(/^\s+at /m);
    expect(recordsOnly(store)).toEqual(recordsOnly(zookeeper));
    if (!READS.test(words)) await settle();
  });
});

/** As a shell splits them. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** What is said of records, without steps of an order that may be too short to be seen. What processes remember of their decisions differs: there it is one, here there are two. */
function recordsOnly({ code, stdout, stderr }: Shown): Shown {
  return {
    code,
    stdout: stdout.replaceAll(/^launcher http.*\n(?: .*\n)*/gm, ''),
    stderr: stderr.replaceAll(STEPS, ''),
  };
}
