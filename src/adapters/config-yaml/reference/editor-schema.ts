/**
 * The JSON Schema of nodepool.yaml, for editors: what they can know without looking into other files. Stricter than the daemons, as
 * `config-validate` is.
 */
import { schemaKeys, type SchemaKey, type SectionClass } from '../schema-key.js';
import {
  CloudImageSchema,
  FakeProviderSchema,
  OpenStackLabelSchema,
  OpenStackProviderSchema,
} from '../schemas/openstack.schema.js';
import { LibvirtCloudImageSchema, LibvirtLabelSchema, LibvirtProviderSchema } from '../schemas/libvirt.schema.js';
import { StaticProviderSchema } from '../schemas/static.schema.js';
import { TopLevelSchema } from '../schemas/top-level.schema.js';
import { integer, text, type JsonSchema } from '../value-kinds.js';
import type { KeyNote } from './key-notes.js';
import { NOTES } from './notes.js';

const exactlyOne = (...keys: readonly string[]): JsonSchema => ({ oneOf: keys.map((key) => ({ required: [key] })) });
const atLeastOne = (...keys: readonly string[]): JsonSchema => ({ anyOf: keys.map((key) => ({ required: [key] })) });
const notBoth = (...keys: readonly string[]): JsonSchema => ({ not: { required: keys } });

/** What sections demand of their keys together; found by the drivers' schemas when they read them. */
const RULES: ReadonlyMap<SectionClass, JsonSchema> = new Map<SectionClass, JsonSchema>([
  [OpenStackProviderSchema, { required: ['cloud'] }],
  [FakeProviderSchema, { required: ['cloud'] }],
  [CloudImageSchema, { allOf: [notBoth('image-id', 'image-name')] }],
  [LibvirtCloudImageSchema, { allOf: [notBoth('image-id', 'image-name')] }],
  [LibvirtLabelSchema, { allOf: [exactlyOne('diskimage', 'cloud-image')] }],
  [OpenStackLabelSchema, { allOf: [exactlyOne('diskimage', 'cloud-image'), atLeastOne('min-ram', 'flavor-name')] }],
]);

const TENANTS: JsonSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['tenant-name'],
    properties: { 'tenant-name': text.schema },
    additionalProperties: integer.schema,
  },
};

const DRIVERS: Readonly<Record<string, SectionClass>> = {
  openstack: OpenStackProviderSchema,
  static: StaticProviderSchema,
  libvirt: LibvirtProviderSchema,
  fake: FakeProviderSchema,
};

export function editorSchema(): JsonSchema {
  const definitions = new Map<string, JsonSchema>();
  const top = sectionSchema(TopLevelSchema, definitions);
  const properties = top['properties'] as Readonly<Record<string, JsonSchema>>;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'nodepool.yaml',
    ...top,
    properties: {
      ...properties,
      providers: { ...properties['providers'], ...providersSchema(definitions) },
      'tenant-resource-limits': { ...properties['tenant-resource-limits'], ...TENANTS },
    },
    definitions: Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** A name that begins with `fake` makes a fake provider. Drivers that we do not know are plug-ins, and check their sections themselves. */
function providersSchema(definitions: Map<string, JsonSchema>): JsonSchema {
  const is = (driver: string): JsonSchema => ({ required: ['driver'], properties: { driver: { const: driver } } });
  const byDriver = Object.entries(DRIVERS).map(([driver, section]) => ({
    if: driver === 'openstack' ? { anyOf: [is(driver), { not: { required: ['driver'] } }] } : is(driver),
    then: reference(section, definitions),
  }));
  return {
    type: 'array',
    items: {
      type: 'object',
      required: ['name'],
      properties: { name: text.schema, driver: text.schema },
      if: { properties: { name: { type: 'string', pattern: '^fake' } } },
      then: reference(FakeProviderSchema, definitions),
      else: { allOf: byDriver },
    },
  };
}

function reference(section: SectionClass, definitions: Map<string, JsonSchema>): JsonSchema {
  const name = section.name.replace(/Schema$/, '');
  if (!definitions.has(name)) {
    // Before its parts: they may refer to it.
    definitions.set(name, {});
    definitions.set(name, sectionSchema(section, definitions));
  }
  return { $ref: `#/definitions/${name}` };
}

function sectionSchema(section: SectionClass, definitions: Map<string, JsonSchema>): JsonSchema {
  const keys = [...schemaKeys(section).values()];
  const { required: further = [], ...rules } = RULES.get(section) ?? {};
  const required = [...keys.filter((key) => key.required).map(({ name }) => name), ...(further as readonly string[])];
  return {
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(keys.map((key) => [key.name, keySchema(section, key, definitions)])),
    additionalProperties: false,
    ...rules,
  };
}

function keySchema(section: SectionClass, key: SchemaKey, definitions: Map<string, JsonSchema>): JsonSchema {
  const note = noteOf(section, key.name);
  const described = {
    ...(note?.note ? { description: plain(note.note) } : {}),
    ...(note?.default === undefined ? {} : { default: note.default }),
  };
  if (!key.nested) return { ...key.kind?.schema, ...described };
  const nested = reference(key.nested.section(), definitions);
  // Beside $ref a description would be ignored.
  return key.nested.list ? { type: 'array', items: nested, ...described } : { allOf: [nested], ...described };
}

/** The note may stand with a section above. */
function noteOf(section: SectionClass, key: string): KeyNote | undefined {
  for (let level: unknown = section; typeof level === 'function'; level = Object.getPrototypeOf(level)) {
    const note = NOTES.get(level as SectionClass)?.[key];
    if (note) return note;
  }
  return undefined;
}

function plain(note: string): string {
  return note.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
}
