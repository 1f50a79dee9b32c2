import type { PoolConfig, ProviderConfig } from '../../../domain/config/config.js';
import type { DriverSchema, ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import { HOSTNAME_FIELDS, IMAGE_NAME_FIELDS } from '../../../domain/config/format-string.js';
import type {
  ConfigDriveFormat,
  LibvirtNetwork,
  LibvirtPoolSettings,
  LibvirtProviderSettings,
  Virtualization,
} from '../../../domain/config/libvirt.js';
import { LIBVIRT_DRIVER } from '../../../domain/config/libvirt.js';
import { below } from '../problem-list.js';
import { readSection } from '../read-section.js';
import type { LibvirtPoolSchema } from '../schemas/libvirt.schema.js';
import { LibvirtProviderSchema } from '../schemas/libvirt.schema.js';
import { cloudImage, diskImage } from './image-parts.js';
import type { LibvirtLabelContext } from './libvirt-label.js';
import { libvirtLabel } from './libvirt-label.js';
import { byName, checkFormat, commonPool, DEFAULT_IMAGE_FORMAT, providerDefaults, timings } from './provider-parts.js';

const VIRTUALIZATIONS: readonly string[] = ['auto', 'kvm', 'qemu'] satisfies Virtualization[];
const IMAGE_FORMATS = ['qcow2', 'raw'];
const DEFAULT_NETWORK: LibvirtNetwork = { kind: 'network', name: 'default' };

/** Reads `driver: libvirt` (docs/spec/libvirt.md). */
export class LibvirtDriverSchema implements DriverSchema {
  readonly driver = LIBVIRT_DRIVER;
  readonly managesImages = true;

  parse(section: ProviderSection, problems: ProblemSink): ProviderConfig {
    const read = readSection(LibvirtProviderSchema, section.value, problems);
    const schema = read.value;
    const at = (entry: object): ProblemSink => below(problems, ...read.pathOf(entry));
    checkFormat('hostname-format', schema.hostnameFormat, HOSTNAME_FIELDS, problems);
    checkFormat('image-name-format', schema.imageNameFormat, IMAGE_NAME_FIELDS, problems);
    checkChoice('virtualization', schema.virtualization, VIRTUALIZATIONS, problems);
    checkChoice('image-format', schema.imageFormat, IMAGE_FORMATS, problems);
    checkUri(schema.uri, problems);
    checkKeys(schema.sshAuthorizedKeys ?? [], problems);
    checkReserve(schema, problems);
    const diskImages = byName('diskimage', schema.diskImages, at, (image, name) =>
      diskImage({ ...image, configDrive: isOn(image.configDrive) }, name, section, at(image)),
    );
    const cloudImages = byName('cloud-image', schema.cloudImages, at, (image, name) =>
      cloudImage({ ...image, configDrive: isOn(image.configDrive) }, name, at(image)),
    );
    const context: LibvirtLabelContext = { section, diskImages, cloudImages, problemsOf: at };
    return {
      ...providerDefaults(section, schema),
      ...timings(schema),
      managesImages: true,
      diskImages,
      cloudImages,
      pools: byName('pool', schema.pools, at, (pool, name) => libvirtPool(pool, name, schema, context)),
      postUploadHook: schema.postUploadHook ?? null,
      imageFormat: schema.imageFormat ?? DEFAULT_IMAGE_FORMAT,
      settings: settings(schema),
    };
  }
}

function settings(schema: LibvirtProviderSchema): LibvirtProviderSettings {
  const { cores = 0, ram = 0, disk = 0 } = schema.reserve ?? {};
  return {
    uri: schema.uri ?? 'qemu:///system',
    storagePool: schema.storagePool ?? 'default',
    virtualization: (schema.virtualization ?? 'auto') as Virtualization,
    reserve: { cores, ram, disk },
    coresRatio: schema.coresRatio ?? 1,
    sshAuthorizedKeys: (schema.sshAuthorizedKeys ?? []).flatMap(keyLines),
    configDrives: configDrives(schema),
  };
}

/** By image, of those that say which one they want. */
function configDrives({ cloudImages = [], diskImages = [] }: LibvirtProviderSchema): Record<string, ConfigDriveFormat> {
  const wishes = [...cloudImages, ...diskImages].flatMap(({ name, configDrive }) =>
    name === undefined || configDrive === undefined ? [] : [[name, driveFormat(configDrive)] as const],
  );
  return Object.fromEntries(wishes);
}

function driveFormat(value: boolean | 'nocloud'): ConfigDriveFormat {
  if (value === 'nocloud') return 'nocloud';
  return value ? 'config-2' : 'none';
}

function isOn(value: boolean | 'nocloud' | undefined): boolean {
  return value !== false;
}

function libvirtPool(
  pool: LibvirtPoolSchema,
  name: string,
  provider: LibvirtProviderSchema,
  context: LibvirtLabelContext,
): PoolConfig {
  const poolSettings: LibvirtPoolSettings = {
    network: (pool.network as LibvirtNetwork | undefined) ?? DEFAULT_NETWORK,
  };
  return {
    ...commonPool(pool, name, context.section, provider),
    ignoreProviderQuota: pool.ignoreProviderQuota ?? false,
    availabilityZones: [],
    useInternalIp: false,
    labels: byName('label', pool.labels, context.problemsOf, (label, labelName) =>
      libvirtLabel(label, labelName, pool, context),
    ),
    settings: poolSettings,
  };
}

function checkChoice(key: string, value: string | undefined, choices: readonly string[], problems: ProblemSink): void {
  if (value === undefined || choices.includes(value)) return;
  problems.report([key], `expected one of ${choices.join(', ')}`);
}

/** What could not be told to virsh on one line. */
function checkUri(uri: string | undefined, problems: ProblemSink): void {
  if (uri === undefined || /^[a-z][a-z0-9+.-]*:\/\/[\x21-\x7e]*$/i.test(uri)) return;
  problems.report(['uri'], 'expected a connection URI', {
    hint: 'for example qemu:///system, or qemu+ssh://root@host/system',
  });
}

function checkKeys(keys: readonly string[], problems: ProblemSink): void {
  keys.forEach((key, index) => {
    if (keyLines(key).length > 0 && !key.includes('PRIVATE KEY')) return;
    problems.report(['ssh-authorized-keys', index], 'expected a public key', {
      hint: 'the content of a file such as ~/.ssh/id_ed25519.pub',
    });
  });
}

/** A text may hold a whole `authorized_keys` file. */
function keyLines(text: string): readonly string[] {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function checkReserve({ reserve }: LibvirtProviderSchema, problems: ProblemSink): void {
  for (const key of ['cores', 'ram', 'disk'] as const) {
    if ((reserve?.[key] ?? 0) < 0) problems.report(['reserve', key], 'expected 0 or more');
  }
}
