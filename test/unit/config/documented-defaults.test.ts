import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { KeyNote } from '../../../src/adapters/config-yaml/reference/key-notes.js';
import { NOTES } from '../../../src/adapters/config-yaml/reference/notes.js';
import { load } from './config-harness.js';

const BASE = `
webapp: {}
zookeeper-servers: [{host: zk}]
labels: [{name: small}]
diskimages: [{name: debian}]
tenant-resource-limits: []
providers:
  - name: north
    driver: openstack
    cloud: one
    diskimages: [{name: debian}]
    cloud-images: [{name: vendor}]
    pools: [{name: main, labels: [{name: small, diskimage: debian, flavor-name: m1}]}]
  - name: implicit
    cloud: one
  - name: rack
    driver: static
    pools: [{name: main, nodes: [{name: box, labels: [small]}]}]
  - name: host
    driver: libvirt
    uri: qemu:///system
    reserve: {}
    diskimages: [{name: debian}]
    cloud-images: [{name: volume}]
    pools: [{name: main, labels: [{name: small, diskimage: debian}]}]
lease-api: {}
`;

/** Who may lease: read from the secure file. */
const SECURE_BASE = `lease-tokens: [{name: team, sha256: "${'0'.repeat(64)}"}]`;

/** Where a section stands in the base. */
const PLACES: Readonly<Record<string, readonly (string | number)[]>> = {
  TopLevelSchema: [],
  WebappSchema: ['webapp'],
  ZooKeeperServerSchema: ['zookeeper-servers', 0],
  StoreSchema: ['store'],
  LabelSchema: ['labels', 0],
  DiskImageSchema: ['diskimages', 0],
  ProviderSchema: ['providers', 1],
  PoolSchema: ['providers', 0, 'pools', 0],
  OpenStackProviderSchema: ['providers', 0],
  ConnectionSchema: ['providers', 0, 'diskimages', 0],
  ProviderImageSchema: ['providers', 0, 'diskimages', 0],
  CloudImageSchema: ['providers', 0, 'cloud-images', 0],
  OpenStackPoolSchema: ['providers', 0, 'pools', 0],
  OpenStackLabelSchema: ['providers', 0, 'pools', 0, 'labels', 0],
  StaticNodeSchema: ['providers', 2, 'pools', 0, 'nodes', 0],
  LibvirtProviderSchema: ['providers', 3],
  ReserveSchema: ['providers', 3, 'reserve'],
  LibvirtImageSchema: ['providers', 3, 'diskimages', 0],
  LibvirtCloudImageSchema: ['providers', 3, 'cloud-images', 0],
  LibvirtPoolSchema: ['providers', 3, 'pools', 0],
  LibvirtLabelSchema: ['providers', 3, 'pools', 0, 'labels', 0],
  LeaseApiSchema: ['lease-api'],
  LeaseTokenSchema: ['lease-tokens', 0],
};

const documented = [...NOTES].flatMap(([section, notes]) =>
  Object.entries(notes).flatMap(([key, note]) =>
    note.default === undefined ? [] : [{ section: section.name, key, value: note.default }],
  ),
);

interface Files {
  readonly main: object;
  readonly secure: object;
}

function filesFor(section: string): Files {
  const main = parse(BASE) as object;
  if (section === 'StoreSchema')
    Object.assign(main, { 'zookeeper-servers': undefined, store: { directory: '/store' } });
  return { main, secure: parse(SECURE_BASE) as object };
}

function loadFiles({ main, secure }: Files): Promise<unknown> {
  return load(stringify(main), { secure: stringify(secure) });
}

async function withKey(section: string, key: string, value: unknown): Promise<unknown> {
  const place = PLACES[section];
  if (!place) throw new Error(`where is ${section}?`);
  const files = filesFor(section);
  let here = (section === 'LeaseTokenSchema' ? files.secure : files.main) as Record<string | number, unknown>;
  for (const step of place) here = here[step] as Record<string | number, unknown>;
  here[key] = value;
  return loadFiles(files);
}

function different(value: NonNullable<KeyNote['default']>): string | number | boolean {
  if (typeof value === 'boolean') return !value;
  return typeof value === 'number' ? value + 7 : `${value}x`;
}

describe('defaults in the reference', () => {
  it('are many', () => {
    expect(documented.length).toBeGreaterThan(35);
  });

  it.each(documented)('$section $key: $value is what counts without the key', async ({ section, key, value }) => {
    expect(await withKey(section, key, value)).toEqual(await loadFiles(filesFor(section)));
  });

  it.each(documented)('$section $key: something else makes a difference', async ({ section, key, value }) => {
    const loaded = await withKey(section, key, different(value)).catch(() => 'refused');
    expect(loaded).not.toEqual(await loadFiles(filesFor(section)));
  });
});
