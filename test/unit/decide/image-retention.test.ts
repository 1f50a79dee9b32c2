import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildKeyText, planRetention, uploadKeyText } from '../../../src/domain/decide/image-retention.js';
import type { RetentionInput } from '../../../src/domain/decide/image-retention.js';
import { newestReadyBuilds, newestReadyUploads } from '../../../src/domain/decide/image-recency.js';
import type { LocalBuild } from '../../../src/domain/decide/image-local-files.js';
import { BUILD_STATES, UPLOAD_STATES } from '../../../src/domain/model/image.js';
import { aDiskImage, aProvider } from '../../support/builders.js';
import { aBuild, anUpload } from './image-makers.js';

function input(change: Partial<RetentionInput> = {}): RetentionInput {
  const image = aDiskImage();
  const provider = aProvider();
  return {
    images: ['image'],
    builds: [],
    uploads: [],
    configured: new Map([[image.name, image]]),
    providers: new Map([[provider.name, provider]]),
    local: [],
    now: 10_000,
    showFailures: 60,
    builderId: 'me',
    ownerPatience: 180,
    ...change,
  };
}

function plan(change: Partial<RetentionInput>): readonly string[] {
  return planRetention(input(change)).actions.map((action) => {
    if (!('build' in action.key)) return `${action.do} ${action.key.image}`;
    if ('upload' in action.key) return `${action.do} ${action.key.build}/${action.key.provider}/${action.key.upload}`;
    return `${action.do} ${action.key.build}${action.do === 'remove-format' ? ` ${action.format}` : ''}`;
  });
}

function local(build: string, change: Partial<LocalBuild> = {}): LocalBuild {
  return { image: 'image', build, formats: ['qcow2'], untouchable: false, ...change };
}

describe('numbered builds of others', () => {
  const old = aBuild('0000000001', { state: 'deleting', stateTime: 9_900, builderId: 'an-old-one' });

  it('keep their record until their owner had the time to remove the files', () => {
    expect(plan({ builds: [old], now: 10_079 })).toEqual([]);
    expect(planRetention(input({ builds: [old], now: 10_000 })).again).toBe(10_080);
    expect(plan({ builds: [old], now: 10_080 })).toEqual(['remove-build 0000000001']);
  });

  it('of ours, or with ids of newer releases, go at once', () => {
    expect(plan({ builds: [aBuild('0000000001', { state: 'deleting' })] })).toEqual(['remove-build 0000000001']);
    const hex = 'a'.repeat(32);
    expect(plan({ builds: [aBuild(hex, { state: 'deleting', builderId: 'x' })] })).toEqual([`remove-build ${hex}`]);
  });
});

const three = [1, 2, 3].map((n) => aBuild(`b${n}`, { stateTime: n }));

describe('a clock that was wrong', () => {
  const late = (stateTime: number): readonly string[] =>
    plan({
      builds: [...three, aBuild('f', { state: 'failed', stateTime })],
      uploads: [anUpload({ build: 'b3' }, { state: 'failed', stateTime, externalId: null })],
    });

  it('does not keep what failed, and what it left in the cloud, until the time that it wrote has come', () => {
    const gone = ['mark-build b1', 'delete-upload b3/cloud/0000000001', 'mark-build f'];
    expect([...late(12_400)].sort()).toEqual([...gone].sort());
    expect([...late(1e18)].sort()).toEqual([...gone].sort());
  });

  it('that is ahead by a little shows a failure a little longer', () => {
    expect(late(10_010)).toEqual(['mark-build b1']);
  });

  it('of somebody else never lets the files of an older builder lie for ever, nor takes its time to remove them', () => {
    const old = (stateTime: number) => aBuild('0000000001', { state: 'deleting', stateTime, builderId: 'an-old-one' });
    expect(plan({ builds: [old(12_400)] })).toEqual([]);
    expect(plan({ builds: [old(1e18)] })).toEqual(['remove-build 0000000001']);
  });
});

