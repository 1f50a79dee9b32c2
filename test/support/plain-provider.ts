import type { Provider } from '../../src/ports/compute/provider.js';

/** A provider of a driver from outside that does everything right and has nothing special: tests change what they are about. */
export const PLAIN_PROVIDER: Provider = {
  images: null,
  fixed: null,
  start: async () => undefined,
  stop: async () => undefined,
  labelReady: () => ({ ready: true }),
  resourcesOf: () => ({ instances: 1 }),
  limits: async () => ({}),
  availabilityZones: async () => [],
  create: async (spec) => `vm-${spec.nodeId}`,
  waitUntilRunning: async () => ({ interfaceIp: '192.0.2.1', hostKeys: [] }) as never,
  delete: async () => undefined,
  list: async () => [],
  consoleLog: async () => null,
};
