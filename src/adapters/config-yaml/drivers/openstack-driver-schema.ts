import type { ProviderConfig } from '../../../domain/config/config.js';
import type { KeyPath } from '../../../domain/config/config-problem.js';
import type {
  CloudLookup,
  DriverSchema,
  ProblemSeverity,
  ProblemSink,
  ProviderSection,
} from '../../../domain/config/driver-schema.js';
import { HOSTNAME_FIELDS, IMAGE_NAME_FIELDS } from '../../../domain/config/format-string.js';
import type { OpenStackProviderSettings } from '../../../domain/config/openstack.js';
import { below } from '../problem-list.js';
import { readSection } from '../read-section.js';
import { FakeProviderSchema, OpenStackProviderSchema } from '../schemas/openstack.schema.js';
import { openStackPool } from './openstack-pool.js';
import { cloudImage, diskImage } from './image-parts.js';
import { byName, checkFormat, DEFAULT_IMAGE_FORMAT, providerDefaults, timings } from './provider-parts.js';

/** Finds what is wrong below the key `fake`; paths go from there. */
export type FakeSettingsCheck = (section: unknown) => readonly { readonly path: KeyPath; readonly message: string }[];

/** Reads `driver: openstack` and `driver: fake`, which differ in what they demand of the cloud (spec BUILDER 1.6, 1.9). */
export class OpenStackDriverSchema implements DriverSchema {
  readonly managesImages = true;

  constructor(
    readonly driver: 'openstack' | 'fake',
    private readonly fakeSettings: FakeSettingsCheck = () => [],
  ) {}

  parse(section: ProviderSection, problems: ProblemSink): ProviderConfig {
    const read = readSection<FakeProviderSchema>(
      this.driver === 'fake' ? FakeProviderSchema : OpenStackProviderSchema,
      section.value,
      problems,
    );
    const schema = read.value;
    const at = (entry: object): ProblemSink => below(problems, ...read.pathOf(entry));
    checkFormat('hostname-format', schema.hostnameFormat, HOSTNAME_FIELDS, problems);
    // The builder tells it for each image that it cannot name.
    checkFormat('image-name-format', schema.imageNameFormat, IMAGE_NAME_FIELDS, problems, 'strict');
    // The driver will not start with these; its provider is out of service then.
    for (const { path, message } of schema.fake === undefined ? [] : this.fakeSettings(schema.fake)) {
      problems.report(['fake', ...path], message, { severity: 'strict' });
    }
    const cloud = this.lookUpCloud(schema, section, problems);
    const diskImages = byName('diskimage', schema.diskImages, at, (image, name) =>
      diskImage(image, name, section, at(image)),
    );
    const cloudImages = byName('cloud-image', schema.cloudImages, at, (image, name) =>
      cloudImage(image, name, at(image)),
    );
    return {
      ...providerDefaults(section, schema),
      ...timings(schema),
      managesImages: true,
      diskImages,
      cloudImages,
      pools: byName('pool', schema.pools, at, (pool, name) =>
        openStackPool(pool, name, { section, provider: schema, diskImages, cloudImages, problemsOf: at }),
      ),
      postUploadHook: schema.postUploadHook ?? null,
      imageFormat: cloud?.kind === 'found' ? cloud.imageFormat : DEFAULT_IMAGE_FORMAT,
      settings: settings(schema, cloud),
    };
  }

  private lookUpCloud(
    schema: OpenStackProviderSchema,
    section: ProviderSection,
    problems: ProblemSink,
  ): CloudLookup | undefined {
    const fake = this.driver === 'fake';
    const { cloud, regionName = null } = schema;
    if (cloud === undefined) {
      // A value that does not fit has been reported already.
      if (!('cloud' in section.value)) reportMissing(problems, fake ? 'strict' : 'error');
      return undefined;
    }
    const found = section.clouds.lookUp(cloud, regionName);
    if (!fake) reportLookup(found, cloud, regionName, problems);
    return found;
  }
}

function reportMissing(problems: ProblemSink, severity: ProblemSeverity): void {
  problems.report(['cloud'], 'required key not provided', { hint: 'name an entry of clouds.yaml', severity });
}

function reportLookup(found: CloudLookup, cloud: string, region: string | null, problems: ProblemSink): void {
  const severity = 'load';
  switch (found.kind) {
    case 'found':
      for (const problem of found.problems) problems.report(['cloud'], problem, { severity });
      for (const warning of found.warnings ?? []) problems.report(['cloud'], warning, { severity: 'warning' });
      return;
    case 'unknown-cloud':
      return problems.report(['cloud'], `Cloud ${cloud} was not found.`, { hint: found.hint, severity });
    case 'unknown-region':
      return problems.report(['region-name'], `cloud ${cloud} has no region ${region ?? ''}`, {
        hint: `its regions: ${found.regions.join(', ')}`,
        severity,
      });
    default:
      return problems.report(['cloud'], found.problem, { severity });
  }
}

function settings(schema: FakeProviderSchema, cloud: CloudLookup | undefined): OpenStackProviderSettings {
  return {
    cloud: schema.cloud ?? null,
    regionName: schema.regionName ?? null,
    rate: schema.rate ?? 1.0,
    cleanFloatingIps: schema.cleanFloatingIps ?? false,
    portCleanupInterval: schema.portCleanupInterval ?? 600,
    cloudFingerprint: cloud?.kind === 'found' ? cloud.fingerprint : '',
    fake: schema.fake ?? {},
  };
}
