import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { sleep } from '../../../src/ports/toolkit/sleep.js';

describe('VirtualClock', () => {
  it('stands still by itself', async () => {
    const clock = new VirtualClock(1000);
    await clock.settle();
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
  });

  it('runs timers in the order they are due, and shows their time while they run', async () => {
    const clock = new VirtualClock(1000);
    const seen: string[] = [];
    for (const delay of [3, 1, 2, 1, 0, 2.5]) {
      clock.schedule(delay, () => seen.push(`${delay}@${clock.monotonic()}`));
    }
    await clock.advance(2.5);
    expect(seen).toEqual(['0@0', '1@1', '1@1', '2@2', '2.5@2.5']);
    expect([clock.now(), clock.pending, clock.untilNext]).toEqual([1002.5, 1, 0.5]);
  });

  it('keeps the order of many timers', async () => {
    const clock = new VirtualClock();
    const delays = Array.from({ length: 500 }, (_, index) => (index * 7919) % 263);
    const fired: number[] = [];
    const cancels = delays.map((delay) => clock.schedule(delay, () => fired.push(delay)));
    cancels.forEach((cancel, index) => index % 5 === 0 && cancel());
    expect(clock.pending).toBe(400);
    await clock.advance(300);
    const expected = delays.filter((_, index) => index % 5 !== 0).sort((left, right) => left - right);
    expect(fired).toEqual(expected);
  });

  it('lets promises settle between timers, and runs timers that are set on the way', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        await sleep(clock, 1);
        await Promise.resolve();
        seen.push(clock.monotonic());
      }
    };
    const looping = loop();
    await clock.advance(3.5);
    expect(seen).toEqual([1, 2, 3]);
    await clock.advance(10);
    await looping;
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('forgets cancelled timers; cancelling late or twice is harmless', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const cancelled = clock.schedule(1, () => fired.push('cancelled'));
    const kept = clock.schedule(1, () => fired.push('kept'));
    cancelled();
    cancelled();
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    kept();
    expect([fired, clock.pending, clock.untilNext]).toEqual([['kept'], 0, undefined]);
    expect(clock.schedule(Infinity, () => fired.push('never'))).toBeTypeOf('function');
    expect(clock.pending).toBe(0);
  });

  it('advances until something has come about, no further', async () => {
    const clock = new VirtualClock();
    let count = 0;
    const again = (): void => {
      count += 1;
      clock.schedule(10, again);
    };
    clock.schedule(10, again);
    expect(await clock.advanceUntil(() => count === 3, 100)).toBe(true);
    expect(clock.monotonic()).toBe(30);
    expect(await clock.advanceUntil(() => count === 100, 15)).toBe(false);
    expect([clock.monotonic(), count]).toEqual([45, 4]);
  });

  it('lets the wall clock jump without touching durations', async () => {
    const clock = new VirtualClock(1000);
    let fired = 0;
    clock.schedule(5, () => fired++);
    clock.jump(-500);
    expect([clock.now(), clock.monotonic()]).toEqual([500, 0]);
    await clock.advance(5);
    expect([clock.now(), fired]).toEqual([505, 1]);
  });
});
