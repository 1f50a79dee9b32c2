import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { put } from '../../support/folders.js';

/** A folder with files in it, gone after the test. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-plugins-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  put(folder, files);
  return folder;
}

export const PACKAGE = (name: string, version = '1.2.3'): string =>
  JSON.stringify({ name, version, type: 'module', exports: './driver.js' });

/** The code of a driver that does nothing, but all the same is one. */
export function driverCode(name: string, change = '', more = ''): string {
  return `${more}
export default {
  apiVersion: '1.0',
  name: '${name}',
  version: '1.2.3',
  capabilities: { images: false, quota: false, leaks: true, zones: false, console: false },
  configSchema: {
    provider: {
      url: { kind: 'text', required: true, about: 'where the cloud is' },
      token: { kind: 'text', secret: true, about: 'who we are' },
      size: { kind: 'text', choices: ['small', 'big'], default: 'small', about: 'how big' },
      tries: { kind: 'integer', minimum: 1, maximum: 9, default: 3, about: 'how often' },
    },
    pool: { network: { kind: 'text', default: 'any', about: 'which network' } },
    label: { plan: { kind: 'text', required: true, about: 'which plan' } },
  },
  createProvider(config) {
    return {
      images: null,
      fixed: null,
      async start() {},
      async stop() {},
      labelReady: () => ({ ready: true }),
      resourcesOf: () => ({ instances: 1 }),
      limits: async () => ({}),
      availabilityZones: async () => [],
      create: async (spec) => 'vm-' + spec.nodeId,
      waitUntilRunning: async (externalId) => ({ externalId, interfaceIp: '192.0.2.1' }),
      delete: async () => undefined,
      list: async () => [],
      consoleLog: async () => null,
    };
  },
  ${change}
};
`;
}
