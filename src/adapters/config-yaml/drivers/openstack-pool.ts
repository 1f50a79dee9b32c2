/** Pools and their labels in the OpenStack schema (spec BUILDER 1.6). */
import type { PoolConfig, PoolLabelConfig } from '../../../domain/config/config.js';
import type { ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import type { OpenStackLabelSettings, OpenStackPoolSettings } from '../../../domain/config/openstack.js';
import type {
  OpenStackLabelSchema,
  OpenStackPoolSchema,
  OpenStackProviderSchema,
} from '../schemas/openstack.schema.js';
import { labelImage } from './image-parts.js';
import { byName, checkLabel, commonPool, labelDefaults } from './provider-parts.js';

interface PoolContext {
  readonly section: ProviderSection;
  readonly provider: OpenStackProviderSchema;
  readonly diskImages: ReadonlyMap<string, unknown>;
  readonly cloudImages: ReadonlyMap<string, unknown>;
  readonly problemsOf: (entry: object) => ProblemSink;
}

export function openStackPool(pool: OpenStackPoolSchema, name: string, context: PoolContext): PoolConfig {
  const settings: OpenStackPoolSettings = {
    networks: pool.networks ?? [],
    securityGroups: pool.securityGroups ?? [],
    autoFloatingIp: pool.autoFloatingIp ?? true,
  };
  return {
    ...commonPool(pool, name, context.section, context.provider),
    ignoreProviderQuota: pool.ignoreProviderQuota ?? false,
    availabilityZones: pool.availabilityZones ?? [],
    useInternalIp: pool.useInternalIp ?? false,
    labels: byName('label', pool.labels, context.problemsOf, (label, labelName) =>
      openStackLabel(label, labelName, pool, settings, context),
    ),
    settings,
  };
}

function openStackLabel(
  label: OpenStackLabelSchema,
  name: string,
  pool: OpenStackPoolSchema,
  poolSettings: OpenStackPoolSettings,
  context: PoolContext,
): PoolLabelConfig | undefined {
  const problems = context.problemsOf(label);
  checkLabel(name, context.section, problems, 'name');
  checkSize(label, problems);
  const image = labelImage(label, name, context, problems);
  return (
    image && {
      name,
      image,
      ...labelDefaults(label, pool),
      settings: labelSettings(label, poolSettings),
    }
  );
}

function labelSettings(label: OpenStackLabelSchema, pool: OpenStackPoolSettings): OpenStackLabelSettings {
  return {
    minRam: label.minRam ?? 0,
    flavorName: label.flavorName ?? null,
    keyName: label.keyName ?? null,
    bootFromVolume: label.bootFromVolume ?? false,
    volumeSize: label.volumeSize ?? 50,
    userdata: label.userdata ?? null,
    networks: label.networks ?? pool.networks,
    securityGroups: pool.securityGroups,
    autoFloatingIp: pool.autoFloatingIp,
  };
}

function checkSize(label: OpenStackLabelSchema, problems: ProblemSink): void {
  if (label.minRam !== undefined || label.flavorName !== undefined) return;
  problems.report(['min-ram'], 'required key not provided', {
    hint: 'give min-ram, flavor-name or both; without them the smallest flavor is taken',
    severity: 'strict',
  });
}
