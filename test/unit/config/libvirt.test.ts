import { describe, expect, it } from 'vitest';
import { LibvirtDriverSchema } from '../../../src/adapters/config-yaml/drivers/libvirt-driver-schema.js';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import type { ProviderSection } from '../../../src/domain/config/driver-schema.js';

function read(value: Record<string, unknown>): { readonly config: ProviderConfig; readonly problems: string[] } {
  const problems: string[] = [];
  const section: ProviderSection = {
    name: 'rack-one',
    driver: 'libvirt',
    value: { name: 'rack-one', driver: 'libvirt', ...value },
    labels: new Set(['small']),
    diskImages: new Set(['debian']),
    clouds: { lookUp: () => ({ kind: 'unreadable', problem: 'none' }) },
  };
  const config = new LibvirtDriverSchema().parse(section, {
    report: (path, message) => void problems.push(`${path.join('.')}: ${message}`),
  });
  return { config, problems };
}

const pool = (change: Record<string, unknown>, label: Record<string, unknown> = {}): Record<string, unknown> => ({
  diskimages: [{ name: 'debian', 'config-drive': 'nocloud' }],
  pools: [{ name: 'main', ...change, labels: [{ name: 'small', diskimage: 'debian', ...label }] }],
});

describe('sections of the driver libvirt', () => {
  it('read every key of the specification', () => {
    const { config, problems } = read({
      ...pool(
        { 'max-servers': 4, network: { user: { address: '127.0.0.1' } } },
        { cpus: 2, memory: 2048, disk: 20, userdata: 'x', 'console-log': true, 'boot-timeout': 120 },
      ),
      uri: 'qemu+ssh://root@host/system',
      'storage-pool': 'nodepool',
      virtualization: 'qemu',
      'ssh-authorized-keys': ['ssh-ed25519 AAAA me'],
      reserve: { cores: 1, ram: 512, disk: 10 },
      'cores-ratio': 1.5,
    });
    expect(problems).toEqual([]);
    expect(config.settings).toEqual({
      uri: 'qemu+ssh://root@host/system',
      storagePool: 'nodepool',
      virtualization: 'qemu',
      reserve: { cores: 1, ram: 512, disk: 10 },
      coresRatio: 1.5,
      sshAuthorizedKeys: ['ssh-ed25519 AAAA me'],
      configDrives: { debian: 'nocloud' },
    });
    const main = config.pools.get('main');
    expect(main?.settings).toEqual({
      network: { kind: 'user', address: '127.0.0.1', ports: { first: 22_000, last: 31_999 }, restrict: false },
    });
    expect(main?.labels.get('small')).toMatchObject({
      consoleLog: true,
      bootTimeout: 120,
      settings: { cpus: 2, memory: 2048, disk: 20, userdata: 'x' },
    });
  });

  it.each([
    [pool({ network: { bridge: '' } }), 'pools.0.network.bridge: expected str (a string)'],
    [
      pool({ network: { user: { address: 'localhost' } } }),
      'pools.0.network.user.address: expected an IPv4 address of the host',
    ],
    [
      pool({ network: { user: { ports: '9-1' } } }),
      'pools.0.network.user.ports: expected two ports, as in 22000-22999',
    ],
    [pool({}, { cpus: 0 }), 'pools.0.labels.0.cpus: expected 1 or more'],
    [{ uri: '--evil' }, 'uri: expected a connection URI'],
    [{ virtualization: 'xen' }, 'virtualization: expected one of auto, kvm, qemu'],
    [
      { 'ssh-authorized-keys': ['-----BEGIN OPENSSH PRIVATE KEY-----'] },
      'ssh-authorized-keys.0: expected a public key',
    ],
    [{ reserve: { ram: -1 } }, 'reserve.ram: expected 0 or more'],
    [{ 'image-format': 'vhd' }, 'image-format: expected one of qcow2, raw'],
  ])('name what is wrong: %j', (value, problem) => {
    expect(read(value).problems).toContain(problem);
  });

  it.each([
    ['default', { kind: 'network', name: 'default' }],
    [{ bridge: 'br0' }, { kind: 'bridge', name: 'br0' }],
  ])('know networks and bridges: %j', (network, expected) => {
    expect(read(pool({ network })).config.pools.get('main')?.settings).toEqual({ network: expected });
  });
});
