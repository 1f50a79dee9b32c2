/** What the built-in drivers' sections have in common (spec BUILDER 1.5, 1.6). */
import type { ConnectionConfig, PoolConfig, PoolLabelConfig, ProviderConfig } from '../../../domain/config/config.js';
import type { ProblemSeverity, ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import {
  DEFAULT_HOSTNAME_FORMAT,
  DEFAULT_IMAGE_NAME_FORMAT,
  formatFields,
} from '../../../domain/config/format-string.js';
import { DEFAULT_PRIORITY } from '../../../domain/model/launcher.js';
import type { Resources } from '../../../domain/model/quota.js';
import type { PoolSchema, ProviderSchema } from '../schemas/provider.schema.js';
import { pathNameProblem } from '../value-kinds.js';
import { withDefaults } from '../with-defaults.js';

export const DEFAULT_IMAGE_FORMAT = 'qcow2';

type Defaulted = Omit<ProviderConfig, 'managesImages' | 'pools'>;

/** Everything but the pools, with defaults where only other drivers have a key. */
export function providerDefaults(section: ProviderSection, schema: ProviderSchema): Defaulted {
  const concurrency = schema.maxConcurrency ?? -1;
  return {
    name: section.name,
    driver: section.driver,
    maxConcurrency: concurrency < 0 ? Infinity : concurrency,
    priority: schema.priority ?? null,
    diskImages: new Map(),
    cloudImages: new Map(),
    ...DEFAULT_TIMINGS,
    postUploadHook: null,
    imageFormat: DEFAULT_IMAGE_FORMAT,
    settings: {},
  };
}

type Timings = Pick<
  ProviderConfig,
  'launchTimeout' | 'bootTimeout' | 'launchRetries' | 'hostnameFormat' | 'imageNameFormat' | 'imageUploadTimeout'
>;

/** Times are seconds. */
const DEFAULT_TIMINGS: Timings = {
  launchTimeout: 3600,
  bootTimeout: 60,
  launchRetries: 3,
  hostnameFormat: DEFAULT_HOSTNAME_FORMAT,
  imageNameFormat: DEFAULT_IMAGE_NAME_FORMAT,
  imageUploadTimeout: 3600,
};

/** Formats and patience of providers that launch machines. */
export function timings(schema: Partial<Timings>): Timings {
  return withDefaults(schema, DEFAULT_TIMINGS);
}

type PoolLimits = PoolSchema & { readonly maxVolumes?: number; readonly maxVolumeGb?: number };

type CommonPool = Pick<PoolConfig, 'name' | 'provider' | 'maxServers' | 'limits' | 'priority' | 'nodeAttributes'>;

export function commonPool(
  pool: PoolLimits,
  name: string,
  section: ProviderSection,
  provider: ProviderSchema,
): CommonPool {
  return {
    name,
    provider: section.name,
    maxServers: pool.maxServers ?? Infinity,
    limits: poolLimits(pool),
    priority: pool.priority ?? provider.priority ?? DEFAULT_PRIORITY,
    nodeAttributes: pool.nodeAttributes ?? null,
  };
}

function poolLimits(pool: PoolLimits): Resources {
  const limits: Record<string, number> = { ...pool.maxResources };
  const named = {
    instances: pool.maxServers,
    cores: pool.maxCores,
    ram: pool.maxRam,
    volumes: pool.maxVolumes,
    'volume-gb': pool.maxVolumeGb,
  };
  for (const [key, limit] of Object.entries(named)) if (limit !== undefined) limits[key] = limit;
  return limits;
}

/** WinRM has a port of its own; an explicit port wins. */
export function connection(schema: {
  readonly connectionType?: string;
  readonly connectionPort?: number;
}): ConnectionConfig {
  const connectionType = schema.connectionType ?? 'ssh';
  return { connectionType, connectionPort: schema.connectionPort ?? (connectionType === 'winrm' ? 5986 : 22) };
}

/** What the label of a launching driver says about its nodes, whatever the driver; the pool speaks for a silent label. */
export function labelDefaults(
  label: {
    readonly hostKeyChecking?: boolean;
    readonly consoleLog?: boolean;
    readonly instanceProperties?: PoolLabelConfig['instanceProperties'];
    readonly dynamicInstanceProperties?: PoolLabelConfig['dynamicInstanceProperties'];
  },
  pool: { readonly hostKeyChecking?: boolean },
): Pick<PoolLabelConfig, 'hostKeyChecking' | 'consoleLog' | 'instanceProperties' | 'dynamicInstanceProperties'> {
  return {
    hostKeyChecking: label.hostKeyChecking ?? pool.hostKeyChecking ?? true,
    consoleLog: label.consoleLog ?? false,
    instanceProperties: label.instanceProperties ?? {},
    dynamicInstanceProperties: label.dynamicInstanceProperties ?? {},
  };
}

/** Names an entry of a list by its `name`; later entries of the same name win, as in the original. */
export function byName<S extends { readonly name?: string }, T>(
  what: string,
  entries: readonly S[] | undefined,
  problemsOf: (entry: S) => ProblemSink,
  make: (entry: S, name: string) => T | undefined,
): ReadonlyMap<string, T> {
  const made = new Map<string, T>();
  for (const entry of entries ?? []) {
    // Of a pool with such a name nothing can be stored; that was reported with the name.
    if (entry.name === undefined || (what === 'pool' && pathNameProblem(entry.name) !== null)) continue;
    if (made.has(entry.name)) {
      problemsOf(entry).report(['name'], `${what} ${entry.name} already defined`, {
        hint: 'rename or remove one of them; the last one counts',
        severity: 'strict',
      });
    }
    const value = make(entry, entry.name);
    if (value !== undefined) made.set(entry.name, value);
  }
  return made;
}

export function checkFormat(
  key: string,
  template: string | undefined,
  known: readonly string[],
  problems: ProblemSink,
  severity: ProblemSeverity = 'error',
): void {
  if (template === undefined) return;
  const { fields, fault } = formatFields(template);
  const braces = 'write {{ and }} for braces that are meant literally';
  if (fault !== null) problems.report([key], fault, { hint: braces, severity });
  for (const field of fields) {
    if (!known.includes(field)) {
      problems.report([key], `unknown field {${field}}`, { hint: `known fields: ${known.join(', ')}`, severity });
    }
  }
}

/** The label must be one of the top-level list. */
export function checkLabel(label: string, section: ProviderSection, problems: ProblemSink, key: string): void {
  if (section.labels.has(label)) return;
  problems.report([key], `label ${label} in provider ${section.name} not in top-level labels`, {
    hint: `add "- name: ${label}" to the labels list at the top level`,
  });
}
