import type { PoolConfig, ProviderConfig } from '../../domain/config/config.js';
import type { LibvirtProviderSettings } from '../../domain/config/libvirt.js';
import { DEFAULT_CONFIG_DRIVE, libvirtPoolSettings } from '../../domain/config/libvirt.js';
import type { ConfigDriveFormat } from '../../domain/config/libvirt.js';
import type { PoolLabelConfig } from '../../domain/config/config.js';
import type { DriverContext } from '../../ports/compute/driver.js';
import type { Domains } from './domains.js';
import type { Forwards } from './forwards.js';
import type { Host } from './host.js';
import type { IsoMaker } from './iso-maker.js';
import type { Owner } from './names.js';
import type { Storage } from './storage.js';
import type { Turns } from './turns.js';
import type { Virsh } from './virsh/virsh.js';

/** One provider's host, and what works on it. */
export interface LibvirtContext {
  readonly config: ProviderConfig;
  readonly settings: LibvirtProviderSettings;
  readonly driverContext: DriverContext;
  readonly virsh: Virsh;
  readonly host: Host;
  readonly storage: Storage;
  readonly domains: Domains;
  readonly forwards: Forwards;
  readonly isos: IsoMaker;
  /** Of machines by their UUIDs. */
  readonly turns: Turns;
}

/** Who our machines belong to. @param known the id in their metadata, else the context's word counts */
export function ownerOf({ config, driverContext }: LibvirtContext, known?: string): Owner {
  return { installation: known ?? driverContext.installation?.() ?? '', provider: config.name };
}

export function driveFormatOf({ configDrives }: LibvirtProviderSettings, label: PoolLabelConfig): ConfigDriveFormat {
  if (!('name' in label.image)) return 'none';
  return configDrives[label.image.name] ?? DEFAULT_CONFIG_DRIVE;
}

/** The port of the machine that connections go to. */
export function guestPortOf(config: ProviderConfig, { image }: PoolLabelConfig): number {
  if (!('name' in image)) return 22;
  const images = image.kind === 'diskimage' ? config.diskImages : config.cloudImages;
  return images.get(image.name)?.connectionPort ?? 22;
}

/** Names of libvirt networks that the pools want. */
export function networksOf(pools: Iterable<PoolConfig>): ReadonlySet<string> {
  const networks = [...pools].map((pool) => libvirtPoolSettings(pool).network);
  return new Set(networks.flatMap((network) => (network.kind === 'network' ? [network.name] : [])));
}
