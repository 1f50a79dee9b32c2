import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editorSchema } from '../../../src/adapters/config-yaml/reference/editor-schema.js';
import { NOTES } from '../../../src/adapters/config-yaml/reference/notes.js';
import { fillReferencePage, sectionsOn } from '../../../src/adapters/config-yaml/reference/reference-page.js';
import { ownSchemaKeys, schemaKeys, type SectionClass } from '../../../src/adapters/config-yaml/schema-key.js';
import { LibvirtProviderSchema } from '../../../src/adapters/config-yaml/schemas/libvirt.schema.js';
import { FakeProviderSchema } from '../../../src/adapters/config-yaml/schemas/openstack.schema.js';
import { StaticProviderSchema } from '../../../src/adapters/config-yaml/schemas/static.schema.js';
import { SecureSchema, TopLevelSchema } from '../../../src/adapters/config-yaml/schemas/top-level.schema.js';
import { EXEC_SCHEMA } from '../../../src/domain/config/exec-driver.js';
import { document, quotedIn, ROOT, sections, tableRows } from './documents.js';

const FILE = 'docs/reference/configuration.md';
const page = document(FILE);
const parts = sections(page);
const described = (heading: string): readonly string[] =>
  tableRows(parts.get(heading) ?? '').flatMap(([key = '']) => quotedIn(key));

/** Every section of the configuration, found from the top and from the drivers. */
function allSections(): ReadonlySet<SectionClass> {
  const found = new Set<SectionClass>();
  const visit = (section: SectionClass): void => {
    if (found.has(section) || ownSchemaKeys(section).length + schemaKeys(section).size === 0) return;
    found.add(section);
    const parent: unknown = Object.getPrototypeOf(section);
    if (typeof parent === 'function' && parent !== Function.prototype) visit(parent as SectionClass);
    for (const { nested } of schemaKeys(section).values()) if (nested) visit(nested.section());
  };
  [TopLevelSchema, SecureSchema, FakeProviderSchema, StaticProviderSchema, LibvirtProviderSchema].forEach(visit);
  return found;
}

describe('the reference of the configuration', () => {
  it('is what the generator makes of it (npm run generate:reference)', () => {
    expect(page.text).toBe(fillReferencePage(page.text));
  });

  it('has a JSON Schema for editors beside it, also generated', () => {
    expect(document('docs/reference/nodepool.schema.json').text).toBe(`${JSON.stringify(editorSchema(), null, 2)}\n`);
  });

  it('shows the keys of every section', () => {
    const shown = sectionsOn(page.text);
    expect([...allSections()].map(({ name }) => name).filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('has a note about every key, and about none that is not there', () => {
    for (const section of allSections()) {
      const keys = ownSchemaKeys(section).map(({ name }) => name);
      expect(Object.keys(NOTES.get(section) ?? {}).sort(), section.name).toEqual([...keys].sort());
    }
  });

  it('describes the keys of exec', () => {
    const keys = Object.entries({ ...EXEC_SCHEMA.provider, ...EXEC_SCHEMA.pool, ...EXEC_SCHEMA.label });
    expect([...described('exec')].sort()).toEqual(keys.map(([key]) => key).sort());
    for (const [key, { required }] of keys) {
      const row = tableRows(parts.get('exec') ?? '').find(([cell = '']) => quotedIn(cell).includes(key));
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
