import { describe, expect, it } from 'vitest';
import { configDifference } from '../../../src/domain/config/config-difference.js';
import { cloudProvider, configuration, poolLabel, withPool, withProvider } from './configs.js';
import { load } from './config-harness.js';

async function difference(before: string, after: string): Promise<readonly object[]> {
  return configDifference(await load(before), await load(after));
}

describe('difference of configurations', () => {
  it('two loads of one file do not differ', async () => {
    expect(await difference(configuration(), configuration())).toEqual([]);
  });

  it('names labels, images and providers that came, went or changed', async () => {
    const before = configuration({ labels: [{ name: 'small' }, { name: 'old' }, { name: 'kept' }] });
    const after = configuration({
      labels: [{ name: 'small', 'min-ready': 2 }, { name: 'kept' }, { name: 'new' }],
      diskimages: [{ name: 'debian', elements: ['vm'] }, { name: 'fedora' }],
      providers: [cloudProvider({ name: 'two' })],
    });
    expect(await difference(before, after)).toEqual([
      { kind: 'label-removed', label: 'old' },
      { kind: 'label-changed', label: 'small' },
      { kind: 'label-added', label: 'new' },
      { kind: 'image-changed', image: 'debian' },
      { kind: 'image-added', image: 'fedora' },
      { kind: 'provider-removed', provider: 'one' },
      { kind: 'provider-added', provider: 'two' },
    ]);
  });

  it('a pool’s change is its provider’s change too', async () => {
    const before = withProvider({ pools: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] });
    const after = withProvider({ pools: [{ name: 'b', 'max-servers': 2 }, { name: 'c' }, { name: 'd' }] });
    expect(await difference(before, after)).toEqual([
      { kind: 'provider-changed', provider: 'one' },
      { kind: 'pool-removed', provider: 'one', pool: 'a' },
      { kind: 'pool-changed', provider: 'one', pool: 'b' },
      { kind: 'pool-added', provider: 'one', pool: 'd' },
    ]);
  });

  it.each([
    { userdata: 'x' },
    { networks: ['n'] },
    { 'key-name': 'k' },
    { 'console-log': true },
    { 'instance-properties': { a: 'b' } },
  ])('the pool label key %j counts', async (extra) => {
    expect(await difference(configuration(), withPool({ labels: [poolLabel(extra)] }))).toHaveLength(2);
  });

  it('tells which part of the connection changed', async () => {
    const servers = (text: string): string => `zookeeper-servers: ${text}`;
    expect(await difference(servers('[{host: a}]'), servers('[{host: a}, {host: b}]'))).toEqual([
      { kind: 'zookeeper-changed', parts: ['servers'] },
    ]);
    expect(await difference(servers('[{host: a}]'), servers('[{host: a, chroot: /x}]'))).toEqual([
      { kind: 'zookeeper-changed', parts: ['chroot'] },
    ]);
    expect(await difference('{}', servers('[{host: a}]'))).toHaveLength(1);
    expect(
      await difference(
        servers('[{host: a}, {host: b, chroot: /x}]'),
        servers('[{host: a, chroot: /x}, {host: b, chroot: /x}]'),
      ),
    ).toEqual([]);
  });

  it('names the settings outside of lists', async () => {
    const after =
      'max-hold-age: 1\nwebapp: {port: 1}\nelements-dir: /x\nbuild-log-retention: 1\ntenant-resource-limits: [{tenant-name: t, max-cores: 1}]';
    expect(await difference('{}', after)).toEqual([
      { kind: 'max-hold-age-changed' },
      { kind: 'webapp-changed' },
      { kind: 'build-settings-changed', keys: ['elementsDir', 'buildLogRetention'] },
      { kind: 'tenant-limits-added', tenant: 't' },
    ]);
  });
});
