import type { DriverBench } from '../../src/apps/driver-kit/driver-bench.js';

/** What a driver brings to have its provider checked by the driver contract. */
export type ComputeBench = DriverBench;
