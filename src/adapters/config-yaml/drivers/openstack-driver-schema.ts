import type { CloudImageConfig, ProviderConfig, ProviderImageConfig } from '../../../domain/config/config.js';
import type { CloudLookup, DriverSchema, ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import {
  DEFAULT_HOSTNAME_FORMAT,
  DEFAULT_IMAGE_NAME_FORMAT,
  HOSTNAME_FIELDS,
  IMAGE_NAME_FIELDS,
} from '../../../domain/config/format-string.js';
import type { OpenStackProviderSettings } from '../../../domain/config/openstack.js';
import { below } from '../problem-list.js';
import { readSection } from '../read-section.js';
import type { CloudImageSchema, ProviderImageSchema } from '../schemas/openstack.schema.js';
import { FakeProviderSchema, OpenStackProviderSchema } from '../schemas/openstack.schema.js';
import { openStackPool } from './openstack-pool.js';
import { byName, checkFormat, connection, DEFAULT_IMAGE_FORMAT, providerDefaults } from './provider-parts.js';

/** Reads `driver: openstack` and `driver: fake`, which differ in what they demand of the cloud (spec BUILDER 1.6, 1.9). */
export class OpenStackDriverSchema implements DriverSchema {
  readonly managesImages = true;

  constructor(readonly driver: 'openstack' | 'fake') {}

  parse(section: ProviderSection, problems: ProblemSink): ProviderConfig {
    const read = readSection<FakeProviderSchema>(
      this.driver === 'fake' ? FakeProviderSchema : OpenStackProviderSchema,
      section.value,
      problems,
    );
    const schema = read.value;
    const at = (entry: object): ProblemSink => below(problems, ...read.pathOf(entry));
    checkFormat('hostname-format', schema.hostnameFormat, HOSTNAME_FIELDS, problems);
    checkFormat('image-name-format', schema.imageNameFormat, IMAGE_NAME_FIELDS, problems);
    const cloud = this.lookUpCloud(schema, section, problems);
    const diskImages = byName('diskimage', schema.diskImages, at, (image, name) =>
      this.diskImage(image, name, section, at(image)),
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
    if (schema.cloud === undefined) {
      // A value that does not fit has been reported already.
      if (!('cloud' in section.value)) {
        problems.report(['cloud'], 'required key not provided', {
          mend: 'name an entry of clouds.yaml',
          severity: fake ? 'strict' : 'error',
        });
      }
      return undefined;
    }
    const found = section.clouds.lookUp(schema.cloud, schema.regionName ?? null);
    if (fake) return found;
    if (found.kind === 'found') {
      for (const problem of found.problems) problems.report(['cloud'], problem, { severity: 'load' });
    } else if (found.kind === 'unknown-cloud') {
      problems.report(['cloud'], `Cloud ${schema.cloud} was not found.`, {
        mend: found.mend,
        severity: 'load',
      });
    } else if (found.kind === 'unknown-region') {
      problems.report(['region-name'], `cloud ${schema.cloud} has no region ${schema.regionName ?? ''}`, {
        mend: `its regions: ${found.regions.join(', ')}`,
        severity: 'load',
      });
    } else problems.report(['cloud'], found.problem, { severity: 'load' });
    return found;
  }

  private diskImage(
    image: ProviderImageSchema,
    name: string,
    section: ProviderSection,
    problems: ProblemSink,
  ): ProviderImageConfig {
    if (!section.diskImages.has(name)) {
      problems.report(
        ['name'],
        `diskimage ${name} in provider ${section.name} is not defined in the main diskimages list`,
        { mend: 'add it there; abstract images cannot be uploaded' },
      );
    }
    return {
      name,
      ...connection(image),
      pause: image.pause ?? false,
      configDrive: image.configDrive ?? null,
      meta: image.meta ?? {},
    };
  }
}

type Timings = Pick<
  ProviderConfig,
  'launchTimeout' | 'bootTimeout' | 'launchRetries' | 'hostnameFormat' | 'imageNameFormat' | 'imageUploadTimeout'
>;

function timings(schema: OpenStackProviderSchema): Timings {
  return {
    launchTimeout: schema.launchTimeout ?? 3600,
    bootTimeout: schema.bootTimeout ?? 60,
    launchRetries: schema.launchRetries ?? 3,
    hostnameFormat: schema.hostnameFormat ?? DEFAULT_HOSTNAME_FORMAT,
    imageNameFormat: schema.imageNameFormat ?? DEFAULT_IMAGE_NAME_FORMAT,
    imageUploadTimeout: schema.imageUploadTimeout ?? 3600,
  };
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

function cloudImage(image: CloudImageSchema, name: string, problems: ProblemSink): CloudImageConfig {
  if (image.imageId !== undefined && image.imageName !== undefined) {
    problems.report(
      ['image-name'],
      "two or more values in the same group of exclusion 'cloud-image-name-or-id': image-id, image-name",
      { mend: 'keep one of them; image-id counts', severity: 'strict', at: 'key' },
    );
  }
  return {
    name,
    ...connection(image),
    imageId: image.imageId ?? null,
    imageName: image.imageName ?? null,
    configDrive: image.configDrive ?? null,
    username: image.username ?? null,
    pythonPath: image.pythonPath ?? 'auto',
    shellType: image.shellType ?? null,
  };
}
