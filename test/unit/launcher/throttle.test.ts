import { expect, test } from 'vitest';
import { Throttle } from '../../../src/apps/launcher/throttle.js';
import type { CancelTimer, Clock } from '../../../src/ports/runtime/clock.js';

/** A clock on which looking takes time. */
class WorkClock implements Clock {
  time = 0;
  readonly delays: number[] = [];

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  schedule(delay: number, callback: () => void): CancelTimer {
    this.delays.push(delay);
    queueMicrotask(callback);
    return () => undefined;
  }
}

async function restAfter(seconds: number): Promise<readonly number[]> {
  const clock = new WorkClock();
  await new Throttle(clock).run(() => (clock.time += seconds), new AbortController().signal);
  return clock.delays;
}

test('a look that took long is followed by a rest, one that took none is not', async () => {
  expect(await restAfter(0.0001)).toEqual([]);
  expect(await restAfter(0.01)).toEqual([expect.closeTo(0.04, 6)]);
});

test('however long the look, the rest is short enough for nobody to notice', async () => {
  expect(await restAfter(5)).toEqual([0.25]);
});

test('a rest ends when the work ends', async () => {
  const clock = new WorkClock();
  const stopping = new AbortController();
  const look = new Throttle(clock).run(() => {
    clock.time += 1;
    stopping.abort(new Error('stopping'));
  }, stopping.signal);
  await expect(look).rejects.toThrow('stopping');
});
