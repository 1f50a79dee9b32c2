import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import { SystemHostIdentity } from '../../../src/adapters/system/system-host-identity.js';
import { SystemRandom } from '../../../src/adapters/system/system-random.js';
import { sleep } from '../../../src/ports/toolkit/sleep.js';

describe('the clock of the machine', () => {
  const clock = new SystemClock();

  it('counts in seconds', async () => {
    expect(Math.abs(clock.now() - Date.now() / 1000)).toBeLessThan(1);
    const before = clock.monotonic();
    await sleep(clock, 0.05);
    const passed = clock.monotonic() - before;
    expect(passed).toBeGreaterThan(0.045);
    expect(passed).toBeLessThan(5);
  });

  it('calls back once, and not at all if cancelled', async () => {
    const calls: string[] = [];
    clock.schedule(0.01, () => calls.push('kept'));
    const cancel = clock.schedule(0.01, () => calls.push('cancelled'));
    cancel();
    await sleep(clock, 0.05);
    cancel();
    expect(calls).toEqual(['kept']);
  });

  it('does not take a delay of months, or without end, for none', async () => {
    const calls: string[] = [];
    const cancels = [100 * 86400, Infinity].map((delay) => clock.schedule(delay, () => calls.push('early')));
    await sleep(clock, 0.02);
    for (const cancel of cancels) cancel();
    expect(calls).toEqual([]);
  });
});

describe('the randomness of the machine', () => {
  const random = new SystemRandom();

  it('has the promised forms', () => {
    expect(random.hexId()).toMatch(/^[0-9a-f]{32}$/);
    expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(Array.from({ length: 100 }, () => random.hexId())).size).toBe(100);
    for (let draw = 0; draw < 100; draw++) {
      const value = random.next();
      expect(value >= 0 && value < 1).toBe(true);
    }
  });
});

describe('the identity of the host', () => {
  it('begins with the host name, and does not make the start wait', async () => {
    const identity = await SystemHostIdentity.detect(0.2);
    expect(identity.hostname).toMatch(/./);
    expect(identity.pid).toBe(process.pid);
    if (!identity.hostname.includes('.')) expect(identity.hostname).toBe(os.hostname());
  });
});
