/** Settings of providers, pools and labels of the driver `libvirt` (docs/spec/libvirt.md). */
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from './config.js';

export const LIBVIRT_DRIVER = 'libvirt';

/** How a machine learns its name and keys: a disk with files that its image reads at boot. */
export type ConfigDriveFormat = 'config-2' | 'nocloud' | 'none';

export type Virtualization = 'auto' | 'kvm' | 'qemu';

export type LibvirtProviderSettings = {
  /** libvirt's connection URI. */
  readonly uri: string;
  /** A directory pool of the host. */
  readonly storagePool: string;
  readonly virtualization: Virtualization;
  /** What Nodepool leaves to the host: cores, ram (MiB), disk (GiB). */
  readonly reserve: { readonly cores: number; readonly ram: number; readonly disk: number };
  /** Virtual cores per core of the host. */
  readonly coresRatio: number;
  /** Public keys, each a line as in `authorized_keys`. */
  readonly sshAuthorizedKeys: readonly string[];
  /** By the image's name as labels refer to it; images that are not here have the usual one. */
  readonly configDrives: Readonly<Record<string, ConfigDriveFormat>>;
};

export const DEFAULT_CONFIG_DRIVE: ConfigDriveFormat = 'config-2';

export type LibvirtNetwork =
  | { readonly kind: 'network'; readonly name: string }
  | { readonly kind: 'bridge'; readonly name: string }
  /** QEMU's own network: nothing of the host's is touched, and one port is forwarded to the machine. */
  | {
      readonly kind: 'user';
      /** IPv4 address of the host on which the forwarded ports are. */
      readonly address: string;
      readonly ports: PortRange;
      /** The machine reaches nobody; it is still reached by the forwarded port. */
      readonly restrict: boolean;
    };

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Below the ports that Linux gives to outgoing connections. */
export const DEFAULT_PORTS: PortRange = { first: 22_000, last: 31_999 };

export type LibvirtPoolSettings = { readonly network: LibvirtNetwork };

export type LibvirtLabelSettings = {
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  /** GiB; null = the image's own size. */
  readonly disk: number | null;
  readonly userdata: string | null;
};

/** Valid for providers that the libvirt schema has read. */
export function libvirtProviderSettings(provider: ProviderConfig): LibvirtProviderSettings {
  return provider.settings as LibvirtProviderSettings;
}

export function libvirtPoolSettings(pool: PoolConfig): LibvirtPoolSettings {
  return pool.settings as LibvirtPoolSettings;
}

export function libvirtLabelSettings(label: PoolLabelConfig): LibvirtLabelSettings {
  return label.settings as LibvirtLabelSettings;
}
