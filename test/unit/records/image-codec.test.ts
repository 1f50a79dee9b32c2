import { describe, expect, test } from 'vitest';
import { buildCodec, uploadCodec } from '../../../src/adapters/records/image-codec.js';
import { parseImagePath } from '../../../src/adapters/records/image-place.js';
import { decodeOldLauncher, decodePoolComponent } from '../../../src/adapters/records/launcher-codec.js';
import { encodeProcessComponent } from '../../../src/adapters/records/launcher-codec.js';
import { aStat, bytes, text } from './records-fixture.js';

describe('an image build', () => {
  test('of an old builder has the defaults of its time', () => {
    const decoded = buildCodec.decode(bytes('{"state": "ready", "state_time": 7.5, "formats": "raw, qcow2"}'), aStat());
    expect(decoded).toEqual({
      value: {
        state: 'ready',
        stateTime: 7.5,
        builder: null,
        builderId: null,
        formats: ['qcow2', 'raw'],
        username: 'zuul',
        pythonPath: '/usr/bin/python2',
        shellType: null,
        extra: {},
      },
    });
  });

  test('is written without what is not set', () => {
    const build = {
      state: 'building' as const,
      stateTime: 7,
      builder: null,
      builderId: null,
      formats: [],
      username: 'zuul',
      pythonPath: 'auto',
      shellType: null,
      extra: { later: 1 },
    };
    expect(text(buildCodec.encode(build))).toBe(
      '{"state": "building", "state_time": 7.0, "username": "zuul", "python_path": "auto", "shell_type": null, "later": 1}',
    );
    expect(text(buildCodec.encode({ ...build, formats: ['raw', 'qcow2'] }))).toContain('"formats": "qcow2,raw"');
  });
});

test('an upload writes what is not set as null', () => {
  const decoded = uploadCodec.decode(bytes('{"state": "uploading", "username": null}'), aStat());
  if (!('value' in decoded)) throw new Error(decoded.detail);
  expect(decoded.value).toMatchObject({ stateTime: 200, username: 'zuul' });
  expect(text(uploadCodec.encode(decoded.value))).toContain('"external_id": null, "external_name": null');
});

test('paths of images tell records from folders and locks', () => {
  const base = '/nodepool/images/img';
  expect(parseImagePath(`${base}/pause`)).toEqual({ kind: 'pause', image: 'img' });
  expect(parseImagePath(`${base}/builds/b1`)).toEqual({ kind: 'build', image: 'img', build: 'b1' });
  expect(parseImagePath(`${base}/builds/b1/providers/p/images/0000000001`)).toEqual({
    kind: 'upload',
    image: 'img',
    build: 'b1',
    provider: 'p',
    upload: '0000000001',
  });
  for (const other of ['', '/builds', '/builds/lock', '/builds/b1/lock', '/builds/b1/providers/p', '/other']) {
    expect(parseImagePath(base + other)).toBeUndefined();
  }
  expect(parseImagePath(`${base}/builds/b1/providers/p/images/lock`)).toBeUndefined();
});

describe('registrations', () => {
  test('[LAUNCHER 24] of a process have kind, hostname, version, state and model_api 0', () => {
    const written = text(encodeProcessComponent({ kind: 'builder', hostname: 'h1', version: '1.0', state: 'running' }));
    expect(written).toBe('{"hostname": "h1", "kind": "builder", "model_api": 0, "state": "running", "version": "1.0"}');
  });

  test('that lack something are understood as far as possible', () => {
    expect(decodeOldLauncher('l1', bytes('{}'))).toEqual({
      id: 'l1',
      providerName: 'unknown',
      supportedLabels: [],
      priority: 100,
      paused: false,
      poolName: null,
    });
    expect(decodePoolComponent(bytes('{"id": "l2", "priority": 7, "paused": true}'))).toMatchObject({
      priority: 7,
      paused: true,
    });
    expect(decodePoolComponent(bytes('{"kind": "pool"}'))).toBeUndefined();
    expect(decodePoolComponent(bytes('nonsense'))).toBeUndefined();
  });
});
