import { afterEach, describe, expect, it } from 'vitest';
import { imagesOnly } from '../../../src/apps/administration/images-only.js';
import { RecordExplanations } from '../../../src/apps/administration/record-explanations.js';
import { RecordQueries } from '../../../src/apps/administration/record-queries.js';
import type { ImageProblemRow } from '../../../src/domain/presentation/rows.js';
import { aConfig, aDiskImage, aProvider } from '../../support/builders.js';
import { caseText } from '../../support/cases.js';
import { BuilderWorld } from './builder-world.js';
import type { WorldPlan } from './builder-world.js';

const COMPONENTS = '/nodepool/components/builder';
let world: BuilderWorld;
afterEach(() => world.end());

async function given(plan: WorldPlan = { providers: [] }): Promise<BuilderWorld> {
  world = await new BuilderWorld(plan).open();
  await world.operator.open(['builders']);
  return world;
}

/** What an operator sees, in another process than the builders'. */
function problems(): readonly ImageProblemRow[] {
  return new RecordQueries(world.operator).imageProblems();
}

describe('what builders cannot do', () => {
  it('is answered by the builder itself, which speaks of images and of nothing else', async () => {
    await given();
    const node = world.node();
    node.dib.failNext(2, 7);
    await node.start();
    await world.until('it is told', () => problems().length === 1, 5);
    const { records, journal } = node;
    const config = aConfig({ diskImages: new Map([['image', aDiskImage()]]) });
    const asked = imagesOnly(new RecordExplanations({ records, config: () => config, journal, clock: world.clock }));
    const explanation = asked.explain('image', 'image');
    expect(explanation?.state).toMatchObject({ kind: 'image', configured: true });
    expect(explanation?.opinions).toMatchObject([
      {
        decider: 'nb01',
        verdict: 'wait',
        reasons: [{ code: 'BACKOFF', facts: { failures: 1 } }, { code: 'NO_READY_BUILD' }],
      },
    ]);
    expect(asked.explain('fleet', '')).toBeUndefined();
    expect(asked.explain('provider', 'cloud')).toBeUndefined();
  });

  it('is told with the reason and the next try, until it works', async () => {
    await given();
    const node = world.node();
    node.dib.failNext(2, 7);
    await node.start();
    await world.until('it is told', () => problems().length === 1, 5);
    const [first] = problems();
    expect(first).toMatchObject({
      image: 'image',
      provider: null,
      builder: 'nb01',
      failures: 1,
      problem: 'the command ended with exit code 7',
    });
    expect(first?.nextTry).toBeCloseTo(world.clock.now() + 10, 0);
    await world.until('it failed again', () => problems()[0]?.failures === 2, 15);
    await world.pass(19);
    expect(problems()).toHaveLength(1);
    await world.until('it is over', () => world.ready().length === 1, 2);
    await world.pass(1);
    expect(problems()).toEqual([]);
  });

  it('is told longer than the failed record is shown, and no longer than the builder lives', async () => {
    await given();
    const node = world.node();
    node.dib.failNext(100);
    await node.start();
    await world.pass(2000);
    expect(world.builds()).toEqual([]);
    expect(problems()[0]?.failures).toBeGreaterThan(5);
    await node.die();
    await world.until('nobody says so any more', () => problems().length === 0, 1);
  });

  it('is told again after the session was lost', async () => {
    await given();
    const node = world.node();
    node.dib.failNext(100);
    await node.start();
    await world.pass(100);
    node.store.expireSession();
    await world.until('it is told again', () => problems().length === 1, 5);
  });

  it('is told per provider; the good one is not concerned', async () => {
    const cloud = (name: string) => aProvider({ name, settings: { cloud: name } });
    await given({ providers: [cloud('bad'), cloud('good'), aProvider({ name: 'odd', driver: 'nonsense' })] });
    world.cloud('bad').addFault({ target: 'image-upload', message: 'no room in the cloud' });
    await world.started();
    await world.until('the good one has it', () => world.readyUploads('good').length === 1, 5);
    await world.pass(20);
    expect(problems().map(({ provider, problem }) => `${provider}: ${problem}`)).toEqual([
      'bad: no room in the cloud',
      'odd: the provider cannot be used: nonsense: unknown driver',
    ]);
    world.edit({ providers: [cloud('good')] });
    await world.pass(5);
    expect(problems()).toEqual([]);
  });

  it('is told per image when nothing can be named by image-name-format; everything else goes on [CASE image-name-format.yaml]', async () => {
    const format = /image-name-format: '(.*)'/.exec(caseText('image-name-format.yaml'))?.[1] ?? '';
    const images = ['debian', 'ubuntu'].map((name) => aDiskImage({ name }));
    const [inProvider] = aProvider().diskImages.values();
    if (!inProvider) throw new Error('a provider without images');
    const diskImages = new Map(images.map(({ name }) => [name, { ...inProvider, name }] as const));
    const named = aProvider({ name: 'named', settings: { cloud: 'named' }, diskImages });
    const wrong = aProvider({ name: 'wrong', settings: { cloud: 'wrong' }, diskImages, imageNameFormat: format });
    await given({ images, providers: [named, wrong] });
    await world.started();
    await world.until('the good one has both', () => world.readyUploads('named').length === 2, 60);
    await world.pass(20);
    const why = `image-name-format: cannot understand {image.name} in ${format}`;
    expect(problems().map(({ provider, image, problem }) => [provider, image, problem])).toEqual([
      ['wrong', 'debian', why],
      ['wrong', 'ubuntu', why],
    ]);
    expect(world.cloud('wrong').images).toEqual([]);
    world.edit({ images, providers: [named, { ...wrong, imageNameFormat: '{image_name}-{timestamp}' }] });
    await world.until('it is mended', () => world.readyUploads('wrong').length === 2, 120);
    await world.pass(1);
    expect(problems()).toEqual([]);
  });

  it('is a key of the builder’s registration, which looks as ever otherwise', async () => {
    await given();
    const node = world.node();
    node.dib.failNext(1);
    await node.start();
    await world.pass(5);
    const [name] = (await world.children(COMPONENTS)) ?? [];
    const plain = { hostname: 'nb01', kind: 'builder', model_api: 0, state: 'running', version: '1' };
    expect(await world.json(`${COMPONENTS}/${name}`)).toEqual({
      ...plain,
      image_problems: [
        {
          image: 'image',
          provider: null,
          code: 'BACKOFF',
          failures: 1,
          problem: 'the command ended with exit code 127',
          next_try: expect.any(Number) as number,
        },
      ],
    });
    await world.until('it works', () => world.ready().length === 1, 15);
    await world.pass(1);
    expect(await world.json(`${COMPONENTS}/${name}`)).toEqual(plain);
  });

  it('does not keep the image from another builder, whose success ends the count here', async () => {
    await given();
    const one = world.node('nb01');
    one.dib.failNext(4);
    await one.start();
    await world.pass(75);
    const failed = problems()[0]?.failures ?? 0;
    expect(failed).toBeGreaterThan(2);
    await world.started('nb02');
    await world.until('the other builds it', () => world.ready().length === 1, 5);
    await world.pass(1);
    expect(problems()).toEqual([]);
    one.dib.failNext(1);
    await world.operator.images.orders.requestBuild('image');
    await world.pass(2);
    expect(problems().every(({ failures }) => failures <= 1)).toBe(true);
  });

  it('nonsense in the registry is overlooked', async () => {
    await given();
    await world.put(`${COMPONENTS}/x-0000000007`, '{"hostname": "x", "image_problems": [1, null, {"image": 5}, "a"]}');
    await world.put(`${COMPONENTS}/x-0000000008`, 'nonsense');
    await world.pass(1);
    expect(problems()).toEqual([]);
  });
});

