import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { cloudProvider, withImages } from './configs.js';
import { failuresOf, load, only, validate, warningsOf } from './config-harness.js';

describe('disk images', () => {
  it('[BUILDER 11] defaults', async () => {
    expect(only((await load(withImages({ name: 'debian' }))).diskImages)).toEqual({
      name: 'debian',
      elements: [],
      release: '',
      rebuildAge: 86_400,
      envVars: {},
      formats: ['qcow2'],
      pause: false,
      username: 'zuul',
      buildTimeout: 28_800,
      pythonPath: 'auto',
      shellType: null,
      dibCmd: 'disk-image-create',
      metadata: {},
      deleteAfterUpload: false,
      keepFormats: [],
    });
  });

  it.each([
    [21, '21'],
    ['stretch', 'stretch'],
    [18.04, '18.04'],
  ])('[BUILDER 6] release %s arrives as a string', async (release, expected) => {
    expect(only((await load(withImages({ name: 'a', release }))).diskImages).release).toBe(expected);
  });

  it('[BUILDER 7] elements keep their order; none are none', async () => {
    const config = await load(withImages({ name: 'a', elements: ['b', 'a'] }, { name: 'b' }));
    expect(config.diskImages.get('a')?.elements).toEqual(['b', 'a']);
    expect(config.diskImages.get('b')?.elements).toEqual([]);
  });

  it('[BUILDER 8] env-vars given as a list count as empty', async () => {
    const text = withImages({ name: 'a', 'env-vars': ['A=1'] });
    expect(only((await load(text)).diskImages).envVars).toEqual({});
    expect(await warningsOf(text)).toHaveLength(1);
    expect(await validate(text)).toEqual([expect.stringContaining('expected a dictionary')]);
  });

  it('keeps awkward variable names', async () => {
    const text = 'diskimages: [{name: a, env-vars: {constructor: c, __proto__: p, then: t, toString: s}}]';
    const { envVars } = only((await load(text)).diskImages);
    expect(Object.entries(envVars)).toEqual([
      ['constructor', 'c'],
      ['__proto__', 'p'],
      ['then', 't'],
      ['toString', 's'],
    ]);
  });

  it('turns numbers among the variables into strings, with a warning', async () => {
    const text = withImages({ name: 'a', 'env-vars': { A: 1, B: true } });
    expect(only((await load(text)).diskImages).envVars).toEqual({ A: '1', B: 'true' });
    expect(await warningsOf(text)).toHaveLength(2);
  });

  it('[BUILDER 9] takes the formats of all providers’ clouds and its own', async () => {
    const text = stringify({
      labels: [{ name: 'small' }],
      diskimages: [{ name: 'debian' }, { name: 'extra', formats: ['tar'] }],
      providers: [
        cloudProvider({ diskimages: [{ name: 'debian' }, { name: 'extra' }] }),
        cloudProvider({ name: 'two', cloud: 'vhd-cloud' }),
      ],
    });
    const config = await load(text);
    expect(config.diskImages.get('debian')?.formats).toEqual(['qcow2', 'vhd']);
    expect(config.diskImages.get('extra')?.formats).toEqual(['qcow2', 'tar']);
  });

  it('[BUILDER 10] an unused image without formats gets qcow2, one with formats keeps them', async () => {
    const config = await load(withImages({ name: 'a' }, { name: 'b', formats: ['raw'] }));
    expect(config.diskImages.get('a')?.formats).toEqual(['qcow2']);
    expect(config.diskImages.get('b')?.formats).toEqual(['raw']);
  });

  it('[BUILDER 12] a child appends elements, merges variables, inherits or overrides the rest', async () => {
    const config = await load(
      withImages(
        {
          name: 'base',
          abstract: true,
          elements: ['vm'],
          'env-vars': { A: '1', B: '1' },
          release: 1,
          'dib-cmd': 'dib -x',
        },
        { name: 'child', parent: 'base', elements: ['own'], 'env-vars': { B: '2', C: '2' }, release: 2 },
      ),
    );
    expect(config.diskImages.get('child')).toMatchObject({
      elements: ['vm', 'own'],
      envVars: { A: '1', B: '2', C: '2' },
      release: '2',
      dibCmd: 'dib -x',
    });
  });

  it('[BUILDER 13] a chain merges the root first; abstract images are not buildable', async () => {
    const config = await load(
      withImages(
        { name: 'leaf', parent: 'middle', elements: ['3'] },
        { name: 'middle', parent: 'root', abstract: true, elements: ['2'], 'env-vars': { A: 'middle' } },
        { name: 'root', abstract: true, elements: ['1'], 'env-vars': { A: 'root' }, metadata: { m: 'root' } },
      ),
    );
    expect([...config.diskImages.keys()]).toEqual(['leaf']);
    expect(config.diskImages.get('leaf')).toMatchObject({
      elements: ['1', '2', '3'],
      envVars: { A: 'middle' },
      metadata: { m: 'root' },
    });
  });

  it('[BUILDER 14] false overrides an inherited delete-after-upload', async () => {
    const config = await load(
      withImages(
        { name: 'base', abstract: true, 'delete-after-upload': true },
        { name: 'keeps', parent: 'base', 'delete-after-upload': false },
        { name: 'deletes', parent: 'base' },
      ),
    );
    expect(config.diskImages.get('keeps')?.deleteAfterUpload).toBe(false);
    expect(config.diskImages.get('deletes')?.deleteAfterUpload).toBe(true);
  });

  it('a child cannot reset scalars to nothing', async () => {
    const config = await load(
      withImages(
        { name: 'base', abstract: true, pause: true, 'rebuild-age': 5, release: '9' },
        { name: 'child', parent: 'base', pause: false, 'rebuild-age': 0, release: '' },
      ),
    );
    expect(config.diskImages.get('child')).toMatchObject({ pause: true, rebuildAge: 5, release: '9' });
  });

  it('every key survives inheritance (BUILDER 8, fact 30)', async () => {
    const everything = {
      elements: ['e'],
      release: 'r',
      'rebuild-age': 1,
      'env-vars': { E: 'v' },
      formats: ['raw'],
      pause: true,
      username: 'someone',
      'build-timeout': 2,
      'python-path': '/py',
      'shell-type': 'csh',
      'dib-cmd': 'dib',
      metadata: { m: 'd' },
      'delete-after-upload': true,
      'keep-formats': ['raw'],
    };
    const expected = {
      elements: ['e'],
      release: 'r',
      rebuildAge: 1,
      envVars: { E: 'v' },
      formats: ['raw'],
      pause: true,
      username: 'someone',
      buildTimeout: 2,
      pythonPath: '/py',
      shellType: 'csh',
      dibCmd: 'dib',
      metadata: { m: 'd' },
      deleteAfterUpload: true,
      keepFormats: ['raw'],
    };
    const inherited = await load(
      withImages({ name: 'base', abstract: true, ...everything }, { name: 'a', parent: 'base' }),
    );
    expect(only(inherited.diskImages)).toEqual({ name: 'a', ...expected });
    const own = await load(withImages({ name: 'a', ...everything }));
    expect(only(own.diskImages)).toEqual({ name: 'a', ...expected });
  });

  it('detects loops of parents', async () => {
    const problems = await failuresOf(
      withImages({ name: 'a', parent: 'b' }, { name: 'b', parent: 'a' }, { name: 'c', parent: 'c' }),
    );
    expect(problems).toEqual([
      expect.stringContaining('diskimage a inherits from itself: a -> b -> a'),
      expect.stringContaining('diskimage b inherits from itself: b -> a -> b'),
      expect.stringContaining('diskimage c inherits from itself: c -> c'),
    ]);
  });

  it('reports a missing parent once', async () => {
    expect(await failuresOf(withImages({ name: 'a', parent: 'nope' }, { name: 'b', parent: 'a' }))).toEqual([
      expect.stringContaining('diskimages[0].parent: diskimage a has non-existant parent: nope'),
    ]);
  });
});
