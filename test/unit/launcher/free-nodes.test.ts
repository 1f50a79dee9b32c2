import { expect, test } from 'vitest';
import { FreeNodeIndex } from '../../../src/apps/launcher/free-nodes.js';
import type { Node } from '../../../src/domain/model/node.js';
import type { Stored } from '../../../src/domain/model/stored.js';
import { aNode, stored } from '../../support/builders.js';

const ids = (nodes: readonly Stored<Node>[]): readonly string[] => nodes.map(({ id }) => id);

test('free nodes come oldest first, and only those with a label that is asked for', () => {
  const free = new FreeNodeIndex();
  free.add(stored('3', aNode({ stateTime: 1, type: ['small'] })), false);
  free.add(stored('2', aNode({ stateTime: 2, type: ['large', 'huge'] })), false);
  free.add(stored('1', aNode({ stateTime: 2, type: ['small'] })), false);
  expect(ids(free.all)).toEqual(['3', '1', '2']);
  expect(ids(free.withLabel('small'))).toEqual(['3', '1']);
  expect(ids(free.withLabel('huge'))).toEqual(['2']);
  expect(ids(free.withLabel('other'))).toEqual([]);
});

test('nodes that somebody is just letting go come last, and take their place when they are let go', () => {
  const free = new FreeNodeIndex();
  free.add(stored('1', aNode({ stateTime: 1, type: ['small'] })), true);
  free.add(stored('2', aNode({ stateTime: 2, type: ['small'] })), false);
  expect(ids(free.withLabel('small'))).toEqual(['2', '1']);
  expect([...free.locked]).toEqual(['1']);
  free.setLocked('1', false);
  expect(ids(free.withLabel('small'))).toEqual(['1', '2']);
  free.setLocked('1', true);
  expect(ids(free.all)).toEqual(['2', '1']);
});

test('what was answered before does not change when a node comes or goes', () => {
  const free = new FreeNodeIndex();
  free.add(stored('1', aNode({ type: ['small'] })), false);
  const before = free.withLabel('small');
  free.add(stored('2', aNode({ type: ['small'] })), false);
  expect(ids(free.withLabel('small'))).toEqual(['1', '2']);
  free.remove('1');
  expect(ids(free.withLabel('small'))).toEqual(['2']);
  expect(ids(free.all)).toEqual(['2']);
  expect(ids(before)).toEqual(['1']);
});
