import { describe, expect, it } from 'vitest';
import { PluginDriverSchema } from '../../../src/adapters/config-yaml/drivers/plugin-driver-schema.js';
import type { CheckResult } from '../../../src/apps/driver-kit/run-checks.js';
import { checkLines, leftBehindLines } from '../../../src/apps/plugins/driver-report.js';
import { testDriver } from '../../../src/apps/plugins/driver-test.js';
import type { DriverPlugin } from '../../../src/ports/compute/driver-api.js';
import type { AccountInstance, Provider } from '../../../src/ports/compute/provider.js';
import { optionsFor } from '../config/config-harness.js';
import { PLAIN_PROVIDER } from '../../support/plain-provider.js';

const TOKEN = 'pa55-phrase';
const CONFIG = `
labels: [{name: small}]
providers:
  - name: one
    driver: acme
    token: ${TOKEN}
    cloud-images: [{name: wood}]
    pools: [{name: main, labels: [{name: small, cloud-image: wood}]}]
`;

interface Printed {
  readonly lines: readonly string[];
  readonly results: readonly CheckResult[];
  readonly machines: ReadonlyMap<string, AccountInstance>;
}

/** Runs the checks of that name, all by default; answers the lines that are printed. */
async function printed(
  change: (machines: Map<string, AccountInstance>) => Partial<Provider>,
  only: readonly string[] = [],
): Promise<Printed> {
  const machines = new Map<string, AccountInstance>();
  const provider: Provider = {
    ...PLAIN_PROVIDER,
    create: async ({ idempotencyKey, metadata }) => {
      machines.set(idempotencyKey, { externalId: idempotencyKey, metadata, resources: { instances: 1 } });
      return idempotencyKey;
    },
    waitUntilRunning: async (externalId) => ({ externalId, interfaceIp: '192.0.2.1' }) as never,
    delete: async (id) => void machines.delete(id),
    list: async () => [...machines.values()],
    ...change(machines),
  };
  const driver: DriverPlugin = {
    apiVersion: '1.1',
    name: 'acme',
    version: '1.0.0',
    capabilities: { images: false, quota: true, leaks: true, zones: false, console: false },
    configSchema: { provider: { token: { kind: 'text', secret: true, about: 'who we are' } } },
    createProvider: () => provider,
  };
  const schema = new PluginDriverSchema({ name: 'acme', managesImages: false, configSchema: driver.configSchema });
  const lines: string[] = [];
  const results = await testDriver({
    driver,
    schema,
    load: () => optionsFor(CONFIG),
    provider: undefined,
    bench: undefined,
    only,
    onResult: (result) => lines.push(...checkLines(result)),
  });
  return { lines: [...lines, ...leftBehindLines(results)], results, machines };
}

describe('nodepool driver-test [B16]', () => {
  it('cuts secrets out of what a driver throws [CASE secret setting thrown in an error]', async () => {
    const thrown = new Error(`401 for Bearer ${TOKEN}`);
    const { lines, results } = await printed(() => ({ create: () => Promise.reject(thrown) }), ['create-runs']);
    expect(lines.join('\n')).toContain('401 for Bearer [redacted]');
    expect(JSON.stringify([lines, results.map(({ outcome }) => outcome)])).not.toContain(TOKEN);
    const [outcome] = results.map((result) => result.outcome);
    expect(String(outcome?.kind === 'failed' && (outcome.error as Error).stack)).not.toContain(TOKEN);
  });

  it('says first that delete is broken, with the machines left behind, and makes no more', async () => {
    const { lines, machines } = await printed(() => ({ delete: () => Promise.reject(new Error('not today')) }));
    expect(lines[0]).toMatch(/^ +delete leaves machines behind: /);
    expect(lines[1]).toMatch(/^ {2}FAIL {2}delete-gone/);
    expect(machines.size).toBe(1);
    const [id = ''] = machines.keys();
    expect(lines[0]).toContain(id);
    expect(lines.slice(-2)).toEqual([
      'delete does not work: 1 machines are left behind, delete them by hand:',
      `  ${id}`,
    ]);
  });

  it('notices a delete that claims to have deleted', async () => {
    const { lines } = await printed(() => ({ delete: () => Promise.resolve() }));
    expect(lines[0]).toContain('delete leaves machines behind: ');
  });

  it('says nothing of the kind when all is well', async () => {
    const { lines, machines } = await printed(() => ({}), ['delete-gone', 'create-runs', 'create-other-life']);
    expect(machines.size).toBe(0);
    expect(lines.map((line) => line.trim().split(/ +/)[0])).toEqual(['pass', 'pass', 'pass']);
  });
});
