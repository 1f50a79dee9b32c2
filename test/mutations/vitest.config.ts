import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { mutationPlugin } from './mutation-plugin.js';
import type { SourceMutation } from './source-mutation.js';

/** Runs a test on a mutated source: see scripts/mutations.mjs. */
const root = path.resolve(import.meta.dirname, '../..');
const mutation = JSON.parse(process.env['NODEPOOL_MUTATION'] ?? '') as SourceMutation;

export default defineConfig({
  root,
  plugins: [mutationPlugin(root, mutation)],
  test: {
    include: ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/simulation/wire/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    // A defect may make a test wait for what never comes.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    expect: { poll: { timeout: 5000 } },
    bail: 1,
    maxWorkers: 1,
  },
});
