import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { CallTurns } from '../../../src/adapters/openstack/client/call-turns.js';
import { never } from './client-harness.js';

function started(spacing: number): {
  clock: VirtualClock;
  turns: CallTurns;
  take: (name: string, urgent?: boolean, signal?: AbortSignal) => void;
  log: string[];
} {
  const clock = new VirtualClock();
  const turns = new CallTurns(clock, spacing);
  const log: string[] = [];
  const take = (name: string, urgent = false, signal = never()): void => {
    void turns.take(urgent, signal).then(
      () => log.push(`${name}@${clock.monotonic()}`),
      (error: Error) => log.push(`${name}: ${error.message}`),
    );
  };
  return { clock, turns, take, log };
}

describe('the rate of calls', () => {
  it('[BUILDER 188] calls are spaced by `rate` seconds, in the order they came', async () => {
    const { clock, take, log } = started(0.5);
    for (const name of ['a', 'b', 'c']) take(name);
    await clock.advance(10);
    expect(log).toEqual(['a@0', 'b@0.5', 'c@1']);
    take('d');
    await clock.advance(0);
    expect(log.at(-1)).toBe('d@10');
  });

  it('[BUILDER 188] rate 0 is no limit', async () => {
    const { clock, take, log } = started(0);
    for (let call = 0; call < 1000; call += 1) take(String(call));
    await clock.settle();
    expect(log).toHaveLength(1000);
    expect(clock.pending).toBe(0);
  });

  it('urgent calls go first, in their order', async () => {
    const { clock, take, log } = started(1);
    for (const name of ['a', 'b', 'c']) take(name);
    take('x', true);
    take('y', true);
    await clock.advance(10);
    expect(log).toEqual(['a@0', 'x@1', 'y@2', 'b@3', 'c@4']);
  });

  it('who gives up leaves the queue, and no timer behind', async () => {
    const { clock, turns, take, log } = started(1);
    const giveUp = new AbortController();
    take('a');
    take('b', false, giveUp.signal);
    await clock.settle();
    giveUp.abort(new Error('gone'));
    await clock.settle();
    expect(log).toEqual(['a@0', 'b: gone']);
    expect(turns.waiting).toBe(0);
    expect(clock.pending).toBe(0);
    take('c');
    await clock.advance(5);
    expect(log.at(-1)).toBe('c@1');
  });

  it('what cannot wait starts at once and moves the others', async () => {
    const { clock, turns, take, log } = started(1);
    take('a');
    take('b');
    await clock.advance(0.5);
    turns.claim();
    await clock.advance(10);
    expect(log).toEqual(['a@0', 'b@2']);
  });

  it('holds through a long queue without drifting', async () => {
    const { clock, take, log } = started(0.1);
    for (let call = 0; call < 50; call += 1) take(String(call));
    await clock.advance(4.95);
    expect(log).toHaveLength(50);
  });
});
