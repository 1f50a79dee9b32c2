import { describe, expect, test } from 'vitest';
import { nodeCodec } from '../../../src/adapters/records/node-codec.js';
import { NODE_DEFAULTS, type Node } from '../../../src/domain/model/node.js';
import { aStat, bytes, text } from './records-fixture.js';

function read(record: object | string): Node {
  const decoded = nodeCodec.decode(bytes(typeof record === 'string' ? record : JSON.stringify(record)), aStat());
  if (!('value' in decoded)) throw new Error(decoded.detail);
  return decoded.value;
}

function problemOf(record: string): string {
  const decoded = nodeCodec.decode(bytes(record), aStat());
  return 'value' in decoded ? 'none' : decoded.problem;
}

function write(node: Node): Record<string, unknown> {
  return JSON.parse(text(nodeCodec.encode(node))) as Record<string, unknown>;
}

const READY = { state: 'ready', state_time: 5 };

describe('reading a node', () => {
  test('[LAUNCHER 9] every optional key may be missing', () => {
    expect(read(READY)).toEqual({ ...NODE_DEFAULTS, state: 'ready', stateTime: 5 });
  });

  test('[LAUNCHER 10] a type that is a bare text is a list of one', () => {
    expect(read({ ...READY, type: 'small' }).type).toEqual(['small']);
  });

  test('[LAUNCHER 11] the port falls back to ssh_port, then to 22', () => {
    expect(read({ ...READY, ssh_port: 2222 }).connectionPort).toBe(2222);
    expect(read({ ...READY, connection_port: null, ssh_port: '2223' }).connectionPort).toBe(2223);
    expect(read({ ...READY, connection_port: 'nonsense' }).connectionPort).toBe(22);
    expect(read({ ...READY, connection_port: { token: 'x' } }).connectionPort).toEqual({ token: 'x' });
  });

  test.each([
    ['10', 10],
    ['abc', 0],
    [null, null],
    [90.7, 90],
    [0, 0],
  ])('[LAUNCHER 13] hold_expiration %j means %j', (found, seconds) => {
    expect(read({ ...READY, hold_expiration: found }).holdExpiration).toBe(seconds);
  });

  test('a hold until a moment in milliseconds, as one client writes it, becomes a duration', () => {
    const held = { state: 'hold', state_time: 1_700_000_000, hold_expiration: 1_700_003_600_000 };
    expect(read(held).holdExpiration).toBe(3600);
    expect(read({ ...held, hold_expiration: 1_600_000_000_000 }).holdExpiration).toBe(1);
  });

  test('numbers that JSON does not have do no harm, and text that looks like one stays', () => {
    const record =
      '{"state": "ready", "state_time": NaN, "comment": "NaN \\"Infinity", "far": -Infinity, "slot": Infinity}';
    const node = read(record);
    expect(node).toMatchObject({ stateTime: 200, comment: 'NaN "Infinity', slot: null });
    expect(text(nodeCodec.encode(node))).toContain('"far": -Infinity');
  });

  test('a key of the wrong type takes its default, and what stood there is written back', () => {
    const node = read({ ...READY, external_id: { name: 'pod' }, resources: 'many', host_keys: null, hostname: 7 });
    expect(node).toMatchObject({ externalId: null, resources: null, hostKeys: [], hostname: null });
    expect(write(node)).toMatchObject({ external_id: { name: 'pod' }, resources: 'many', host_keys: [], hostname: 7 });
    expect(write({ ...node, externalId: 'new' })['external_id']).toBe('new');
  });

  test.each([
    ['', 'empty'],
    ['{"state": "re', 'not-json'],
    ['["state"]', 'not-an-object'],
    ['{"build_id": "x"}', 'no-state'],
    ['{"state": null}', 'no-state'],
    ['{"state": 7}', 'wrong-type'],
    ['{"state": "dancing"}', 'unknown-state'],
  ])('[LAUNCHER 20] %j is damaged: %s', (record, problem) => {
    expect(problemOf(record)).toBe(problem);
  });

  test('bytes that are no text are damaged', () => {
    expect(nodeCodec.decode(Uint8Array.of(0xff, 0xfe), aStat())).toMatchObject({ problem: 'not-json' });
  });
});

describe('writing a node', () => {
  test('[LAUNCHER 12] both port keys are written, and equal', () => {
    expect(write({ ...read(READY), connectionPort: 2200 })).toMatchObject({ connection_port: 2200, ssh_port: 2200 });
  });

  test('[LAUNCHER 14] keys that we do not know survive', () => {
    const node = read({ ...READY, build_id: 'job-7', future: { deep: [1, null] }, __proto__: 1 });
    expect(write({ ...node, state: 'deleting' })).toMatchObject({ build_id: 'job-7', future: { deep: [1, null] } });
  });

  test('[LAUNCHER 15] keys that would overwrite something in a client are never written', () => {
    const node = read({ ...READY, id: '1', name: 'n', label: 'l', aliases: [], lock: 'x', stat: {} });
    const written = write({ ...node, extra: { ...node.extra, lock: 'again' } });
    for (const key of ['id', 'name', 'label', 'aliases', 'lock', 'stat']) expect(written).not.toHaveProperty(key);
  });

  test('[LAUNCHER 16] host_keys is a list even when nothing was gathered', () => {
    expect(write(read(READY))['host_keys']).toEqual([]);
  });

  test('looks as Python writes it: ASCII, spaces, times with a fraction', () => {
    const node = { ...read(READY), createdTime: 3.25, comment: 'für \u{1f600}\u007f' };
    const written = text(nodeCodec.encode(node));
    expect(written).toMatch(/^\{"state": "ready", "state_time": 5\.0, "cloud": null, /);
    expect(written).toContain('"created_time": 3.25, ');
    expect(written).toContain(String.raw`"comment": "f\u00fcr \ud83d\ude00\u007f"`);
  });
});
