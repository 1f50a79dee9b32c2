import { expect, test } from 'vitest';
import { FreeNodes } from '../../../src/apps/launcher/free-nodes.js';
import { aNode, stored } from '../../support/builders.js';

const ids = (nodes: ReturnType<FreeNodes['oldestFirst']>): readonly string[] => nodes.map(({ id }) => id);

test('free nodes come oldest first, and only those with a label that is asked for', () => {
  const free = new FreeNodes();
  free.add(stored('3', aNode({ stateTime: 1, type: ['small'] })));
  free.add(stored('2', aNode({ stateTime: 2, type: ['large', 'huge'] })));
  free.add(stored('1', aNode({ stateTime: 2, type: ['small'] })));
  expect(ids(free.oldestFirst())).toEqual(['3', '1', '2']);
  expect(ids(free.oldestFirst(['small']))).toEqual(['3', '1']);
  expect(ids(free.oldestFirst(['huge', 'small']))).toEqual(['3', '1', '2']);
  expect(ids(free.oldestFirst(['other']))).toEqual([]);
});

test('what was put in order before is forgotten when a node comes or goes', () => {
  const free = new FreeNodes();
  free.add(stored('1', aNode({ type: ['small'] })));
  expect(ids(free.oldestFirst(['small']))).toEqual(['1']);
  free.add(stored('2', aNode({ type: ['small'] })));
  expect(ids(free.oldestFirst(['small']))).toEqual(['1', '2']);
  free.remove('1');
  expect(ids(free.oldestFirst(['small']))).toEqual(['2']);
  expect(ids(free.oldestFirst())).toEqual(['2']);
});
