/** Providers of the libvirt driver (docs/spec/libvirt.md). */
import { configDrive, network, ratio } from '../libvirt-kinds.js';
import { Key, RequiredKey, Section, SectionList } from '../schema-key.js';
import { flag, integer, text, textMap, textOrTexts } from '../value-kinds.js';
import { ConnectionSchema } from './openstack.schema.js';
import { PoolSchema, ProviderSchema } from './provider.schema.js';

export class LibvirtImageSchema extends ConnectionSchema {
  @RequiredKey('name', text) name?: string;
  @Key('pause', flag) pause?: boolean;
  @Key('config-drive', configDrive) configDrive?: boolean | 'nocloud';
  @Key('meta', textMap) meta?: Readonly<Record<string, string>>;
}

/** A volume that is in the storage pool already. */
export class LibvirtCloudImageSchema extends ConnectionSchema {
  @RequiredKey('name', text) name?: string;
  @Key('image-id', text) imageId?: string;
  @Key('image-name', text) imageName?: string;
  @Key('config-drive', configDrive) configDrive?: boolean | 'nocloud';
  @Key('username', text) username?: string;
  @Key('python-path', text) pythonPath?: string;
  @Key('shell-type', text) shellType?: string;
}

export class LibvirtLabelSchema {
  @RequiredKey('name', text) name?: string;
  @Key('diskimage', text) diskImage?: string;
  @Key('cloud-image', text) cloudImage?: string;
  @Key('cpus', integer) cpus?: number;
  @Key('memory', integer) memory?: number;
  @Key('disk', integer) disk?: number;
  @Key('userdata', text) userdata?: string;
  @Key('console-log', flag) consoleLog?: boolean;
  @Key('boot-timeout', integer) bootTimeout?: number;
  @Key('instance-properties', textMap) instanceProperties?: Readonly<Record<string, string>>;
  @Key('dynamic-instance-properties', textMap) dynamicInstanceProperties?: Readonly<Record<string, string>>;
  @Key('host-key-checking', flag) hostKeyChecking?: boolean;
}

export class LibvirtPoolSchema extends PoolSchema {
  @Key('network', network) network?: unknown;
  @Key('ignore-provider-quota', flag) ignoreProviderQuota?: boolean;
  @Key('host-key-checking', flag) hostKeyChecking?: boolean;
  @SectionList('labels', () => LibvirtLabelSchema) labels?: LibvirtLabelSchema[];
}

export class ReserveSchema {
  @Key('cores', integer) cores?: number;
  @Key('ram', integer) ram?: number;
  @Key('disk', integer) disk?: number;
}

export class LibvirtProviderSchema extends ProviderSchema {
  @Key('uri', text) uri?: string;
  @Key('storage-pool', text) storagePool?: string;
  @Key('virtualization', text) virtualization?: string;
  @Key('ssh-authorized-keys', textOrTexts) sshAuthorizedKeys?: readonly string[];
  @Section('reserve', () => ReserveSchema) reserve?: ReserveSchema;
  @Key('cores-ratio', ratio) coresRatio?: number;
  @Key('boot-timeout', integer) bootTimeout?: number;
  @Key('launch-timeout', integer) launchTimeout?: number;
  @Key('launch-retries', integer) launchRetries?: number;
  @Key('hostname-format', text) hostnameFormat?: string;
  @Key('image-name-format', text) imageNameFormat?: string;
  @Key('image-upload-timeout', integer) imageUploadTimeout?: number;
  @Key('image-format', text) imageFormat?: string;
  @Key('post-upload-hook', text) postUploadHook?: string;
  @SectionList('diskimages', () => LibvirtImageSchema) diskImages?: LibvirtImageSchema[];
  @SectionList('cloud-images', () => LibvirtCloudImageSchema) cloudImages?: LibvirtCloudImageSchema[];
  @SectionList('pools', () => LibvirtPoolSchema) pools?: LibvirtPoolSchema[];
}