describe('what is removed', () => {
  it('keeps the two newest ready builds and two newest uploads per provider [BUILDER 91]', () => {
    const uploads = [1, 2, 3].map((n) => anUpload({ build: `b${n}` }, { stateTime: n }));
    expect(plan({ builds: three, uploads })).toEqual(['delete-upload b1/cloud/0000000001']);
    expect(plan({ builds: three, uploads: uploads.slice(1) })).toEqual(['mark-build b1']);
    const marked = [aBuild('b1', { state: 'deleting' }), ...three.slice(1)];
    expect(plan({ builds: marked, uploads: uploads.slice(1) })).toEqual(['remove-build b1']);
  });

  it('keeps an older build whose upload is among the two newest of a provider [BUILDER 92]', () => {
    const uploads = [1, 2].map((n) => anUpload({ build: `b${n}` }, { stateTime: n }));
    expect(plan({ builds: three, uploads })).toEqual([]);
  });

  it('keeps two builds of other builders that are uploaded nowhere yet [BUILDER 107]', () => {
    expect(plan({ builds: three.slice(1), providers: new Map() })).toEqual([]);
  });

  it('deletes the uploads of an image taken out of one provider only [BUILDER 93]', () => {
    const none = aProvider({ name: 'other', diskImages: new Map() });
    const providers = new Map([
      ['cloud', aProvider()],
      ['other', none],
    ]);
    const uploads = [anUpload({ build: 'b3' }), anUpload({ build: 'b3', provider: 'other' })];
    expect(plan({ builds: [three[2]!], uploads, providers })).toEqual(['delete-upload b3/other/0000000001']);
  });

  it('takes an image out of everything in steps: uploads, state, files and record, folder [BUILDER 94]', () => {
    const configured = new Map();
    const providers = new Map([['cloud', aProvider({ diskImages: new Map() })]]);
    const gone = { configured, providers };
    const uploads = [anUpload({ build: 'b3' })];
    expect(plan({ ...gone, builds: [three[2]!], uploads })).toEqual(['delete-upload b3/cloud/0000000001']);
    expect(plan({ ...gone, builds: [three[2]!] })).toEqual(['mark-build b3']);
    const deleting = [aBuild('b3', { state: 'deleting' })];
    expect(plan({ ...gone, builds: deleting, local: [local('b3')] })).toEqual(['remove-build b3', 'remove-files b3']);
    expect(plan(gone)).toEqual(['remove-image image']);
  });

  it('lets uploads in a provider that is not configured any more pin their build [BUILDER 95, 102]', () => {
    const uploads = [anUpload({ build: 'b1', provider: 'dropped' })];
    expect(plan({ builds: three, uploads })).toEqual([]);
    expect(plan({ builds: [aBuild('b1', { state: 'deleting' })], uploads })).toEqual([]);
  });

  it('reaps builds and uploads whose maker is gone, after a look at the lock [BUILDER 96, 97]', () => {
    const builds = [aBuild('b9', { state: 'building' }), three[2]!];
    const uploads = [anUpload({ build: 'b3' }, { state: 'uploading', externalId: null })];
    expect(plan({ builds, uploads })).toEqual(['reap-build b9', 'forget-upload b3/cloud/0000000001']);
  });

  it('shows failures for a while, then removes them [BUILDER 98]', () => {
    const builds = [aBuild('b3'), aBuild('f', { state: 'failed', stateTime: 9950 })];
    const uploads = [anUpload({ build: 'b3' }, { state: 'failed', stateTime: 9945, externalId: null })];
    expect(plan({ builds, uploads })).toEqual([]);
    expect(planRetention(input({ builds, uploads })).again).toBe(10_005);
    expect(plan({ builds, uploads, now: 10_010 })).toEqual(['delete-upload b3/cloud/0000000001', 'mark-build f']);
  });

  it('carries on with what is being deleted, also if it is the newest [BUILDER 99, 101]', () => {
    const builds = [aBuild('b3', { state: 'deleting', stateTime: 9000 }), aBuild('b2')];
    const uploads = [anUpload({ build: 'b3' }), anUpload({ build: 'b2' }, { state: 'deleting' })];
    expect(plan({ builds, uploads })).toEqual([
      'delete-upload b3/cloud/0000000001',
      'delete-upload b2/cloud/0000000001',
    ]);
  });

  it('does not let local files wait for a slow cloud [BUILDER 105]', () => {
    const uploads = [anUpload({ build: 'b1' }, { state: 'deleting' })];
    expect(plan({ builds: three, uploads })).toEqual(['delete-upload b1/cloud/0000000001', 'mark-build b1']);
    const marked = [aBuild('b1', { state: 'deleting' }), ...three.slice(1)];
    expect(plan({ builds: marked, uploads, local: [local('b1')] })).toEqual([
      'delete-upload b1/cloud/0000000001',
      'remove-files b1',
    ]);
  });

  it('removes files of builds without a record, never of those in the making, ready or failed [BUILDER 104, 108]', () => {
    const builds = [
      aBuild('ready'),
      aBuild('making', { state: 'building' }),
      aBuild('failed', { state: 'failed', stateTime: 9999 }),
    ];
    const files = ['ready', 'making', 'failed', 'orphan'].map((name) => local(name));
    expect(plan({ builds, local: files })).toEqual(['reap-build making', 'remove-files orphan']);
    expect(plan({ local: [local('orphan', { untouchable: true })] })).toEqual([]);
  });

  it('with delete-after-upload removes a format once all its providers have it [BUILDER 109]', () => {
    const image = aDiskImage({
      deleteAfterUpload: true,
      keepFormats: ['raw'],
      formats: ['qcow2', 'raw', 'vhd', 'tar'],
    });
    const configured = new Map([['image', image]]);
    const providers = new Map([
      ['one', aProvider({ name: 'one' })],
      ['two', aProvider({ name: 'two' })],
      ['three', aProvider({ name: 'three', imageFormat: 'raw' })],
      ['four', aProvider({ name: 'four', imageFormat: 'vhd' })],
    ]);
    const files = [local('b3', { formats: ['qcow2', 'raw', 'tar', 'vhd'] })];
    const uploads = ['one', 'three', 'four'].map((provider) => anUpload({ build: 'b3', provider }));
    const base = { configured, providers, local: files, builds: [aBuild('b3')] };
    expect(plan({ ...base, uploads })).toEqual(['remove-format b3 vhd']);
    const all = [...uploads, anUpload({ build: 'b3', provider: 'two' })];
    // Nobody takes tar.
    expect(plan({ ...base, uploads: all })).toEqual([
      'remove-format b3 qcow2',
      'remove-format b3 tar',
      'remove-format b3 vhd',
    ]);
    expect(plan({ ...base, uploads: all, builds: [aBuild('b3', { state: 'building' })] })).toEqual(['reap-build b3']);
  });
});

