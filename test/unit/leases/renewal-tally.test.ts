import { expect, test } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { RenewalTally } from '../../../src/apps/leases/renewal-tally.js';
import { aCaller } from '../../support/lease-world.js';

test('renewals are told once in ten minutes for each lease and address, with how many they were', async () => {
  const clock = new VirtualClock();
  const tally = new RenewalTally(clock);
  const caller = aCaller();
  expect(tally.count('a', caller)).toBe(1);
  for (let count = 0; count < 29; count += 1) expect(tally.count('a', caller)).toBe(0);
  expect(tally.count('b', caller)).toBe(1);
  expect(tally.count('a', aCaller('team-a', { from: '127.0.0.2' }))).toBe(1);
  await clock.advance(600);
  expect(tally.count('a', caller)).toBe(30);
});
