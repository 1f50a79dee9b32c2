import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { ControlLoop } from '../../../src/ports/toolkit/control-loop.js';
import type { LoopBody } from '../../../src/ports/toolkit/control-loop.js';
import { whileElected } from '../../../src/ports/toolkit/while-elected.js';
import { withLock } from '../../../src/ports/toolkit/with-lock.js';
import type { LockOutcome, RecordLease } from '../../../src/ports/records/record-lease.js';

/** A loop on virtual time that notes what happens to it. */
function aLoop(pass: LoopBody['pass'] = () => 10, more: Partial<LoopBody> = {}) {
  const clock = new VirtualClock();
  const loop = new ControlLoop(clock);
  const controller = new AbortController();
  const log: string[] = [];
  let tell: () => void = () => undefined;
  const running = loop.run(
    {
      subscribe: (wake) => {
        tell = wake;
        log.push('subscribed');
        return [() => void log.push('unsubscribed')];
      },
      begin: () => void log.push('began'),
      pass: (signal) => {
        log.push(`pass at ${clock.monotonic()}`);
        return pass(signal);
      },
      end: () => void log.push('ended'),
      ...more,
    },
    controller.signal,
  );
  return { clock, loop, log, running, stop: () => controller.abort(new Error('stop')), tell: () => tell() };
}

describe('a control loop', () => {
  it('subscribes, passes, and passes again when woken or when its time has come', async () => {
    const { clock, log, running, stop, tell } = aLoop();
    await clock.advance(12);
    tell();
    await clock.advance(1);
    stop();
    await running;
    expect(log).toEqual(['subscribed', 'began', 'pass at 0', 'pass at 10', 'pass at 12', 'unsubscribed', 'ended']);
  });

  it('passes once more after a wake that came during a pass', async () => {
    let first = true;
    const { clock, log, running, stop, tell } = aLoop(() => {
      if (first) tell();
      first = false;
      return 100;
    });
    await clock.advance(1);
    stop();
    await running;
    expect(log.filter((line) => line.startsWith('pass'))).toHaveLength(2);
  });

  it('unsubscribes and ends before it fails with what its pass has thrown', async () => {
    const { log, running } = aLoop(() => Promise.reject(new Error('broken')));
    await expect(running).rejects.toThrow('broken');
    expect(log.slice(-2)).toEqual(['unsubscribed', 'ended']);
  });

  it('takes no offence at what fails because it was told to stop', async () => {
    const { clock, running, stop } = aLoop(
      (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut')))),
    );
    await clock.advance(1);
    stop();
    await expect(running).resolves.toBeUndefined();
  });
});

describe('working while elected', () => {
  it.each(['the leadership', 'the stop'])('ends its one signal with %s', async (what) => {
    const leadership = new AbortController();
    const stopping = new AbortController();
    const elections = { run: (_name: string, lead: (signal: AbortSignal) => Promise<void>) => lead(leadership.signal) };
    let aborted = false;
    await whileElected(
      elections,
      'x',
      (signal) => {
        (what === 'the stop' ? stopping : leadership).abort(new Error('over'));
        aborted = signal.aborted;
        return Promise.resolve();
      },
      stopping.signal,
    );
    expect(aborted).toBe(true);
  });
});

describe('working under a lock', () => {
  const released: string[] = [];
  const lease = {
    id: 'n1',
    release: () => Promise.resolve(void released.push('n1')),
  } as unknown as RecordLease<object>;
  const records = (outcome: LockOutcome<object>) => ({ lock: () => Promise.resolve(outcome) });

  it('lets go of it whatever comes of the work', async () => {
    const failing = withLock(records({ kind: 'locked', lease }), 'n1', () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(released).toEqual(['n1']);
  });

  it('does nothing without it, and says why', async () => {
    let worked = false;
    const work = (): Promise<void> => Promise.resolve(void (worked = true));
    expect(await withLock(records({ kind: 'busy' }), 'n1', work)).toBe('busy');
    expect(worked).toBe(false);
  });
});
