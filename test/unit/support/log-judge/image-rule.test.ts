import { describe, expect, it } from 'vitest';
import { ImageRule } from '../../../support/log-judge/image-rule.js';
import { judge } from '../../../support/log-judge/judge.js';
import { HandMadeLog } from './hand-made-log.js';

const BUILDS = '/nodepool/images/debian/builds';
const BUILD = `${BUILDS}/b1`;
const UPLOADS = `${BUILD}/providers/cloud/images`;
const [ONE, TWO] = [`${UPLOADS}/0000000001`, `${UPLOADS}/0000000002`];
const READY = { state: 'ready' };

const problems = (log: HandMadeLog): readonly string[] => judge(log.events, [new ImageRule()]).problems;
const building = (): HandMadeLog =>
  new HandMadeLog().lock('a', `${BUILDS}/lock`).create('a', BUILD, { state: 'building' });
const uploading = (): HandMadeLog =>
  new HandMadeLog().lock('a', `${UPLOADS}/lock`).create('a', ONE, { state: 'uploading' });

describe('the judge of images', () => {
  it('finds no fault with builds and uploads under the lock above them, or their own', () => {
    expect(problems(building().write('a', BUILD, READY))).toEqual([]);
    expect(problems(uploading().write('a', ONE, READY))).toEqual([]);
    const deleted = uploading().lock('b', `${ONE}/lock`).write('b', ONE, { state: 'deleting' });
    expect(problems(deleted.unlock('b', `${ONE}/lock`).remove('b', ONE))).toEqual([]);
  });

  it('finds what is begun, written or removed without a lock', () => {
    expect(problems(new HandMadeLog().create('a', BUILD, { state: 'building' }))).toHaveLength(1);
    expect(problems(building().write('b', BUILD, READY))).toHaveLength(1);
    expect(problems(uploading().write('b', ONE, READY))).toHaveLength(1);
    expect(problems(uploading().remove('b', ONE))).toHaveLength(1);
  });

  it('lets a builder that has lost its session end what it began, unless somebody is at it', () => {
    expect(problems(uploading().end('a').write('b', ONE, READY))).toEqual([]);
    expect(problems(uploading().end('a').lock('c', `${UPLOADS}/lock`, 1).write('b', ONE, READY))).toHaveLength(1);
    expect(problems(uploading().end('a').write('b', ONE, { state: 'deleting' }))).toHaveLength(1);
  });

  it('finds a build that is uploaded twice', () => {
    const first = uploading().write('a', ONE, READY).create('a', TWO, { state: 'uploading' });
    expect(problems(first.write('a', TWO, READY))).toEqual([`0x5: ${TWO} was uploaded although ${ONE} was`]);
  });
});
