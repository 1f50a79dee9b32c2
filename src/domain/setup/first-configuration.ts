/** A first nodepool.yaml, commented, for what a host has. */
import type { HostFindings, SetupKind, SetupPlaces } from './findings.js';

export function firstConfiguration(kind: SetupKind, findings: HostFindings, places: SetupPlaces): string {
  const head = [
    `# A first configuration of Nodepool (nodepool init ${kind}). All keys: docs/reference/configuration.md`,
    `# Check it with: nodepool -c THIS_FILE config-validate; start it with: nodepool-standalone -d -c THIS_FILE -s SECURE_FILE`,
    '',
    `images-dir: ${quoted(places.images)} # built images, before they are uploaded`,
    `build-log-dir: ${quoted(places.logs)}`,
    ...(kind === 'libvirt'
      ? [`elements-dir: ${quoted(`${findings.installation}/examples/one-machine/elements`)}`]
      : []),
    'store:',
    `  directory: ${quoted(places.store)} # what Nodepool remembers; no ZooKeeper is needed`,
    'lease-api: # machines over HTTP; tokens are in the secure file',
    '  listen-address: 127.0.0.1',
    '  port: 8006',
    'webapp: # for a browser on this machine; it asks nobody who they are',
    '  listen_address: 127.0.0.1',
    '  port: 8005',
    '',
  ];
  return [...head, ...SECTIONS[kind](findings), ''].join('\n');
}

/** @param sha256 of the token's text, in hex */
export function firstSecureFile(holder: string, sha256: string): string {
  return [
    '# Who may ask for machines. The token itself is nowhere: it was shown once. Another one: nodepool token NAME',
    'lease-tokens:',
    `  - name: ${quoted(holder)}`,
    `    sha256: ${sha256}`,
    '    scopes: [lease, read, admin]',
    '',
  ].join('\n');
}

const SECTIONS: Readonly<Record<SetupKind, (findings: HostFindings) => readonly string[]>> = {
  libvirt,
  openstack,
  static: fixed,
  fake,
};

function libvirt({ libvirt: found, publicKey }: HostFindings): readonly string[] {
  const hasNetwork = found?.networks.includes('default') === true;
  return [
    'diskimages:',
    '  - name: tiny-vm # a small machine to try it out; a whole Debian: examples/one-machine/debian.yaml',
    '    dib-cmd: disk-image-create -n',
    '    elements: [tiny-vm]',
    "    env-vars: {DIB_IMAGE_SIZE: '1', DIB_JOURNAL_SIZE: '4', MKFS_OPTS: '-O ^64bit,^metadata_csum', TMPDIR: /var/tmp}",
    'labels:',
    '  - {name: tiny-vm, min-ready: 0}',
    'providers:',
    '  - name: this-host',
    '    driver: libvirt',
    `    uri: ${quoted(found?.uri ?? 'qemu:///system')}`,
    ...storagePool(found?.pools ?? []),
    ...authorizedKeys(publicKey),
    '    # reserve: {cores: 1, ram: 2048, disk: 20} # left to the host',
    '    diskimages: [{name: tiny-vm, config-drive: true}]',
    '    pools:',
    '      - name: main',
    '        max-servers: 2',
    hasNetwork
      ? '        network: default # or {bridge: br0}, or {user: {address: 127.0.0.1}}'
      : '        network: {user: {address: 127.0.0.1}} # SSH from a free port; or the name of a libvirt network',
    '        labels:',
    '          - {name: tiny-vm, diskimage: tiny-vm, cpus: 1, memory: 256, boot-timeout: 120, console-log: true}',
  ];
}

function storagePool(pools: readonly string[]): readonly string[] {
  const pool = ['nodepool', 'default'].find((name) => pools.includes(name)) ?? pools[0];
  if (pool !== undefined) return [`    storage-pool: ${quoted(pool)}`];
  return [
    '    # There is no directory pool yet: virsh pool-define-as nodepool dir --target /var/lib/nodepool/volumes;',
    '    # virsh pool-build nodepool; virsh pool-start nodepool; virsh pool-autostart nodepool',
    `    storage-pool: ${quoted('nodepool')}`,
  ];
}

function authorizedKeys(publicKey: string | null): readonly string[] {
  if (publicKey !== null) return [`    ssh-authorized-keys: [${quoted(publicKey)}]`];
  return [
    '    # Nobody gets in without a key: put the content of your ~/.ssh/id_ed25519.pub here.',
    '    ssh-authorized-keys: []',
  ];
}

function openstack({ clouds }: HostFindings): readonly string[] {
  const [first = 'mycloud', ...others] = clouds;
  return [
    'labels:',
    '  - {name: small, min-ready: 0}',
    'providers:',
    '  - name: cloud',
    '    driver: openstack',
    `    cloud: ${quoted(first)} # of clouds.yaml${others.length > 0 ? `; also there: ${others.map(quoted).join(', ')}` : ''}`,
    '    cloud-images: [{name: debian-12, username: debian}] # an image of the cloud',
    '    pools:',
    '      - name: main',
    '        max-servers: 2',
    '        labels:',
    '          - {name: small, cloud-image: debian-12, min-ram: 2048} # the smallest flavor with so much memory',
  ];
}

function fixed({ user }: HostFindings): readonly string[] {
  return [
    'labels:',
    '  - {name: this-machine}',
    'providers:',
    '  - name: machines',
    '    driver: static',
    '    pools:',
    '      - name: main',
    '        nodes:',
    '          # Machines that are there already; with host-key and host-key-checking: true they are looked at before each use.',
    `          - {name: 127.0.0.1, labels: this-machine, username: ${quoted(user)}, host-key-checking: false}`,
  ];
}

function fake(): readonly string[] {
  return [
    'labels:',
    '  - {name: small, min-ready: 1}',
    'providers:',
    '  - name: fake-cloud # a cloud in memory: everything works, but there are no machines',
    '    driver: fake',
    '    cloud: fake',
    '    cloud-images: [{name: debian-12}]',
    '    pools:',
    '      - name: main',
    '        max-servers: 4',
    '        labels:',
    '          - {name: small, cloud-image: debian-12, min-ram: 1024}',
  ];
}

/** A YAML text in double quotes, whatever it holds. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
