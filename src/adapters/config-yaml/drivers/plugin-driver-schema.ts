import type { LabelImage, PoolConfig, PoolLabelConfig, ProviderConfig } from '../../../domain/config/config.js';
import type { DriverConfigSchema, KeyDescription, PoolLimitKey } from '../../../domain/config/driver-config-schema.js';
import type { DriverSchema, ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import { HOSTNAME_FIELDS, IMAGE_NAME_FIELDS } from '../../../domain/config/format-string.js';
import { below } from '../problem-list.js';
import { readSection } from '../read-section.js';
import type { SectionClass } from '../schema-key.js';
import { SectionList } from '../schema-key.js';
import {
  ImagelessLabelSchema,
  ImagelessProviderSchema,
  PluginLabelSchema,
  PluginPoolSchema,
  PluginProviderSchema,
} from '../schemas/plugin.schema.js';
import { isRecord } from '../value-kinds.js';
import { describedSection, describedValues, presentValues, reportTogether } from './described-section.js';
import type { ImageContext } from './image-parts.js';
import { cloudImage, diskImage, labelImage } from './image-parts.js';
import { byName, checkFormat, checkLabel, commonPool, labelDefaults, DEFAULT_IMAGE_FORMAT } from './provider-parts.js';
import { providerDefaults, timings } from './provider-parts.js';

export interface DescribedDriver {
  readonly name: string;
  readonly managesImages: boolean;
  /** Its labels say themselves what is made. */
  readonly imageless?: boolean;
  readonly configSchema: DriverConfigSchema;
}

type PluginPool = PluginPoolSchema & { readonly labels?: readonly PluginLabelSchema[] };
type PluginProvider = PluginProviderSchema & { readonly pools?: readonly PluginPool[] };

interface PluginContext extends ImageContext {
  readonly provider: PluginProvider;
  /** Values of the provider's described keys. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly pathOf: (entry: object) => readonly (string | number)[];
  readonly problems: ProblemSink;
}

/** Reads the sections of a driver that describes its keys by values: plug-ins, and `exec`. */
export class PluginDriverSchema implements DriverSchema {
  readonly driver: string;
  readonly managesImages: boolean;
  private readonly imageless: boolean;
  private readonly keys: DriverConfigSchema;
  private readonly section: SectionClass<PluginProvider>;

  /** @throws Error naming what is wrong with the driver's description of its keys */
  constructor(driver: DescribedDriver) {
    this.driver = driver.name;
    this.managesImages = driver.managesImages;
    this.imageless = driver.imageless === true;
    this.keys = driver.configSchema;
    const labelBase: SectionClass<PluginLabelSchema> = this.imageless ? ImagelessLabelSchema : PluginLabelSchema;
    const providerBase: SectionClass<PluginProviderSchema> = this.imageless
      ? ImagelessProviderSchema
      : PluginProviderSchema;
    const label = describedSection(labelBase, 'label', this.keys.label);
    const pool = describedSection<PluginPool>(PluginPoolSchema, 'pool', this.keys.pool);
    const provider = describedSection<PluginProvider>(providerBase, 'provider', this.keys.provider);
    SectionList('labels', () => label)(pool.prototype as object, 'labels');
    SectionList('pools', () => pool)(provider.prototype as object, 'pools');
    this.section = provider;
  }

  parse(section: ProviderSection, problems: ProblemSink): ProviderConfig {
    const read = readSection(this.section, section.value, problems);
    const provider = read.value;
    const pathOf = (entry: object): readonly (string | number)[] => read.pathOf(entry);
    const at = (entry: object): ProblemSink => below(problems, ...pathOf(entry));
    checkFormat('hostname-format', provider.hostnameFormat, HOSTNAME_FIELDS, problems);
    // The builder tells it for each image that it cannot name.
    checkFormat('image-name-format', provider.imageNameFormat, IMAGE_NAME_FIELDS, problems, 'strict');
    if (!this.managesImages && (provider.diskImages?.length ?? 0) > 0) {
      problems.report(['diskimages'], `the driver ${this.driver} keeps no disk images`, { hint: 'use cloud-images' });
    }
    const diskImages = byName('diskimage', provider.diskImages, at, (image, name) =>
      diskImage(image, name, section, at(image)),
    );
    const cloudImages = byName('cloud-image', provider.cloudImages, at, (image, name) =>
      cloudImage(image, name, at(image)),
    );
    const settings = describedValues(provider, section.value, this.keys.provider, problems);
    reportTogether(this.keys.checks?.provider, presentValues(provider, this.keys.provider), problems);
    const context = { section, provider, settings, pathOf, problems, diskImages, cloudImages };
    return {
      ...providerDefaults(section, provider),
      ...timings(provider),
      managesImages: this.managesImages,
      diskImages,
      cloudImages,
      pools: byName('pool', provider.pools, at, (pool, name) => this.pool(pool, name, context)),
      postUploadHook: provider.postUploadHook ?? null,
      imageFormat: provider.imageFormat ?? DEFAULT_IMAGE_FORMAT,
      settings,
    };
  }

  /** What a silent pool takes over from its provider. */
  private inherited(pool: PluginPool, settings: Readonly<Record<string, unknown>>): PluginPool {
    const limits: Record<string, unknown> = {};
    for (const [key, sources] of Object.entries(this.keys.poolDefaults ?? {})) {
      const property = LIMITS[key as PoolLimitKey];
      const fallback = sources.map((source) => settings[source]).find((value) => value !== undefined);
      if (fallback === undefined) continue;
      const own: unknown = pool[property];
      if (isRecord(fallback)) limits[property] = { ...fallback, ...(isRecord(own) ? own : {}) };
      else if (own === undefined) limits[property] = fallback;
    }
    return { ...pool, ...limits };
  }

  private pool(pool: PluginPool, name: string, context: PluginContext): PoolConfig {
    const { section, provider, pathOf, problems } = context;
    const at = (entry: object): ProblemSink => below(problems, ...pathOf(entry));
    reportTogether(this.keys.checks?.pool, presentValues(pool, this.keys.pool), at(pool));
    return {
      ...commonPool(this.inherited(pool, context.settings), name, section, provider),
      ignoreProviderQuota: pool.ignoreProviderQuota ?? false,
      availabilityZones: pool.availabilityZones ?? [],
      useInternalIp: pool.useInternalIp ?? false,
      labels: byName('label', pool.labels, at, (label, labelName) => this.label(label, labelName, pool, context)),
      settings: describedValues(pool, rawAt(section.value, pathOf(pool)), this.keys.pool, at(pool)),
    };
  }

  private label(
    label: PluginLabelSchema,
    name: string,
    pool: PluginPool,
    context: PluginContext,
  ): PoolLabelConfig | undefined {
    const { section, pathOf } = context;
    const problems = below(context.problems, ...pathOf(label));
    checkLabel(name, section, problems, 'name');
    const settings = describedValues(label, rawAt(section.value, pathOf(label)), this.keys.label, problems);
    reportTogether(this.keys.checks?.label, presentValues(label, this.keys.label), problems);
    const image = this.imageless ? OWN_IMAGE : labelImage(label, name, context, problems);
    const common = labelDefaults(label, pool);
    return (
      image && {
        name,
        image,
        ...common,
        instanceProperties: { ...common.instanceProperties, ...this.standingFor('instance-properties', settings) },
        dynamicInstanceProperties: {
          ...common.dynamicInstanceProperties,
          ...this.standingFor('dynamic-instance-properties', settings),
        },
        settings,
      }
    );
  }

  /** What the driver calls by another name. */
  private standingFor(
    meaning: NonNullable<KeyDescription['as']>,
    settings: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, string>> {
    const maps = Object.entries(this.keys.label ?? {})
      .filter(([, { as }]) => as === meaning)
      .map(([key]) => settings[key] as Readonly<Record<string, string>> | undefined);
    return Object.assign({}, ...maps) as Readonly<Record<string, string>>;
  }
}

const OWN_IMAGE: LabelImage = { kind: 'settings' };

/** Where the schema keeps the limits of a pool. */
const LIMITS = {
  'max-servers': 'maxServers',
  'max-cores': 'maxCores',
  'max-ram': 'maxRam',
  'max-resources': 'maxResources',
} as const satisfies Record<PoolLimitKey, keyof PluginPool>;

/** The section as it stands in the file. */
function rawAt(value: unknown, path: readonly (string | number)[]): Readonly<Record<string, unknown>> {
  let found: unknown = value;
  for (const step of path) found = isRecord(found) || Array.isArray(found) ? Reflect.get(found, step) : undefined;
  return isRecord(found) ? found : {};
}
