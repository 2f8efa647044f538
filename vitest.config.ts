import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// unit: no processes, no servers. integration: real Redis, RGW, sockets, child processes and clients. console: a browser and real processes.
const integration = [
  'test/contract/**/*.test.ts',
  'test/acceptance/**/*.test.ts',
  'test/**/*.integration.test.ts',
];
const browser = 'test/console/*.test.ts';

export default defineConfig({
  test: {
    // Most of the long tests wait for processes of their own: on two cores one at a time would leave them idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...integration, browser],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: integration,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'console',
          include: [browser],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
