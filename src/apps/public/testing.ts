/**
 * `nodepool/testing`: the driver contract as named checks, and what tests of drivers need. The checks may become more with a minor
 * version: a driver that kept the contract before keeps them. A list of names on purpose: what is not here is not promised.
 */
export { CheckFailure } from '../driver-kit/check-failure.js';
export type { DriverBench, Knob } from '../driver-kit/driver-bench.js';
export type { DriverCheck } from '../driver-kit/driver-check.js';
export { DRIVER_CHECKS } from '../driver-kit/driver-checks.js';
export { registerDriverChecks, runDriverCheck, runDriverChecks } from '../driver-kit/run-checks.js';
export type { CheckOutcome, CheckResult, MakeBench, RegisterTest } from '../driver-kit/run-checks.js';
export { aNode, anInstanceSpec, aPool, aPoolLabel, aProviderConfig, aRequest } from '../driver-kit/builders.js';
export { driverContext } from '../driver-kit/driver-context.js';
export type { TestContext } from '../driver-kit/driver-context.js';
export { VirtualClock } from '../../adapters/memory/virtual-clock.js';
export { SeededRandom } from '../../adapters/memory/seeded-random.js';
export { MemoryLogger } from '../../adapters/memory-log/memory-logger.js';
export { RecordingMetrics } from '../../adapters/memory-metrics/recording-metrics.js';
export type { DriverBenchFile, OpenedBench } from '../plugins/driver-test.js';
