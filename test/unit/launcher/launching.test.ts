import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PoolLabelConfig } from '../../../src/domain/config/config.js';
import { sleep } from '../../../src/ports/toolkit/sleep.js';
import { NoHostKeysError, ScanTimeoutError } from '../../../src/ports/runtime/host-key-scan.js';
import type { HostKeyScanTarget } from '../../../src/ports/runtime/host-key-scan.js';
import { aPoolLabel } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

/** One label `small` with these settings. */
function label(change: Partial<PoolLabelConfig>): { labels: Map<string, PoolLabelConfig> } {
  return { labels: new Map([['small', aPoolLabel('small', change)]]) };
}

describe('the record of a new node', () => {
  it('[LAUNCHER 72, 82, 83] is init and unlocked, then locked and building, and knows its instance before that runs', async () => {
    const seen: Record<string, unknown>[] = [];
    world.onWrite((path, { state, resources, external_id }) => {
      if (!path.startsWith('/nodepool/nodes/')) return;
      const [server] = world.cloud.servers;
      seen.push({
        state,
        locked: world.locked(`${path}/lock`),
        cores: (resources as { cores?: number } | null)?.cores,
        known: external_id !== null && external_id === server?.id,
        server: server?.status,
      });
    });
    await world.seedImage();
    world.cloud.set({ bootTime: 5 });
    await world.start(simpleConfig());
    await world.fulfilled(await world.submit());
    expect(seen).toEqual([
      { state: 'init', locked: false, cores: 4, known: false, server: undefined },
      { state: 'building', locked: true, cores: 4, known: false, server: undefined },
      { state: 'building', locked: true, cores: 4, known: true, server: 'building' },
      { state: 'ready', locked: true, cores: 4, known: true, server: 'active' },
    ]);
  });

  it('names the newest upload of its image', async () => {
    await world.seedImage();
    await world.clock.advance(100);
    await world.seedImage('image', ['cloud'], '0000000002');
    await world.start(simpleConfig());
    const [node = ''] = await world.fulfilled(await world.submit());
    expect(world.node(node)?.imageId).toMatch(/^\/nodepool\/images\/image\/builds\/0000000002\/providers\/cloud\//);
  });
});

describe('the metadata of an instance', () => {
  it('holds fixed properties, and those that are made from the request', async () => {
    await world.seedImage();
    const templates = {
      tenant: '{request.tenant_name}',
      job: 'job {request.requestor_data[job]} of {request.requestor}',
      broken: '{request.password}',
    };
    const settings = label({ instanceProperties: { team: 'ci' }, dynamicInstanceProperties: templates });
    await world.start(simpleConfig({ pool: settings }));
    await world.fulfilled(await world.submit({ requestorData: { job: 'unit' } }));
    expect(world.cloud.servers[0]?.metadata).toMatchObject({ team: 'ci', tenant: 'None', job: 'job unit of zuul' });
    expect(world.cloud.servers[0]?.metadata).not.toHaveProperty('broken');
    expect(world.logger.messages('error')).toEqual([
      'dynamic-instance-properties: broken: {request.password} is not known; it is left out',
    ]);
  });
});

describe('the address of a node', () => {
  it.each([
    [false, '203.0.113.9', '10.0.0.9', null, '203.0.113.9'],
    [true, '203.0.113.9', '10.0.0.9', 'fd00::9', '10.0.0.9'],
    [true, '203.0.113.9', null, 'fd00::9', 'fd00::9'],
    [true, '203.0.113.9', null, null, '203.0.113.9'],
  ])(
    '[LAUNCHER 84] with use-internal-ip %s, of %s, %s and %s, is %s',
    async (useInternalIp, publicIpv4, privateIpv4, privateIpv6, expected) => {
      await world.seedImage();
      world.addresses = { interfaceIp: publicIpv4, publicIpv4, privateIpv4, privateIpv6 };
      await world.start(simpleConfig({ pool: { useInternalIp } }));
      const [node = ''] = await world.fulfilled(await world.submit());
      expect(world.node(node)?.interfaceIp).toBe(expected);
    },
  );
});

describe('the scan for host keys', () => {
  it('[LAUNCHER 87] that fails counts as an attempt: the console is logged, the instance replaced, the id kept', async () => {
    await world.seedImage();
    world.cloud.set({ scanHostKeys: true, consoleText: 'kernel panic' });
    const results = [new NoHostKeysError('none'), null];
    world.scan = () => {
      const result = results.shift();
      return result ? Promise.reject(result) : Promise.resolve(['ssh-ed25519 KEY']);
    };
    const { metrics } = await world.start(simpleConfig({ pool: label({ consoleLog: true }) }));
    const [node = ''] = await world.fulfilled(await world.submit());
    expect(world.node(node)?.hostKeys).toEqual(['ssh-ed25519 KEY']);
    expect(world.nodes).toHaveLength(1);
    expect(world.cloud.count('create').ok).toBe(2);
    expect(world.cloud.servers).toHaveLength(1);
    expect(world.logger.messages('info')).toContain('console: kernel panic');
    expect(metrics.counters.get('nodepool.launch.error.keyscan')).toBe(1);
    expect(metrics.counters.get('nodepool.launch.ready')).toBe(1);
  });

  it('[LAUNCHER 88] [BUILDER 189] is left out where host-key-checking is false', async () => {
    await world.seedImage();
    world.cloud.set({ scanHostKeys: true });
    const asked: HostKeyScanTarget[] = [];
    world.scan = (target) => {
      asked.push(target);
      return Promise.resolve(['ssh-rsa KEY']);
    };
    await world.start(simpleConfig({ pool: label({ hostKeyChecking: false }) }));
    const [node = ''] = await world.fulfilled(await world.submit());
    expect(world.node(node)?.hostKeys).toEqual([]);
    expect(asked).toEqual([]);
  });

  it.each([
    ['ssh', 'keys', ['ssh-rsa KEY']],
    ['network_cli', 'keys', ['ssh-rsa KEY']],
    ['winrm', 'port', []],
  ])(
    '[LAUNCHER 89] [BUILDER 189] of a machine reached by %s looks for its %s',
    async (connectionType, gather, keys) => {
      await world.seedImage();
      world.cloud.set({ scanHostKeys: true });
      const asked: HostKeyScanTarget[] = [];
      world.scan = (target) => {
        asked.push(target);
        return Promise.resolve(target.gather === 'keys' ? ['ssh-rsa KEY'] : []);
      };
      const image = { name: 'image', pause: false, configDrive: null, meta: {}, connectionType, connectionPort: 5986 };
      await world.start(simpleConfig({ provider: { diskImages: new Map([['image', image]]) } }));
      const [node = ''] = await world.fulfilled(await world.submit());
      expect(asked).toEqual([{ host: 'fake', port: 5986, gather }]);
      expect(world.node(node)).toMatchObject({ hostKeys: keys, connectionType, connectionPort: 5986 });
    },
  );

  it.each([
    [true, ['console: kernel panic']],
    [false, []],
  ])('[BUILDER 190] that ends in a time-out logs the console if console-log is %s', async (consoleLog, lines) => {
    await world.seedImage();
    world.cloud.set({ scanHostKeys: true, consoleText: 'kernel panic' });
    world.scan = () => Promise.reject(new ScanTimeoutError('nobody answers'));
    await world.start(simpleConfig({ pool: label({ consoleLog }), provider: { launchRetries: 1 } }));
    const id = await world.submit();
    await world.eventually('it failed', () => world.request(id)?.state === 'failed', 120);
    expect(world.logger.messages('info').filter((line) => line.startsWith('console'))).toEqual(lines);
  });

  it('takes part of the launch-timeout, and never more than the boot-timeout', async () => {
    await world.seedImage();
    world.cloud.set({ scanHostKeys: true, bootTime: 30 });
    const timeouts: number[] = [];
    world.scan = async (_target, timeout, signal) => {
      timeouts.push(timeout);
      await sleep(world.clock, timeout, signal);
      throw new ScanTimeoutError('nobody answers');
    };
    const provider = { launchTimeout: 50, bootTimeout: 40, launchRetries: 1 };
    const { metrics } = await world.start(simpleConfig({ provider }));
    const id = await world.submit();
    await world.pending(id);
    const begun = world.clock.now();
    await world.failed(id);
    expect(world.clock.now() - begun).toBeGreaterThan(49);
    expect(world.clock.now() - begun).toBeLessThan(52);
    expect(timeouts).toEqual([40]);
    expect(metrics.counters.get('nodepool.launch.error.unknown')).toBe(1);
  });
});
