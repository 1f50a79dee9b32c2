import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const setupFiles = ['test/support/setup.ts'];
/** For what takes a second at most: a limit is for what hangs, not for a machine that has other things to do (two cores, load 8). */
const expectations = { poll: { timeout: 30_000 } };
const patient = { setupFiles, expect: expectations, testTimeout: 60_000, hookTimeout: 60_000 };
export default defineConfig({
  test: {
    // Most of what takes long waits for other processes; by itself vitest leaves one of two cores idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/simulation/wire/**/*.test.ts'], ...patient } },
      { test: { name: 'simulation', include: ['test/simulation/simulation.test.ts'], ...patient } },
      { test: { name: 'mutations', include: ['test/simulation/mutations.test.ts'], ...patient } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          setupFiles,
          expect: expectations,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          setupFiles,
          expect: expectations,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Against a real OpenStack: `npm run test:openstack`, which brings it.
        test: {
          name: 'openstack',
          include: ['test/openstack/**/*.test.ts'],
          setupFiles,
          expect: expectations,
          testTimeout: 240_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
