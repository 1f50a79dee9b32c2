import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readYaml } from '../../../src/adapters/config-yaml/yaml-document.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FileCloudDirectory } from '../../../src/adapters/openstack/clouds/cloud-directory.js';
import { CLOSED_VENDORS, VENDOR_PROFILES } from '../../../src/adapters/openstack/clouds/vendor-profiles.js';
import { MemoryFiles } from '../config/config-harness.js';
import { DOCUMENTS, document, fencedBlocks, quotedIn, ROOT, sections, tableRows } from './documents.js';

interface Example {
  readonly cloud: string;
  readonly region: string | null;
  readonly clouds: string;
  readonly secure: string;
}

/** Each cloud of each example, with the `secure.yaml` that follows it. */
const examples = DOCUMENTS.flatMap((page) => {
  const blocks = fencedBlocks(page).map(({ text }) => text);
  return blocks.flatMap((clouds, index): Example[] => {
    if (!clouds.startsWith('# clouds.yaml\n')) return [];
    const next = blocks[index + 1] ?? '';
    const secure = next.startsWith('# secure.yaml\n') ? next : '';
    const entries = (parse(clouds) as { clouds: Record<string, { regions?: (string | { name: string })[] }> }).clouds;
    return Object.entries(entries).flatMap(([cloud, { regions = [] }]) =>
      [null, ...regions.map((region) => (typeof region === 'string' ? region : region.name))].map((region) => ({
        cloud,
        region,
        clouds,
        secure,
      })),
    );
  });
});

const parts = sections(document('docs/reference/configuration.md'));
const keysOf = (heading: string): readonly string[] =>
  tableRows(parts.get(heading) ?? '').flatMap(([key = '']) => quotedIn(key));
const code = [
  'build-cloud-access',
  'cloud-auth',
  'cloud-networks',
  'cloud-profile',
  'cloud-regions',
  'cloud-services',
  'clouds',
]
  .map((name) => readFileSync(path.join(ROOT, 'src/adapters/openstack/clouds', `${name}.ts`), 'utf8'))
  .join('\n');

describe('what the documents say of clouds.yaml', () => {
  it.each(examples)('the example $cloud in region $region can be used', async ({ cloud, region, clouds, secure }) => {
    const files = new MemoryFiles();
    files.write('/etc/openstack/clouds.yaml', clouds);
    files.write('/etc/openstack/secure.yaml', secure);
    const directory = new FileCloudDirectory({ files, env: {}, cwd: '/', home: '/root', readYaml });
    await expect(directory.access(cloud, region)).resolves.toMatchObject({ name: cloud });
  });

  it('examples are some', () => {
    expect(examples.length).toBeGreaterThan(4);
  });

  it.each(['clouds.yaml', 'clouds.yaml auth', 'clouds.yaml networks'])(
    '%s: every key is one that is read',
    (heading) => {
      const keys = keysOf(heading);
      expect(keys.length).toBeGreaterThan(5);
      const isRead = (key: string): boolean =>
        new RegExp(`['"]${key}['"]`).test(code) ||
        (/_(id|name)$/.test(key) && code.includes(key.replace(/_(id|name)$/, '')));
      expect(keys.filter((key) => !isRead(key))).toEqual([]);
    },
  );

  it('every key that is read is described', () => {
    const described = ['clouds.yaml', 'clouds.yaml auth', 'clouds.yaml networks'].map((name) => parts.get(name)).join();
    const calls = code.matchAll(
      /(?:reader|entry|auth|client|own|shared)\.(?:text|secret|boolean|seconds|source|texts|list|map)\(([^)]*)\)/g,
    );
    const keys = [...calls].flatMap(([, given = '']) =>
      [...given.matchAll(/'([a-z0-9_]+)'/g)].map(([, key]) => key ?? ''),
    );
    expect(keys.length).toBeGreaterThan(40);
    // Old names of old names.
    const silent = ['url', 'user_name', 'broken_ipv6', 'auth_plugin'];
    expect(keys.filter((key) => !silent.includes(key) && !described.includes(key))).toEqual([]);
  });

  it('every vendor is named, and no other', () => {
    const named = quotedIn(parts.get('clouds.yaml vendors')?.split('\n\n').at(-2) ?? '');
    expect(named).toEqual(Object.keys(VENDOR_PROFILES));
    expect(CLOSED_VENDORS.filter((vendor) => vendor in VENDOR_PROFILES)).toEqual([]);
  });
});
