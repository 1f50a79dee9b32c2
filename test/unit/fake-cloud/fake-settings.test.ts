import { describe, expect, it } from 'vitest';
import { readFakeSettings } from '../../../src/adapters/fake-cloud/fake-settings.js';
import { FakeCloudBench } from './fake-cloud-bench.js';

describe('the key fake of a provider', () => {
  it('may be absent', () => {
    expect(readFakeSettings('p', undefined)).toEqual({ knobs: {}, faults: [] });
  });

  it('sets knobs and arms faults', () => {
    const settings = readFakeSettings('p', {
      'boot-time': [1, 5],
      'delete-time': 2,
      'api-latency': 0.25,
      'upload-time': 3,
      quota: { instances: 5, 'volume-gb': 100 },
      zones: ['north'],
      'full-zones': ['north'],
      capacity: { instances: 3 },
      'rate-limit': 30,
      flavors: [{ name: 'tiny', ram: 512, cores: 1 }],
      'missing-images': ['gone'],
      'unknown-images': 'refuse',
      'list-lag': 1,
      'list-afterglow': 1,
      'list-omission': 0.1,
      'leak-probability': 0.2,
      'scan-host-keys': true,
      console: 'hello',
      failures: [
        { call: 'create', effect: 'hang', times: 3, probability: 0.5, kind: 'rate', 'retry-after': 7, message: 'no' },
      ],
    });
    expect(settings.knobs).toMatchObject({
      bootTime: { min: 1, max: 5 },
      deleteTime: 2,
      quota: { instances: 5, 'volume-gb': 100 },
      flavors: [{ name: 'tiny', ram: 512, cores: 1 }],
      unknownImages: 'refuse',
      scanHostKeys: true,
      consoleText: 'hello',
    });
    expect(Object.keys(settings.knobs)).toHaveLength(18);
    expect(settings.faults).toEqual([
      { target: 'create', effect: 'hang', times: 3, probability: 0.5, kind: 'rate', retryAfter: 7, message: 'no' },
    ]);
  });

  it('has every mistake named at once', () => {
    const read = (): unknown =>
      readFakeSettings('p', {
        'boot-time': 'soon',
        'delete-time': [5, 1],
        'list-omission': 2,
        quota: { instances: -1 },
        bootime: 1,
        flavors: [{ name: 'tiny', ram: 512 }],
        failures: [{ call: 'everything' }, { effect: 'explode' }],
      });
    expect(read).toThrow(
      [
        'provider p: fake.boot-time: expected seconds, or {min, max}, got "soon"',
        'provider p: fake.delete-time: expected seconds, or {min, max}, got [5,1]',
        'provider p: fake.quota: expected a map of numbers of at least 0, got {"instances":-1}',
        'provider p: fake.flavors[0].cores: required',
        'provider p: fake.list-omission: expected a number from 0 to 1, got 2',
        'provider p: fake.failures[0].call: expected one of start, create, wait, delete, list, limits, zones, console, image-upload, image-delete, image-list, boot, got "everything"',
        'provider p: fake.failures[1].call: required',
        'provider p: fake.failures[1].effect: expected one of fail, lose-reply, hang, hang-after, got "explode"',
        'provider p: fake.bootime: unknown key; did you mean boot-time?',
      ].join('; '),
    );
    expect(() => readFakeSettings('p', [])).toThrow('provider p: fake: expected a map, got []');
  });

  it('is applied once per content, so that what was set at run time stays', async () => {
    const bench = new FakeCloudBench();
    const settings = { cloud: 'fake', fake: { 'boot-time': 3, failures: [{ call: 'create', times: 1 }] } };
    bench.addProvider({ settings });
    bench.cloud.set({ bootTime: 7 });
    bench.addProvider({ settings });
    expect(bench.cloud.knobs.bootTime).toBe(7);
    await expect(bench.create('1')).rejects.toThrow();
    await bench.create('1');
    bench.addProvider({ settings: { cloud: 'fake', fake: { 'boot-time': 4 } } });
    expect(bench.cloud.knobs.bootTime).toBe(4);
  });
});
