import { MemoryLogger } from '../../adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../adapters/memory-metrics/recording-metrics.js';
import { SeededRandom } from '../../adapters/memory/seeded-random.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { DriverContext } from '../../ports/compute/driver.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';

/** A context whose log and metrics can be looked at. */
export interface TestContext extends DriverContext {
  readonly logger: MemoryLogger;
  readonly metrics: RecordingMetrics;
}

/** What a driver gets from Nodepool, for tests. Default: real time, and random numbers that are the same in each run. */
export function driverContext(change: { readonly clock?: Clock; readonly random?: Random } = {}): TestContext {
  return {
    clock: change.clock ?? new SystemClock(),
    random: change.random ?? new SeededRandom(1),
    logger: new MemoryLogger(),
    metrics: new RecordingMetrics(),
  };
}
