import { defineConfig } from 'vitest/config';

const setupFiles = ['test/support/setup.ts'];
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], setupFiles } },
      { test: { name: 'simulation', include: ['test/simulation/simulation.test.ts'], setupFiles } },
      { test: { name: 'mutations', include: ['test/simulation/mutations.test.ts'], setupFiles } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          setupFiles,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
