import { describe, expect, it } from 'vitest';
import { judge } from '../../../support/log-judge/judge.js';
import { LockRule } from '../../../support/log-judge/lock-rule.js';
import { HandMadeLog } from './hand-made-log.js';

const NODE = '/nodepool/nodes/1';
const LOCK = `${NODE}/lock`;
const REQUEST = '/nodepool/requests/200-1';
const REQUEST_LOCK = '/nodepool/requests-lock/200-1';
const BUILDING = { state: 'building' };

const problems = (log: HandMadeLog): readonly string[] => judge(log.events, [new LockRule()]).problems;
const made = (): HandMadeLog => new HandMadeLog().create('a', NODE, { state: 'init' });

describe('the judge of locks', () => {
  it('finds no fault with writes of the holder, in the transaction that ends his lock too', () => {
    const log = made()
      .lock('a', LOCK)
      .write('a', NODE, BUILDING)
      .together((one) => one.unlock('a', LOCK).write('a', NODE, { state: 'ready' }));
    expect(problems(log)).toEqual([]);
  });

  it('finds writes of somebody without the lock, after it, and of one who only waits for it', () => {
    expect(problems(made().write('a', NODE, BUILDING))).toEqual([
      '0x2: a did write /nodepool/nodes/1 without its lock',
    ]);
    expect(problems(made().lock('a', LOCK).unlock('a', LOCK).write('a', NODE, BUILDING))).toHaveLength(1);
    expect(problems(made().lock('b', LOCK).lock('a', LOCK, 1).write('a', NODE, BUILDING))).toHaveLength(1);
  });

  it('takes the lock from whoever loses his session', () => {
    const log = made().lock('a', LOCK).lock('b', LOCK, 1).end('a').write('b', NODE, BUILDING);
    expect(problems(log)).toEqual([]);
    expect(problems(log.write('a', NODE, BUILDING))).toHaveLength(1);
  });

  it('lets a node be removed just after its lock, but not later, nor when somebody else has it', () => {
    const freed = (): HandMadeLog => made().lock('a', LOCK).unlock('a', LOCK);
    expect(problems(freed().remove('a', NODE))).toEqual([]);
    expect(problems(freed().pass(200).remove('a', NODE))).toHaveLength(1);
    expect(problems(freed().lock('b', LOCK, 1).remove('a', NODE))).toHaveLength(1);
    expect(problems(made().remove('a', NODE))).toHaveLength(1);
  });

  it('lets a node be removed after somebody else had its lock in between, unless he wrote it', () => {
    const between = (): HandMadeLog =>
      made().lock('a', LOCK).lock('b', LOCK, 1).write('a', NODE, { state: 'deleted' }).unlock('a', LOCK);
    expect(problems(between().unlock('b', LOCK, 1).remove('a', NODE))).toEqual([]);
    const written = between().write('b', NODE, BUILDING).unlock('b', LOCK, 1);
    expect(problems(written.remove('a', NODE))).toHaveLength(1);
  });

  it('finds a request that is answered without its lock, and lets its owner take it back', () => {
    const asked = (): HandMadeLog => new HandMadeLog().create('c', REQUEST, { state: 'requested' });
    const pending = { state: 'pending' };
    expect(problems(asked().lock('a', REQUEST_LOCK).write('a', REQUEST, pending).remove('c', REQUEST))).toEqual([]);
    expect(problems(asked().lock('b', REQUEST_LOCK).write('a', REQUEST, pending))).toHaveLength(1);
  });
});
