/** What a host offers to a first configuration. */
export interface HostFindings {
  /** Null: no libvirt answers here. */
  readonly libvirt: LibvirtFindings | null;
  /** Entries of clouds.yaml. */
  readonly clouds: readonly string[];
  /** A public key of the user; null = none was found. */
  readonly publicKey: string | null;
  readonly user: string;
  /** Where Nodepool is installed: its examples are there. */
  readonly installation: string;
}

export interface LibvirtFindings {
  readonly uri: string;
  /** Directory pools. */
  readonly pools: readonly string[];
  /** Active networks. */
  readonly networks: readonly string[];
}

export const SETUP_KINDS = ['libvirt', 'openstack', 'static', 'fake'] as const;

export type SetupKind = (typeof SETUP_KINDS)[number];

/** The best of what was found. */
export function chooseKind({ libvirt, clouds }: HostFindings): SetupKind {
  if (libvirt) return 'libvirt';
  return clouds.length > 0 ? 'openstack' : 'fake';
}

/** Files and folders of a first configuration, all absolute. */
export interface SetupPlaces {
  readonly images: string;
  readonly logs: string;
  readonly store: string;
}