describe('formats that no provider takes', () => {
  const image = aDiskImage({ deleteAfterUpload: true, keepFormats: ['raw'], formats: ['qcow2', 'raw', 'vhd'] });
  const base = {
    configured: new Map([['image', image]]),
    local: [local('b3', { formats: ['qcow2', 'raw', 'vhd'] })],
    builds: [aBuild('b3')],
  };
  const takers = new Map([['one', aProvider({ name: 'one' })]]);
  const upload = anUpload({ build: 'b3', provider: 'one' });

  it('[C19] go with delete-after-upload, once all who take the image have it [CASE formats: [raw, vhd]]', () => {
    expect(plan({ ...base, providers: takers, uploads: [] })).toEqual([]);
    const begun = anUpload({ build: 'b3', provider: 'one' }, { state: 'uploading' });
    expect(plan({ ...base, providers: takers, uploads: [begun] }).join()).not.toContain('remove-format');
    expect(plan({ ...base, providers: takers, uploads: [upload] })).toEqual([
      'remove-format b3 qcow2',
      'remove-format b3 vhd',
    ]);
  });

  it('stay while nobody takes the image at all, and without delete-after-upload', () => {
    expect(plan({ ...base, providers: new Map(), uploads: [] })).toEqual([]);
    const configured = new Map([['image', { ...image, deleteAfterUpload: false }]]);
    expect(plan({ ...base, configured, providers: takers, uploads: [upload] })).toEqual([]);
  });
});

