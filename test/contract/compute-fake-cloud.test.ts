import { describeComputeContract } from './compute.suite.js';
import { fakeBench } from './compute-fake-bench.js';

describeComputeContract('fake cloud, prompt', () => fakeBench());
describeComputeContract('fake cloud, slow', () =>
  fakeBench({
    apiLatency: { min: 0.2, max: 2 },
    bootTime: { min: 5, max: 60 },
    deleteTime: { min: 1, max: 20 },
    uploadTime: 30,
  }),
);
