import { describe, test } from 'vitest';
import { runStorm } from '../../support/lease-storm.js';

const SEEDS = 12;

describe('[L1] [L3] [L4] [L10] [L11] [L12] [L13] leases in storms', () => {
  test.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'seed %i: holders die, repeat and release twice, gateways die, sessions end, answers are lost and clocks jump',
    (seed) => runStorm(seed),
  );
});