describe('what is removed, in any situation', () => {
  const names = ['image', 'gone'];
  const ids = ['b1', 'b2', 'b3', 'b4', 'b5'];
  const situation = fc.record({
    builds: fc.uniqueArray(
      fc.record({
        image: fc.constantFrom(...names),
        build: fc.constantFrom(...ids),
        state: fc.constantFrom(...BUILD_STATES),
        stateTime: fc.nat(20),
      }),
      { selector: buildKeyText },
    ),
    uploads: fc.uniqueArray(
      fc.record({
        image: fc.constantFrom(...names),
        build: fc.constantFrom(...ids),
        provider: fc.constantFrom('cloud', 'drained', 'dropped'),
        upload: fc.constantFrom('0000000001', '0000000002'),
        state: fc.constantFrom(...UPLOAD_STATES),
        stateTime: fc.nat(20),
      }),
      { selector: uploadKeyText },
    ),
    files: fc.uniqueArray(
      fc.record({ image: fc.constantFrom(...names), build: fc.constantFrom(...ids), untouchable: fc.boolean() }),
      { selector: buildKeyText },
    ),
    now: fc.nat(100),
  });

  function inputOf(made: typeof situation extends fc.Arbitrary<infer T> ? T : never): RetentionInput {
    const builds = made.builds.map(({ build, ...rest }) => aBuild(build, rest));
    const exists = new Set(builds.map(buildKeyText));
    const uploads = made.uploads
      .filter((upload) => exists.has(buildKeyText(upload)))
      .map(({ state, stateTime, ...key }) => anUpload(key, { state, stateTime }));
    return input({
      images: names,
      builds,
      uploads,
      providers: new Map([
        ['cloud', aProvider()],
        ['drained', aProvider({ name: 'drained', diskImages: new Map() })],
      ]),
      local: made.files.map((file) => ({ ...file, formats: ['qcow2'] })),
      now: made.now,
    });
  }

  it('never touches the two newest ready builds of a configured image', () => {
    fc.assert(
      fc.property(situation, (made) => {
        const given = inputOf(made);
        const builds = given.builds.filter((build) => build.image === 'image');
        const kept = new Set(newestReadyBuilds(builds, 2).map(buildKeyText));
        for (const action of planRetention(given).actions) {
          if (!['reap-build', 'mark-build', 'remove-build', 'remove-files'].includes(action.do)) continue;
          if ('build' in action.key) expect(kept.has(buildKeyText(action.key))).toBe(false);
        }
      }),
    );
  });

  it('never deletes the two newest ready uploads of a provider that has the image, nor anything of a dropped one', () => {
    fc.assert(
      fc.property(situation, (made) => {
        const given = inputOf(made);
        const ready = new Set(given.builds.filter((build) => build.value.state === 'ready').map(buildKeyText));
        const inCloud = given.uploads.filter(
          (upload) => upload.image === 'image' && upload.provider === 'cloud' && ready.has(buildKeyText(upload)),
        );
        const kept = new Set(newestReadyUploads(inCloud, 2).map(uploadKeyText));
        for (const action of planRetention(given).actions) {
          if (action.do !== 'delete-upload' && action.do !== 'forget-upload') continue;
          expect(kept.has(uploadKeyText(action.key))).toBe(false);
          expect(action.key.provider).not.toBe('dropped');
        }
      }),
    );
  });

  it('never removes a build record above an upload, nor files of a build that lives', () => {
    fc.assert(
      fc.property(situation, (made) => {
        const given = inputOf(made);
        const withUploads = new Set(given.uploads.map(buildKeyText));
        const alive = new Set(
          given.builds.filter((build) => build.value.state !== 'deleting').map((build) => buildKeyText(build)),
        );
        const untouchable = new Set(given.local.filter((file) => file.untouchable).map(buildKeyText));
        for (const action of planRetention(given).actions) {
          if (action.do === 'remove-build') expect(withUploads.has(buildKeyText(action.key))).toBe(false);
          if (action.do === 'remove-files') {
            expect(alive.has(buildKeyText(action.key))).toBe(false);
            expect(untouchable.has(buildKeyText(action.key))).toBe(false);
          }
        }
      }),
    );
  });
});
