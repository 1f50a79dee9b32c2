import { describe, expect, test } from 'vitest';
import { requestCodec } from '../../../src/adapters/records/request-codec.js';
import type { NodeRequest } from '../../../src/domain/model/request.js';
import { aStat, bytes, text } from './records-fixture.js';

function read(record: object): NodeRequest {
  const decoded = requestCodec.decode(bytes(JSON.stringify(record)), aStat());
  if (!('value' in decoded)) throw new Error(decoded.detail);
  return decoded.value;
}

function write(request: NodeRequest): Record<string, unknown> {
  return JSON.parse(text(requestCodec.encode(request))) as Record<string, unknown>;
}

describe('a node request', () => {
  test('[LAUNCHER 18] of a client of 2019 is served', () => {
    const old = {
      node_types: ['small'],
      requestor: 'zuul',
      created_time: 4.5,
      provider: null,
      state: 'requested',
      state_time: 5,
    };
    expect(read(old)).toEqual({
      state: 'requested',
      stateTime: 5,
      createdTime: 4.5,
      declinedBy: [],
      nodeTypes: ['small'],
      nodes: [],
      reuse: true,
      requestor: 'zuul',
      provider: null,
      relativePriority: 0,
      requestorData: null,
      eventId: null,
      tenantName: null,
      extra: {},
    });
  });

  test('[LAUNCHER 19] of the Jenkins plug-in is served and keeps its keys', () => {
    const jenkins = { node_types: ['a'], state: 'requested', state_time: 1, jenkins_label: 'x-a', build_id: 'j-1' };
    const fulfilled: NodeRequest = { ...read(jenkins), state: 'fulfilled', nodes: ['0000000001'] };
    expect(write(fulfilled)).toMatchObject({ jenkins_label: 'x-a', build_id: 'j-1', nodes: ['0000000001'] });
  });

  test('[LAUNCHER 17] is written with all keys that newer clients require', () => {
    const keys = ['requestor_data', 'event_id', 'provider', 'node_types', 'requestor', 'state', 'state_time'];
    expect(Object.keys(write(read({ state: 'pending', state_time: 1 })))).toEqual(expect.arrayContaining(keys));
  });

  test('with a list that is null or holds other things than names is read as far as possible', () => {
    const odd = { state: 'requested', state_time: 1, declined_by: null, node_types: ['a', 7, 'b'], reuse: 'yes' };
    expect(read(odd)).toMatchObject({ declinedBy: [], nodeTypes: ['a', 'b'], reuse: true });
  });
});
