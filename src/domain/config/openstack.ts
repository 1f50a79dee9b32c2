/** Settings of providers, pools and labels of the OpenStack driver, and of the fake driver, which shares its schema (spec BUILDER 1.6). */
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from './config.js';

export type OpenStackProviderSettings = {
  /** Entry of `clouds.yaml`; null only for the fake driver. */
  readonly cloud: string | null;
  readonly regionName: string | null;
  /** Seconds between API calls; 0 = no limit. */
  readonly rate: number;
  readonly cleanFloatingIps: boolean;
  /** Seconds between looks for abandoned ports; 0 = never. */
  readonly portCleanupInterval: number;
  /** Changes with the cloud's settings in `clouds.yaml`, so that the provider counts as changed; empty when there are none. */
  readonly cloudFingerprint: string;
  /** Knobs of the fake driver, as written; empty for others. */
  readonly fake: Readonly<Record<string, unknown>>;
};

export type OpenStackPoolSettings = {
  /** Names or ids. */
  readonly networks: readonly string[];
  readonly securityGroups: readonly string[];
  readonly autoFloatingIp: boolean;
};

export type OpenStackLabelSettings = {
  /** MiB; 0 = any. */
  readonly minRam: number;
  /** Alone: exact name or id. With `minRam`: part of the name. */
  readonly flavorName: string | null;
  readonly keyName: string | null;
  readonly bootFromVolume: boolean;
  /** GB. */
  readonly volumeSize: number;
  readonly userdata: string | null;
  /** The label's own, else the pool's. */
  readonly networks: readonly string[];
  readonly securityGroups: readonly string[];
  readonly autoFloatingIp: boolean;
};

/** Valid for providers that the OpenStack schema has read: drivers `openstack` and `fake`. */
export function openStackProviderSettings(provider: ProviderConfig): OpenStackProviderSettings {
  return provider.settings as OpenStackProviderSettings;
}

export function openStackPoolSettings(pool: PoolConfig): OpenStackPoolSettings {
  return pool.settings as OpenStackPoolSettings;
}

export function openStackLabelSettings(label: PoolLabelConfig): OpenStackLabelSettings {
  return label.settings as OpenStackLabelSettings;
}