describe('a full disk', () => {
  it('is told once, looped on by nobody, and holds back builds only', async () => {
    await given({ images: [aDiskImage({ name: 'a' }), aDiskImage({ name: 'b' })], providers: [] });
    const node = world.node('nb01', { minFreeBytes: 1000 });
    node.disk.free = 10;
    await node.start();
    await world.pass(600);
    expect(node.dib.jobs).toEqual([]);
    expect(world.builds()).toEqual([]);
    expect(node.logger.messages('warn')).toEqual(['Too little room in the images directory to build']);
    expect(node.journal.changes).toEqual(['a nb01 wait', 'b nb01 wait']);
    const problem = 'too little room in the images directory: 10 bytes are free, 1000 are wanted';
    expect(problems()).toMatchObject([
      { image: 'a', failures: 0, problem, nextTry: null },
      { image: 'b', failures: 0, problem, nextTry: null },
    ]);
    node.disk.free = 2000;
    await world.until('both are built', () => world.ready().length === 2, 25);
    await world.pass(1);
    expect(problems()).toEqual([]);
  });

  it('is what the configuration says it is', async () => {
    await given({ providers: [], config: { imagesMinFree: 5000 } });
    const node = world.node('nb01', { minFreeBytes: 1000 });
    node.disk.free = 4000;
    await node.start();
    await world.pass(60);
    expect(node.dib.jobs).toEqual([]);
    world.edit({ providers: [], config: { imagesMinFree: 0 } });
    await world.until('it is built', () => world.ready().length === 1, 15);
  });
});

describe('a changed configuration that cannot be used [C23]', () => {
  it('shows in a gauge of each builder, until it is mended', async () => {
    await given();
    const node = await world.started();
    const gauge = (): unknown => [...node.metrics.gauges].find(([name]) => name.endsWith('.config_mistakes'))?.[1];
    await world.until('there is none', () => gauge() === 0, 60);
    const mistake = { file: 'nodepool.yaml', line: 3, column: 1, keyPath: 'labels', message: 'm', hint: '' } as const;
    world.config.mistakes = [{ ...mistake, severity: 'error' }];
    await world.until('the gauge tells of it', () => gauge() === 1, 60);
    world.config.mistakes = [];
    await world.until('the gauge tells that it is mended', () => gauge() === 0, 60);
  });
});
