/** Pools and their labels in the OpenStack schema (spec BUILDER 1.6). */
import type { LabelImage, PoolConfig, PoolLabelConfig } from '../../../domain/config/config.js';
import type { ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import type { OpenStackLabelSettings, OpenStackPoolSettings } from '../../../domain/config/openstack.js';
import type {
  OpenStackLabelSchema,
  OpenStackPoolSchema,
  OpenStackProviderSchema,
} from '../schemas/openstack.schema.js';
import { byName, checkLabel, commonPool } from './provider-parts.js';

interface Surroundings {
  readonly section: ProviderSection;
  readonly provider: OpenStackProviderSchema;
  readonly diskImages: ReadonlyMap<string, unknown>;
  readonly cloudImages: ReadonlyMap<string, unknown>;
  readonly problemsOf: (entry: object) => ProblemSink;
}

export function openStackPool(pool: OpenStackPoolSchema, name: string, around: Surroundings): PoolConfig {
  const settings: OpenStackPoolSettings = {
    networks: pool.networks ?? [],
    securityGroups: pool.securityGroups ?? [],
    autoFloatingIp: pool.autoFloatingIp ?? true,
  };
  return {
    ...commonPool(pool, name, around.section, around.provider),
    ignoreProviderQuota: pool.ignoreProviderQuota ?? false,
    availabilityZones: pool.availabilityZones ?? [],
    useInternalIp: pool.useInternalIp ?? false,
    labels: byName('label', pool.labels, around.problemsOf, (label, labelName) =>
      openStackLabel(label, labelName, pool, settings, around),
    ),
    settings,
  };
}

function openStackLabel(
  label: OpenStackLabelSchema,
  name: string,
  pool: OpenStackPoolSchema,
  poolSettings: OpenStackPoolSettings,
  around: Surroundings,
): PoolLabelConfig | undefined {
  const problems = around.problemsOf(label);
  checkLabel(name, around.section, problems, 'name');
  checkSize(label, problems);
  const image = labelImage(label, name, around, problems);
  return (
    image && {
      name,
      image,
      hostKeyChecking: label.hostKeyChecking ?? pool.hostKeyChecking ?? true,
      consoleLog: label.consoleLog ?? false,
      instanceProperties: label.instanceProperties ?? {},
      dynamicInstanceProperties: label.dynamicInstanceProperties ?? {},
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
    mend: 'give min-ram, flavor-name or both; without them the smallest flavor is taken',
    severity: 'strict',
  });
}

function labelImage(
  label: OpenStackLabelSchema,
  name: string,
  around: Surroundings,
  problems: ProblemSink,
): LabelImage | undefined {
  if (label.diskImage !== undefined && label.cloudImage !== undefined) {
    problems.report(['cloud-image'], "two or more values in the same group of exclusion 'label-image'", {
      mend: 'keep one of diskimage and cloud-image; diskimage counts',
      severity: 'strict',
      at: 'key',
    });
  }
  if (label.diskImage !== undefined) {
    checkDiskImage(label.diskImage, name, around, problems);
    return { kind: 'diskimage', name: label.diskImage };
  }
  if (label.cloudImage !== undefined) {
    checkCloudImage(label.cloudImage, name, around, problems);
    return { kind: 'cloud-image', name: label.cloudImage };
  }
  problems.report(['diskimage'], 'required key not provided', {
    mend: 'give exactly one of diskimage and cloud-image',
  });
  return undefined;
}

function checkDiskImage(image: string, label: string, around: Surroundings, problems: ProblemSink): void {
  const provider = around.section.name;
  if (!around.section.diskImages.has(image)) {
    problems.report(
      ['diskimage'],
      `label ${label} in provider ${provider} uses diskimage ${image} which is not defined in the main diskimages list`,
      { mend: 'add it there; abstract images cannot be used' },
    );
  } else if (!around.diskImages.has(image)) {
    problems.report(
      ['diskimage'],
      `label ${label} in provider ${provider} uses diskimage ${image} which is not in the provider's diskimages list`,
      { mend: 'add it there, else the image is never uploaded and requests are declined', severity: 'strict' },
    );
  }
}

function checkCloudImage(image: string, label: string, around: Surroundings, problems: ProblemSink): void {
  if (around.cloudImages.has(image)) return;
  problems.report(
    ['cloud-image'],
    `cloud-image ${image} does not exist in provider ${around.section.name} but is referenced in label ${label}`,
    { mend: "add it to the provider's cloud-images" },
  );
}
