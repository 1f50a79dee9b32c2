import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildCodec, uploadCodec } from '../../../src/adapters/records/image-codec.js';
import { depthOf, membersOf } from '../../../src/adapters/records/json-members.js';
import { nodeCodec } from '../../../src/adapters/records/node-codec.js';
import type { RecordCodec } from '../../../src/adapters/records/record-codec.js';
import { requestCodec } from '../../../src/adapters/records/request-codec.js';
import { aStat, bytes, text } from './records-fixture.js';

function rewrite<T>(codec: RecordCodec<T>, raw: string, change: Partial<T> = {}): string {
  const data = bytes(raw);
  const decoded = codec.decode(data, aStat());
  if (!('value' in decoded)) throw new Error(`${decoded.problem}: ${decoded.detail}`);
  return text(codec.encode({ ...decoded.value, ...change }, { data, value: decoded.value }));
}

/** The text of a member of a record. */
function member(record: string, key: string): string | undefined {
  return membersOf(record).find((each) => each.key === key)?.valueText;
}

describe('what we do not change comes back byte for byte', () => {
  const FOREIGN =
    '{"state":"used","state_time": 1700000000.5, "foreign": 9007199254740993,' +
    '"user_data": {"big": 12345678901234567890, "one": 1.0, "n": NaN, "deep": [ -Infinity, 1e400,"é\\u00e9" ]},' +
    '"weird": -0.0, "created_time": 17e8, "slot": 1.0, "attributes": {"x": 1.0}, "driver_data": 1.0,' +
    '"resources": {"cores": 4.0, "odd": "text"}, "external_id": {"an": ["object", 2.0]}, "comment": "\\u001bé"}';

  it('[B11] [CASE big numbers, 1.0, NaN] when we change the state of a node', () => {
    const written = rewrite(nodeCodec, FOREIGN, { state: 'deleting', stateTime: 1_700_000_100 });
    for (const { key, valueText } of membersOf(FOREIGN)) {
      if (key !== 'state' && key !== 'state_time') expect([key, member(written, key)]).toEqual([key, valueText]);
    }
    expect([member(written, 'state'), member(written, 'state_time')]).toEqual(['"deleting"', '1700000100.0']);
    // What readers of either era expect is there all the same.
    expect(member(written, 'connection_port')).toBe('22');
    expect(membersOf(written).slice(0, 3).map(({ key }) => key)).toEqual(['state', 'state_time', 'foreign']);
  });

  it('[B11] also from one write to the next, and what was changed is what counts', () => {
    const once = rewrite(nodeCodec, FOREIGN, { state: 'deleting', stateTime: 5, comment: 'ours' });
    expect(member(once, 'comment')).toBe('"ours"');
    expect(member(once, 'user_data')).toBe(member(FOREIGN, 'user_data'));
    const twice = rewrite(nodeCodec, once, { comment: null, externalId: 'id' });
    expect([member(twice, 'comment'), member(twice, 'external_id')]).toEqual(['null', '"id"']);
    expect(member(twice, 'user_data')).toBe(member(FOREIGN, 'user_data'));
    expect(member(twice, 'state_time')).toBe('5.0');
  });

  it.each([
    ['node', nodeCodec as RecordCodec<{ state: string }>, { user_data: 1 }],
    ['request', requestCodec as RecordCodec<{ state: string }>, { requestor_data: 1 }],
  ])('[B11] numbers of every notation in a %s', (_, codec, keys) => {
    const [key = ''] = Object.keys(keys);
    const state = codec === (nodeCodec as unknown) ? 'ready' : 'requested';
    for (const number of ['1.0', '1e2', '-0.0', '0.10', '123456789012345678901234567890', 'NaN', '-Infinity', '1E+5']) {
      const raw = `{"state": "${state}", "${key}": ${number}, "state_time": 1e9, "unknown": ${number}}`;
      const written = rewrite(codec, raw);
      expect([member(written, key), member(written, 'unknown'), member(written, 'state_time')]).toEqual([
        number,
        number,
        '1e9',
      ]);
    }
  });

  it('[B11] lists of a wrong type are mended, keys that must not be there go, and of a key twice the last counts', () => {
    const raw = '{"state": "ready", "state": "used", "type": "small", "host_keys": null, "label": "x", "nodes": 1}';
    const written = rewrite(nodeCodec, raw);
    expect([member(written, 'type'), member(written, 'host_keys'), member(written, 'label')]).toEqual([
      '["small"]',
      '[]',
      undefined,
    ]);
    expect(membersOf(written).filter(({ key }) => key === 'state')).toEqual([
      { key: 'state', keyText: '"state"', valueText: '"used"' },
    ]);
  });

  it('[B11] every collected record of both eras, but for what it lacks', () => {
    let compared = 0;
    for (const found of ['python-2024', 'python-3.6'].flatMap(fixture)) {
      const codec = codecOf(found.path);
      if (!codec) continue;
      const written = rewrite(codec, found.raw);
      for (const { key, valueText } of membersOf(found.raw)) expect([key, member(written, key)]).toEqual([key, valueText]);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(5);
  });
});

describe('[B11] what is too much', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it('[CASE 8,000 levels] is understood and written again up to 10,000 levels', () => {
    const raw = `{"state": "used", "user_data": ${nested(8000)}, "x": ${nested(9000)}}`;
    const written = rewrite(nodeCodec, raw, { state: 'deleting' });
    expect(member(written, 'user_data')).toBe(nested(8000));
    expect(member(written, 'x')).toBe(nested(9000));
  });

  it('is set aside beyond that', () => {
    const deep = nodeCodec.decode(bytes(`{"state": "used", "user_data": ${nested(200_000)}}`), aStat());
    expect(deep).toMatchObject({ problem: 'too-deep' });
    const large = requestCodec.decode(bytes(`{"state": "requested", "requestor_data": "${'é'.repeat(500_000)}"}`), aStat());
    expect(large).toMatchObject({ problem: 'too-large', detail: expect.stringMatching(/10000\d\d bytes/) as string });
  });

  it('brackets in texts do not count', () => {
    expect(depthOf('{"a": "[[[[\\"[", "b": [1, {"c": "}"}]}')).toBe(3);
  });
});

function codecOf(path: string): RecordCodec<object> | undefined {
  if (path.startsWith('/nodepool/nodes/')) return nodeCodec as RecordCodec<object>;
  if (path.startsWith('/nodepool/requests/')) return requestCodec as RecordCodec<object>;
  if (path.includes('/providers/')) return uploadCodec as RecordCodec<object>;
  return path.includes('/builds/') ? (buildCodec as RecordCodec<object>) : undefined;
}

function fixture(era: string): readonly { readonly path: string; readonly raw: string }[] {
  const file = new URL(`../../fixtures/znodes/${era}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as { path: string; raw: string }[];
}
