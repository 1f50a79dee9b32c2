import { describe, it } from 'vitest';
import { registerDriverChecks } from '../../src/apps/driver-kit/run-checks.js';
import type { ComputeBench } from './compute-bench.js';

/** The driver contract, which is published as `nodepool/testing`: what every provider promises, whatever its cloud. */
export function describeComputeContract(name: string, makeBench: () => Promise<ComputeBench>): void {
  describe(`driver contract: ${name}`, () => {
    registerDriverChecks((title, run) => it(title, run), makeBench);
  });
}
