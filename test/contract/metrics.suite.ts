import { describe, expect, it } from 'vitest';
import type { Metrics } from '../../src/ports/telemetry/metrics.js';

/** Metrics must never get in the way of what is measured. */
export function describeMetricsContract(name: string, makeMetrics: () => Metrics): void {
  describe(`metrics contract: ${name}`, () => {
    it('never throws and answers nothing, whatever it is given', () => {
      const metrics = makeMetrics();
      for (const value of [0, 1, -1, 0.5, 1e300, NaN, Infinity, -Infinity]) {
        for (const key of ['nodepool.a', 'with blank', 'with:colon', 'with|bar\nand line', 'x'.repeat(5000), '']) {
          expect(metrics.count(key, value)).toBeUndefined();
          expect(metrics.gauge(key, value)).toBeUndefined();
          expect(metrics.timing(key, value)).toBeUndefined();
        }
      }
      expect(metrics.count('nodepool.b')).toBeUndefined();
    });
  });
}
