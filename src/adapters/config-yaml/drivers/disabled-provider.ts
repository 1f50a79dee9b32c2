import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../../domain/config/config.js';
import type { ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import { isRecord } from '../value-kinds.js';
import { PluginDriverSchema } from './plugin-driver-schema.js';
import { labelDefaults } from './provider-parts.js';

const NOBODY: ProblemSink = { report: () => undefined };

/** One for all drivers: making a schema takes its time. */
const SCHEMA = new PluginDriverSchema({ name: 'unknown', managesImages: true, configSchema: {} });

/**
 * A provider whose driver cannot be used: off, but known by the keys that all drivers have, so that its nodes and uploads are not
 * taken for abandoned and requests for its labels wait. What the driver's own keys mean is not known, so nothing is reported.
 */
export function disabledProvider(section: ProviderSection, problem: string): ProviderConfig {
  const understood = SCHEMA.parse(section, NOBODY);
  return {
    ...understood,
    pools: new Map([...understood.pools].map(([name, pool]) => [name, withAllLabels(pool, section.value)])),
    managesImages: 'diskimages' in section.value,
    problem,
  };
}

/** Labels whose image is said by keys that only their driver knows count as well. */
function withAllLabels(pool: PoolConfig, section: Readonly<Record<string, unknown>>): PoolConfig {
  const labels = new Map(pool.labels);
  for (const entry of records(section['pools'])) {
    if (entry['name'] !== pool.name) continue;
    for (const { name } of records(entry['labels'])) {
      if (typeof name === 'string' && !labels.has(name)) labels.set(name, unknownLabel(name));
    }
  }
  return { ...pool, labels };
}

function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function unknownLabel(name: string): PoolLabelConfig {
  return { name, image: { kind: 'none' }, settings: {}, ...labelDefaults({}, {}) };
}
