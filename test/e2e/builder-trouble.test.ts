import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import type { Daemon } from '../support/daemon.js';
import { ROOT } from '../support/daemon-build.js';
import { withoutClient } from '../support/daemon-needs.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { ZuulClient } from '../support/daemon-zuul-client.js';
import { ZooKeeperServer } from '../support/zookeeper-server.js';

const DIB = join(ROOT, 'test/fixtures/dib');

describe.skipIf(withoutClient())('a builder in trouble', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let zuul: ZuulClient;
  let worlds = 0;

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    world = await DaemonWorld.open(`builder-${++worlds}`, server.address);
    zuul = await world.client();
  });
  afterEach(() => world.close());

  const configure = (images: Readonly<Record<string, object>>, more: object = {}): Promise<void> =>
    world.configure({
      ...world.basics(),
      diskimages: Object.entries(images).map(([name, image]) => ({ name, elements: ['any'], ...image })),
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          diskimages: Object.keys(images).map((name) => ({ name })),
          pools: [],
        },
      ],
      ...more,
    });

  /** Failures stay to be seen for as long as cleanup takes to come round. */
  const startBuilder = (): Daemon =>
    world.start('nodepool-builder', ['-f', '-c', world.configFile], { NODEPOOL_CLEANUP_INTERVAL: '60' });

  /** States of the builds of an image. */
  const builds = async (image: string): Promise<string[]> => {
    const tree = await zuul.tree(`/nodepool/images/${image}/builds`);
    return Object.entries(tree).flatMap(([path, text]) =>
      /\/builds\/[0-9a-f]{32}$/.test(path) ? [(JSON.parse(text) as { state: string }).state] : [],
    );
  };
  const uploaded = async (image: string): Promise<boolean> => {
    const tree = await zuul.tree(`/nodepool/images/${image}`);
    return Object.entries(tree).some(([path, text]) => /images\/\d{10}$/.test(path) && text.includes('"ready"'));
  };
  const errorsAbout = (builder: Daemon, image: string): string[] =>
    builder.lines(/ ERROR /).filter((line) => line.includes(`image=${image}`));

  it('goes on with the other images when builds cannot start, fail or hang', async () => {
    const pids = join(world.folder, 'pids');
    await configure({
      missing: { 'dib-cmd': '/no/such/disk-image-create' },
      failing: { 'dib-cmd': `${DIB}/exits.sh 3` },
      hanging: { 'dib-cmd': `${DIB}/hangs.sh chatty ${pids}`, 'build-timeout': 1 },
      killed: { 'dib-cmd': `${DIB}/dies.sh` },
      good: { 'dib-cmd': `${DIB}/works.sh` },
    });
    const builder = startBuilder();
    await world.until('the good image can be booted', () => uploaded('good'));
    for (const image of ['missing', 'failing', 'hanging', 'killed']) {
      await world.until(`the build of ${image} failed`, () => errorsAbout(builder, image).length > 0);
      expect(await builds(image), image).toContain('failed');
    }
    const problem = (image: string): string => errorsAbout(builder, image).join('\n');
    expect(problem('missing')).toMatch(/could not be built.*\/no\/such\/disk-image-create.*there is no such command/);
    expect(problem('failing')).toMatch(/could not be built.*exit code 3/);
    expect(problem('killed')).toMatch(/could not be built.*signal 9/);
    expect(problem('hanging')).toMatch(/Build timeout.*1 s/);
    expect(await builds('good')).toEqual(['ready']);
    const logs = await readdir(join(world.folder, 'logs'));
    expect(logs.filter((name) => name.startsWith('failing')).length).toBeGreaterThanOrEqual(1);

    const shown = await world.nodepool('dib-image-list');
    expect(shown).toMatch(/\| failing +\|.*\| failed +\|/);
    expect(shown).toMatch(/\| good +\|.*\| ready +\|/);
    // What hung is tried again later; at the end at the latest nothing of it may live.
    expect(await builder.stop()).toEqual({ code: 0, signal: null });
    expect((await readFile(pids, 'utf8')).trim().split('\n')).toHaveLength(2);
    expect(world.processes()).toEqual([]);
  });

  it('leaves no process of a killed build alive', async () => {
    const pids = join(world.folder, 'pids');
    await configure({ hanging: { 'dib-cmd': `${DIB}/hangs.sh silent ${pids}`, 'build-timeout': 2 } });
    const builder = startBuilder();
    await world.until('the build runs', () => world.processes().length >= 2);
    await builder.says(/could not be built.*longer than 2 s and was killed/);
    // The next attempt comes after a while, and never while the remains of this one live.
    expect(await builds('hanging')).toEqual(['failed']);
    await builder.stop();
    expect(world.processes()).toEqual([]);
  });

  it('ends a running build only when the operator insists', async () => {
    await configure({ hanging: { 'dib-cmd': `${DIB}/hangs.sh silent` } });
    const builder = startBuilder();
    await world.until('the build runs', () => world.processes().length >= 2);
    builder.signal('SIGINT');
    await builder.says(/SIGINT: stopping/);
    expect(builder.running).toBe(true);
    expect(await builder.stop(45)).toEqual({ code: 0, signal: null });
    expect(world.processes()).toEqual([]);
  });

  it.each([
    [['SIGTERM'], { code: null, signal: 'SIGTERM' }],
    [['SIGINT', 'SIGINT'], { code: 0, signal: null }],
  ] as const)('lets builds clean up after themselves when %j ends them', async (signals, end) => {
    await configure({ hanging: { 'dib-cmd': `${DIB}/cleans-up.sh ${world.folder}` } });
    const builder = startBuilder();
    await world.until('the build runs', () => existsSync(join(world.folder, 'worker')));
    for (const signal of signals) {
      builder.signal(signal);
      await builder.says(new RegExp(`${signal}: stopping`));
    }
    expect(await builder.ending(45)).toEqual(end);
    expect(existsSync(join(world.folder, 'cleaned'))).toBe(true);
    expect(world.processes()).toEqual([]);
  });

  it('takes its builds along on SIGTERM', async () => {
    await configure({ hanging: { 'dib-cmd': `${DIB}/hangs.sh silent` } });
    const builder = startBuilder();
    await world.until('the build runs', () => world.processes().length >= 2);
    builder.signal('SIGTERM');
    expect(await builder.ending(15)).toEqual({ code: null, signal: 'SIGTERM' });
    await world.until('nothing of the build lives', () => world.processes().length === 0, { limit: 10 });
  });

  /** Mounts a disk of 1 MiB for the duration of `use`; `grow` makes it 8 MiB. */
  async function withSmallDisk(
    context: TestContext,
    use: (disk: string, grow: () => void) => Promise<void>,
  ): Promise<void> {
    const disk = join(world.folder, 'small-disk');
    const mount = (...args: readonly string[]): Buffer => execFileSync('mount', [...args, disk], { stdio: 'pipe' });
    await mkdir(disk);
    try {
      mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
    } catch (error) {
      if (process.env['CI'] === 'true') throw error;
      context.skip('a small disk cannot be mounted here (not root?)');
    }
    try {
      await use(disk, () => mount('-o', 'remount,size=8m'));
    } finally {
      await world.killAll();
      execFileSync('umount', [disk], { stdio: 'pipe' });
    }
  }

  it('survives a full disk, and builds again when there is room', (context) =>
    withSmallDisk(context, async (disk, grow) => {
      const images = { huge: { 'dib-cmd': `${DIB}/large.sh 2000` }, modest: { 'dib-cmd': `${DIB}/large.sh 500` } };
      await configure(images, { 'images-dir': disk, 'images-min-free': 0 });
      const builder = startBuilder();
      await builder.says(/ERROR .*could not be built.*image=huge/);
      // Only if what the failed build left behind is removed at once is there room for the other.
      await world.until('the modest image can be booted', () => uploaded('modest'));
      const [log] = (await readdir(join(world.folder, 'logs'))).filter((name) => name.startsWith('huge'));
      expect(await readFile(join(world.folder, 'logs', log!), 'utf8')).toMatch(/No space left on device/);

      grow();
      await world.until('the huge image can be booted', () => uploaded('huge'));
      expect(await builder.stop()).toEqual({ code: 0, signal: null });
    }));

  it('waits for room instead of beginning what will fail', (context) =>
    withSmallDisk(context, async (disk, grow) => {
      await configure({ any: { 'dib-cmd': `${DIB}/works.sh` } }, { 'images-dir': disk, 'images-min-free': 4 });
      const builder = startBuilder();
      await builder.says(/WARNING .*Too little room in the images directory to build/);
      expect(await builds('any')).toEqual([]);
      grow();
      await world.until('the image can be booted', () => uploaded('any'));
      expect(await builder.stop()).toEqual({ code: 0, signal: null });
    }));
});
