import type { PoolLabelConfig } from '../../domain/config/config.js';
import { openStackLabelSettings } from '../../domain/config/openstack.js';
import type { OpenStackLabelSettings } from '../../domain/config/openstack.js';
import type { Resources } from '../../domain/model/quota.js';
import { chooseFlavor } from './fake-flavor.js';
import type { FakeFlavor } from './fake-flavor.js';

const DEFAULT_VOLUME_GB = 50;
const IPV6_NETWORK = 'fake-ipv6-network-name';

/** @throws ProviderError kind `configuration` when no flavor fits the label */
export function labelFlavor(flavors: readonly FakeFlavor[], label: PoolLabelConfig): FakeFlavor {
  const { minRam = 0, flavorName = null } = settingsOf(label);
  return chooseFlavor(flavors, { minRam, flavorName });
}

/** One instance with its flavor's cores and memory, and its volume if it boots from one (spec LAUNCHER 2.10). */
export function labelResources(flavor: FakeFlavor, label: PoolLabelConfig): Resources {
  const resources = { instances: 1, cores: flavor.cores, ram: flavor.ram };
  const { bootFromVolume = false, volumeSize = DEFAULT_VOLUME_GB } = settingsOf(label);
  return bootFromVolume ? { ...resources, volumes: 1, 'volume-gb': volumeSize } : resources;
}

export interface FakeAddresses {
  readonly interfaceIp: string;
  readonly publicIpv4: string | null;
  readonly privateIpv4: string;
  readonly publicIpv6: string | null;
}

/** The addresses a server of the label gets (spec BUILDER 6.14). */
export function labelAddresses(label: PoolLabelConfig): FakeAddresses {
  const { networks = [], autoFloatingIp = true } = settingsOf(label);
  const publicIpv6 = networks.includes(IPV6_NETWORK) ? 'fake_v6' : null;
  return {
    interfaceIp: publicIpv6 ?? 'fake',
    publicIpv4: autoFloatingIp ? 'fake' : null,
    privateIpv4: 'fake',
    publicIpv6,
  };
}

/** Whoever uses the fake cloud without a configuration file may leave everything to the defaults. */
function settingsOf(label: PoolLabelConfig): Partial<OpenStackLabelSettings> {
  return openStackLabelSettings(label);
}
