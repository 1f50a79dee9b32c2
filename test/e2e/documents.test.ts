import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutClient } from '../support/daemon-needs.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { DocumentShell } from '../support/document-shell.js';
import { ZooKeeperServer, freePort } from '../support/zookeeper-server.js';
import { COMMAND_BLOCKS } from '../unit/docs/command-blocks.js';

interface Row {
  readonly id: string;
  readonly state: string;
  readonly provider: string;
  readonly upload_id: string;
  readonly age: number;
  readonly locked: string;
}

/** What has to be so before a block is run, and what has to have come of it. */
interface Task {
  readonly before?: () => Promise<void>;
  readonly after?: (stdout: string, output: string) => Promise<void> | void;
}

const RELOADED = /The configuration has changed/;
const DAY = 'docs/guide/day-to-day.md';
const blocks = COMMAND_BLOCKS.filter(({ mark }) => mark.kind === 'run').map((block) => ({
  ...block,
  first: block.text.split('\n')[0] ?? '',
}));

/** One after the other, as somebody would who reads all of it. */
describe.skipIf(withoutClient())('what the documents tell people to type in', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let shell: DocumentShell;
  let request: string;
  let daemons: readonly Daemon[];
  let port: number;
  /** What the placeholders of the last block stood for. */
  let meant: Readonly<Record<string, string>> = {};

  const cloud = (name: string, pool: object, images: readonly object[]): object => ({
    name,
    driver: 'fake',
    cloud: 'fake',
    diskimages: images,
    pools: [{ name: 'main', ...pool }],
  });
  const labels = [{ name: 'small', diskimage: 'debian', 'min-ram': 2048 }];
  const serving = (name: string, servers: number, pause = false): object =>
    cloud(name, { 'max-servers': servers, labels }, [{ name: 'debian', pause }]);
  const configure = (spare: object | null, main = serving('cloud', 6)): Promise<void> =>
    world.configure({
      ...world.basics(),
      webapp: { port, listen_address: '127.0.0.1' },
      labels: [{ name: 'small', 'min-ready': 2 }],
      diskimages: [{ name: 'debian', elements: ['debian-minimal'] }],
      providers: [main, ...(spare ? [spare] : [])],
    });
  const start = async (): Promise<void> => {
    daemons = [world.builder('--fake'), world.launcher()];
    await daemons[1]?.says(/The launcher runs/);
  };

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('documents', server.address);
    shell = await DocumentShell.open(world);
    port = await freePort();
    await configure(serving('spare', 2));
    await start();
    const zuul = await world.client();
    request = await zuul.submit(['small']);
    await zuul.answer(request);
  });
  afterAll(async () => {
    await world?.close();
    await server?.stop();
  });

  async function page(path: string): Promise<readonly Row[]> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept: 'application/json' } });
    return (await answer.json()) as readonly Row[];
  }
  const rows = (path: string, wanted: (row: Row) => boolean): Promise<readonly Row[]> =>
    page(path).then((all) => all.filter(wanted));
  const node = (id: string | undefined): Promise<readonly Row[]> => page(`/node-list?node_id=${id ?? ''}`);
  /** Ready uploads of the provider that the others are told apart by, newest last. */
  const uploads = async (): Promise<readonly Row[]> =>
    [...(await rows('/image-list', ({ state, provider }) => state === 'ready' && provider === 'cloud'))].sort(
      (a, b) => a.age - b.age,
    );

  /** What a placeholder stands for at this moment. */
  const placeholders: Readonly<Record<string, () => Promise<string | undefined>>> = {
    image: async () => 'debian',
    label: async () => 'small',
    provider: async () => 'cloud',
    request: async () => request,
    id: async () => (await rows('/node-list', (row) => row.state === 'ready' && row.locked === 'unlocked')).at(-1)?.id,
    held: async () => (await rows('/node-list', ({ state }) => state === 'hold'))[0]?.id,
    build: async () => (await uploads()).at(-1)?.id,
    upload: async () => (await uploads()).at(-1)?.upload_id,
  };

  async function filledIn(text: string, fixed: Readonly<Record<string, string>>): Promise<string> {
    const names = [...new Set([...text.matchAll(/<([a-z-]+)>/g)].map(([, name = '']) => name))];
    const values: Record<string, string> = {};
    for (const name of names) {
      const find = placeholders[name];
      if (!find) throw new Error(`nobody knows what <${name}> stands for`);
      values[name] = fixed[name] ?? (await world.until(`there is a ${name}`, find));
    }
    meant = values;
    return text.replaceAll(/<([a-z-]+)>/g, (_all, name: string) => values[name] ?? '');
  }

  const twoUploads = (): Promise<void> =>
    world.until('two uploads are ready', async () => (await uploads()).length >= 2).then(() => undefined);
  /** Launchers have an upload to go back to, and it is not of the build that went. */
  const previousCounts = async (): Promise<void> => {
    const left = (await uploads()).map(({ id }) => id);
    expect(left).not.toEqual([]);
    expect(left).not.toContain(meant['build']);
  };
  const gone = async (): Promise<void> => expect(await node(meant['id'])).toEqual([]);
  const isJson = (stdout: string): void => expect(JSON.parse(stdout.split('\n')[0] ?? '')).toEqual(expect.any(Array));

  /** By heading and the beginning of the block. */
  const tasks: Readonly<Record<string, Task>> = {
    'Looking: nodepool list --format json': { after: (stdout) => isJson(stdout) },
    'Why is it so?: nodepool explain request <request> --if': {
      after: (stdout) =>
        expect(stdout).toMatch(/^ {2}if max-servers=20:\n {4}no pool of this launcher has to decide about it now/m),
    },
    'Why is it so?: nodepool explain request': {
      after: (stdout) => expect(stdout).toMatch(/^request [^]*^node [^]*^label small$[^]*^image debian$/m),
    },
    'Why is it so?: nodepool explain\n': {
      after: (stdout) =>
        expect(stdout).toMatch(
          /^all requests\n {2}waiting: [^]*^pool cloud\/main$[^]*^provider cloud$[^]*breaker: closed/m,
        ),
    },
    'Removing a request: nodepool request-delete': {
      after: async (stdout) => {
        expect(stdout).toBe('');
        const left = (): Promise<readonly Row[]> => rows('/request-list', ({ id }) => id === request);
        await world.until('the request is gone', async () => (await left()).length === 0);
      },
    },
    'Changing the configuration: nodepool config-validate': {
      after: (_stdout, output) => expect(output).toContain('Configuration validation complete'),
    },
    'Building an image now: nodepool image-build <image> --wait': {
      after: (_stdout, output) => expect(output).toMatch(/^image debian is built: debian-[0-9a-f]{32} \(qcow2\)$/m),
    },
    'Going back to the previous image: nodepool image-pause': {
      before: twoUploads,
      after: async () => {
        await world.until('the build is gone', async () => {
          const left = await rows('/dib-image-list', ({ id }) => id === `debian-${meant['build'] ?? ''}`);
          return left.length === 0;
        });
        await previousCounts();
      },
    },
    'Going back in one cloud only: nodepool image-list': {
      before: twoUploads,
      after: () =>
        world
          .until('the build is uploaded again', async () =>
            (await uploads()).some(({ id, upload_id: upload }) => id === meant['build'] && upload !== meant['upload']),
          )
          .then(() => undefined),
    },
    'Going back in one cloud only: nodepool config-validate': {
      before: async () => {
        const heard = daemons[0]?.output.length ?? 0;
        await configure(serving('spare', 2), serving('cloud', 6, true));
        await daemons[0]?.says(RELOADED, { from: heard });
      },
      after: async (stdout) => {
        expect(stdout).toBe('');
        await world.until('the upload is deleted', async () =>
          (await page('/image-list')).every(
            ({ id, provider, upload_id: upload }) =>
              provider !== 'cloud' || id !== meant['build'] || upload !== meant['upload'],
          ),
        );
        await previousCounts();
        await configure(serving('spare', 2));
      },
    },
    'Pausing an image: nodepool image-pause': {
      after: (stdout) => expect(stdout).toMatch(/^\| debian \| True/m),
    },
    'Holding a node: nodepool hold': {
      after: async () => expect((await node(meant['id']))[0]?.state).toBe('hold'),
    },
    'Deleting a node: nodepool delete <id> --wait': { after: gone },
    'Deleting a node: nodepool delete --now': { after: gone },
    'Giving a provider a rest: nodepool config-validate': { before: () => configure(serving('spare', 0)) },
    'Giving a provider a rest: nodepool list': { after: gone },
    'Removing a provider: nodepool config-validate': {
      before: () => configure(cloud('spare', { 'max-servers': -1, labels: [] }, [])),
      after: () =>
        world
          .until('its images are deleted', async () => {
            const left = await rows('/image-list', ({ provider }) => provider === 'spare');
            return left.length === 0;
          })
          .then(() => undefined),
    },
    'Removing a provider: nodepool info': {
      before: async () => {
        for (const { id } of await rows('/node-list', ({ provider }) => provider === 'spare')) {
          expect((await shell.run(`nodepool delete ${id} --wait`)).code).toBe(0);
        }
      },
      after: (stdout) => expect(stdout).not.toMatch(/^\| (?:[0-9a-f]|debian)/m),
    },
    'Removing a provider: nodepool erase': {
      before: () => configure(null),
      after: async () => expect(await rows('/node-list', ({ provider }) => provider === 'spare')).toEqual([]),
    },
    'Keeping a copy of the image records: nodepool import-image-data': {
      before: async () => {
        for (const daemon of daemons) expect((await daemon.stop()).code).toBe(0);
      },
      after: async () => {
        await start();
        await world.until('the uploads are there again', async () => (await uploads()).length > 0);
      },
    },
  };

  const taskOf = (heading: string, text: string): Task =>
    Object.entries(tasks).find(([key]) => `${heading}: ${text}`.startsWith(key))?.[1] ?? {};

  it.each(blocks)('$file:$line $first', async ({ file, heading, text }) => {
    const task = file === DAY ? taskOf(heading, text) : {};
    await task.before?.();
    const fixed: Readonly<Record<string, string>> = heading === 'Removing a provider' ? { provider: 'spare' } : {};
    const { code, stdout, output } = await shell.run(await filledIn(text, fixed));
    expect(code, output).toBe(0);
    expect(output).not.toMatch(/\n\s+at |Damaged record/);
    await task.after?.(stdout, output);
  });

  it('every task of the day-to-day guide has its block', () => {
    const unused = Object.keys(tasks).filter(
      (key) => !blocks.some(({ file, heading, text }) => file === DAY && `${heading}: ${text}`.startsWith(key)),
    );
    expect(unused).toEqual([]);
  });
});
