import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GuardedDriver } from '../../../src/apps/plugins/containment/guarded-driver.js';
import type { InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld } from '../../support/launcher-world.js';
import { PLAIN_PROVIDER } from '../../support/plain-provider.js';

let world: LauncherWorld;
beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

const ACCESS = { namespace: 'main-1', host: 'https://192.0.2.9', token: 'let-me-in', skiptls: false };

/** A launcher with one provider whose labels say themselves what is made; its instances are as given. */
async function given(instance: object, seen: InstanceSpec[] = [], minReady = 0): Promise<void> {
  const provider: Provider = {
    ...PLAIN_PROVIDER,
    create: async (spec) => {
      seen.push(spec);
      return `ns-${spec.nodeId}`;
    },
    waitUntilRunning: async () => instance as never,
  };
  const driver = new GuardedDriver({
    apiVersion: '1.2',
    name: 'pods',
    version: '1',
    capabilities: { images: false, quota: false, leaks: true, zones: false, console: false, imageless: true },
    configSchema: {},
    createProvider: () => provider,
  });
  world.drivers.set('pods', driver);
  const plain = aPool({ provider: 'cluster', labelNames: ['pod'] });
  const labels = new Map(
    [...plain.labels].map(([key, value]) => [key, { ...value, image: { kind: 'settings' } } as const]),
  );
  const pool = { ...plain, labels };
  const section = aProvider(
    { name: 'cluster', driver: 'pods', managesImages: false, diskImages: new Map(), launchRetries: 1 },
    pool,
  );
  const config = aConfig({ labels: new Map([['pod', { name: 'pod', minReady, maxReadyAge: 0 }]]) }, section);
  await world.start(config);
}

describe('a node that is reached by credentials instead of an address', () => {
  it('is ready without address and scan, and has in its record what its driver says [K14, K15, K16]', async () => {
    const seen: InstanceSpec[] = [];
    await given(
      {
        interfaceIp: null,
        connectionPort: ACCESS,
        connectionType: 'namespace',
        pythonPath: '/python',
        shellType: 'sh',
      },
      seen,
    );
    const [node] = await world.accept(await world.submit(['pod']));
    expect(node?.current.value).toMatchObject({
      interfaceIp: null,
      connectionPort: ACCESS,
      connectionType: 'namespace',
      username: 'zuul',
      pythonPath: '/python',
      shellType: 'sh',
      hostKeys: [],
      imageId: null,
    });
    expect(seen.map(({ image }) => image)).toEqual([{ kind: 'none' }]);
    expect(JSON.stringify(world.logger.lines)).not.toContain('let-me-in');
  });

  it('counts for min-ready, as any that is launched', async () => {
    await given({ interfaceIp: null, connectionPort: ACCESS, connectionType: 'namespace' }, [], 2);
    await world.eventually('two are ready', () => world.nodes.filter(({ state }) => state === 'ready').length === 2);
  });

  it('is not ready with neither address nor credentials', async () => {
    await given({ interfaceIp: null, connectionType: 'namespace' });
    const id = await world.submit(['pod']);
    await world.failed(id);
  });
});
