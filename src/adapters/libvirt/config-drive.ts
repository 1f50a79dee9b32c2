/** The files that tell a machine who it is, in the two formats that images read. */
import type { ConfigDriveFormat } from '../../domain/config/libvirt.js';

export interface DriveContents {
  readonly uuid: string;
  readonly hostname: string;
  readonly authorizedKeys: readonly string[];
  readonly userdata: string | null;
  readonly mac: string;
  /** Of the instance, for scripts inside. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ConfigDrive {
  /** By which images find it. */
  readonly volumeLabel: string;
  readonly files: ReadonlyMap<string, string>;
}

export function configDrive(format: Exclude<ConfigDriveFormat, 'none'>, contents: DriveContents): ConfigDrive {
  return format === 'nocloud' ? noCloud(contents) : openStack(contents);
}

/** OpenStack's layout, as glean and cloud-init read it. */
function openStack({ uuid, hostname, authorizedKeys, userdata, mac, metadata }: DriveContents): ConfigDrive {
  const keys = authorizedKeys.map((key, index) => [`key-${index}`, `${key}\n`] as const);
  const metaData = {
    uuid,
    hostname,
    name: hostname,
    launch_index: 0,
    availability_zone: 'nova',
    public_keys: Object.fromEntries(keys),
    keys: keys.map(([name, data]) => ({ name, type: 'ssh', data })),
    meta: metadata,
  };
  const networkData = {
    links: [{ id: 'eth0', type: 'phy', ethernet_mac_address: mac }],
    networks: [{ id: 'network0', type: 'ipv4_dhcp', link: 'eth0' }],
    services: [],
  };
  const files = new Map<string, string>();
  // Old images look for a date, new ones for the latest.
  for (const version of ['latest', '2018-08-27']) {
    files.set(`openstack/${version}/meta_data.json`, JSON.stringify(metaData, null, 1));
    files.set(`openstack/${version}/network_data.json`, JSON.stringify(networkData, null, 1));
    if (userdata !== null) files.set(`openstack/${version}/user_data`, userdata);
  }
  return { volumeLabel: 'config-2', files };
}

/** cloud-init's own layout. JSON is YAML, so nothing needs quoting of its own. */
function noCloud({ uuid, hostname, authorizedKeys, userdata, mac }: DriveContents): ConfigDrive {
  const metaData = { 'instance-id': uuid, 'local-hostname': hostname, 'public-keys': authorizedKeys };
  const ethernet = { match: { macaddress: mac }, dhcp4: true };
  const network = { version: 2, ethernets: { eth0: ethernet } };
  return {
    volumeLabel: 'cidata',
    files: new Map([
      ['meta-data', `${JSON.stringify(metaData, null, 1)}\n`],
      ['user-data', userdata ?? '#cloud-config\n{}\n'],
      ['network-config', `${JSON.stringify(network, null, 1)}\n`],
    ]),
  };
}

/** Locally administered, with QEMU's prefix; the same for one machine whenever it is asked for. */
export function macOf(uuid: string): string {
  const [a, b, c] = [0, 2, 4].map((at) => uuid.slice(at, at + 2));
  return `52:54:00:${a}:${b}:${c}`;
}
