import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXEC_SCHEMA } from '../../../src/domain/config/exec-driver.js';
import { document, quotedIn, ROOT, sections, tableRows } from './documents.js';

const SCHEMAS = path.join(ROOT, 'src/adapters/config-yaml/schemas');

/** Where the reference describes the keys of a class of the schema. */
const HEADINGS: Readonly<Record<string, readonly string[]>> = {
  TopLevelSchema: ['Top level'],
  WebappSchema: ['webapp'],
  ZooKeeperServerSchema: ['zookeeper-servers'],
  ZooKeeperTlsSchema: ['zookeeper-tls'],
  LabelSchema: ['labels'],
  DiskImageSchema: ['diskimages'],
  ProviderSchema: ['providers'],
  PoolSchema: ['Pools'],
  OpenStackProviderSchema: ['openstack'],
  ProviderImageSchema: ['openstack diskimages'],
  CloudImageSchema: ['openstack cloud-images'],
  ConnectionSchema: ['openstack diskimages', 'openstack cloud-images'],
  OpenStackPoolSchema: ['openstack pools'],
  OpenStackLabelSchema: ['openstack labels'],
  FakeProviderSchema: ['fake'],
  StaticProviderSchema: ['static'],
  StaticPoolSchema: ['static'],
  StaticNodeSchema: ['static nodes'],
  PluginProviderSchema: ['plug-ins'],
  PluginPoolSchema: ['plug-in pools'],
  PluginLabelSchema: ['plug-in labels'],
  SecureSchema: ['Secure file'],
  SecureDiskImageSchema: ['Secure diskimages'],
};

const schemaText = readdirSync(SCHEMAS)
  .map((name) => readFileSync(path.join(SCHEMAS, name), 'utf8'))
  .join('\n');
const classes = [...schemaText.matchAll(/^(?:export )?class (\w+)[^{]*\{([\s\S]*?)^\}/gm)].map(([, name, body]) => ({
  name: name ?? '',
  keys: [...(body ?? '').matchAll(/@(Key|RequiredKey|Section|SectionList)\('([^']+)'/g)].map(([, kind, key]) => ({
    key: key ?? '',
    required: kind === 'RequiredKey',
  })),
}));

const parts = sections(document('docs/reference/configuration.md'));
const rows = (heading: string): readonly (readonly string[])[] => tableRows(parts.get(heading) ?? '');
const described = (heading: string): readonly string[] => rows(heading).flatMap(([key = '']) => quotedIn(key));

describe('the reference of the configuration', () => {
  it.each(classes)('describes the keys of $name', ({ name, keys }) => {
    expect(HEADINGS[name], `no section for ${name}`).toBeDefined();
    for (const heading of HEADINGS[name] ?? []) {
      expect(described(heading)).toEqual(expect.arrayContaining(keys.map(({ key }) => key)));
      for (const { key, required } of keys) {
        const row = rows(heading).find(([cell = '']) => quotedIn(cell).includes(key));
        if (required) expect(row?.[2], `${heading}: ${key}`).toBe('required');
      }
    }
  });

  it('describes no keys that are not there', () => {
    for (const heading of new Set(Object.values(HEADINGS).flat())) {
      const known = classes.filter(({ name }) => HEADINGS[name]?.includes(heading)).flatMap(({ keys }) => keys);
      const unknown = described(heading).filter((key) => !known.some((candidate) => candidate.key === key));
      expect(unknown, heading).toEqual([]);
    }
  });

  it('describes the keys of exec', () => {
    const keys = Object.entries({ ...EXEC_SCHEMA.provider, ...EXEC_SCHEMA.pool, ...EXEC_SCHEMA.label });
    expect([...described('exec')].sort()).toEqual(keys.map(([key]) => key).sort());
    for (const [key, { required }] of keys) {
      const row = rows('exec').find(([cell = '']) => quotedIn(cell).includes(key));
      expect(row?.[2] === 'required', key).toBe(required === true);
    }
  });

  it('names every knob of the fake cloud', () => {
    const source = readFileSync(path.join(ROOT, 'src/adapters/fake-cloud/fake-settings.ts'), 'utf8');
    const knobs = [
      ...source.matchAll(
        /reader\s*\.(?:duration|amounts|texts|each|oneOf|number|probability|boolean|text)\('([a-z-]+)'/g,
      ),
    ];
    expect(knobs.length).toBeGreaterThan(15);
    const named = quotedIn(parts.get('fake') ?? '');
    expect(knobs.map(([, key]) => key).filter((key) => !named.includes(key ?? ''))).toEqual([]);
  });

  it('names every limit of tenants', () => {
    const source = readFileSync(path.join(ROOT, 'src/adapters/config-yaml/build-tenant-limits.ts'), 'utf8');
    const keys = [...source.matchAll(/'((?:max|tenant)-[a-z-]+)'/g)].map(([, key]) => key);
    expect(described('tenant-resource-limits')).toEqual(expect.arrayContaining([...new Set(keys)]));
  });
});
