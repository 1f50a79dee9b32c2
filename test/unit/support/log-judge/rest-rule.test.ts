import { expect, it } from 'vitest';
import { judge } from '../../../support/log-judge/judge.js';
import { RestRule } from '../../../support/log-judge/rest-rule.js';
import { HandMadeLog } from './hand-made-log.js';

const left = (log: HandMadeLog): readonly string[] => judge(log.events, [new RestRule()]).problems;
const BUILD = '/nodepool/images/debian/builds/b1';

it('whatever is left at the end is found, but for images and the empty lock folders of requests', () => {
  const request = '/nodepool/requests/200-1';
  const gone = new HandMadeLog()
    .create('c', request, { state: 'requested' })
    .create('a', '/nodepool/requests-lock/200-1')
    .lock('a', '/nodepool/requests-lock/200-1')
    .create('a', BUILD, { state: 'ready' })
    .end('a')
    .end('c');
  expect(left(gone)).toEqual([]);
  const held = new HandMadeLog().lock('a', '/nodepool/requests-lock/200-1');
  expect(left(held)).toEqual(['a contender for a lock is left: /nodepool/requests-lock/200-1/a__lock__0000000000']);
  expect(left(new HandMadeLog().create('a', '/nodepool/nodes/1', { state: 'ready' }))).toHaveLength(1);
  expect(left(new HandMadeLog().create('a', '/nodepool/nodes/1/lock'))).toHaveLength(1);
  expect(left(new HandMadeLog().create('c', request, { state: 'requested' }))).toHaveLength(1);
  expect(left(new HandMadeLog().create('a', BUILD, { state: 'building' }))).toEqual([
    `${BUILD} is building at the end`,
  ]);
});
