/** Providers of the OpenStack driver, and of the fake driver with its extra key (spec BUILDER 1.6). */
import { BuilderKey, Key, RequiredKey, SectionList } from '../schema-key.js';
import {
  count,
  flag,
  freeMap,
  integer,
  limit,
  positive,
  rate,
  remotePort,
  text,
  textList,
  textMap,
} from '../value-kinds.js';
import { PoolSchema, ProviderSchema } from './provider.schema.js';

export class ConnectionSchema {
  @Key('connection-type', text) connectionType?: string;
  @Key('connection-port', remotePort) connectionPort?: number;
}

export class ProviderImageSchema extends ConnectionSchema {
  @RequiredKey('name', text) name?: string;
  @BuilderKey('pause', flag) pause?: boolean;
  @Key('config-drive', flag) configDrive?: boolean;
  @BuilderKey('meta', textMap) meta?: Readonly<Record<string, string>>;
}

export class CloudImageSchema extends ConnectionSchema {
  @RequiredKey('name', text) name?: string;
  @Key('image-id', text) imageId?: string;
  @Key('image-name', text) imageName?: string;
  @Key('config-drive', flag) configDrive?: boolean;
  @Key('username', text) username?: string;
  @Key('python-path', text) pythonPath?: string;
  @Key('shell-type', text) shellType?: string;
}

export class OpenStackLabelSchema {
  @RequiredKey('name', text) name?: string;
  @Key('diskimage', text) diskImage?: string;
  @Key('cloud-image', text) cloudImage?: string;
  @Key('min-ram', integer) minRam?: number;
  @Key('flavor-name', text) flavorName?: string;
  @Key('key-name', text) keyName?: string;
  @Key('console-log', flag) consoleLog?: boolean;
  @Key('boot-from-volume', flag) bootFromVolume?: boolean;
  @Key('volume-size', positive) volumeSize?: number;
  @Key('instance-properties', textMap) instanceProperties?: Readonly<Record<string, string>>;
  @Key('dynamic-instance-properties', textMap) dynamicInstanceProperties?: Readonly<Record<string, string>>;
  @Key('userdata', text) userdata?: string;
  @Key('networks', textList) networks?: readonly string[];
  @Key('host-key-checking', flag) hostKeyChecking?: boolean;
}

export class OpenStackPoolSchema extends PoolSchema {
  @Key('max-volumes', limit) maxVolumes?: number;
  @Key('max-volume-gb', limit) maxVolumeGb?: number;
  @Key('ignore-provider-quota', flag) ignoreProviderQuota?: boolean;
  @Key('availability-zones', textList) availabilityZones?: readonly string[];
  @Key('networks', textList) networks?: readonly string[];
  @Key('security-groups', textList) securityGroups?: readonly string[];
  @Key('auto-floating-ip', flag) autoFloatingIp?: boolean;
  @Key('host-key-checking', flag) hostKeyChecking?: boolean;
  @Key('use-internal-ip', flag) useInternalIp?: boolean;
  @SectionList('labels', () => OpenStackLabelSchema) labels?: OpenStackLabelSchema[];
}

export class OpenStackProviderSchema extends ProviderSchema {
  @Key('cloud', text) cloud?: string;
  @Key('region-name', text) regionName?: string;
  @Key('boot-timeout', positive) bootTimeout?: number;
  @Key('launch-timeout', positive) launchTimeout?: number;
  @Key('launch-retries', positive) launchRetries?: number;
  /** Deprecated long ago: accepted and ignored. */
  @Key('nodepool-id', text) nodepoolId?: string;
  @Key('rate', rate) rate?: number;
  @Key('hostname-format', text) hostnameFormat?: string;
  @BuilderKey('image-name-format', text) imageNameFormat?: string;
  @Key('clean-floating-ips', flag) cleanFloatingIps?: boolean;
  @Key('port-cleanup-interval', count) portCleanupInterval?: number;
  @BuilderKey('image-upload-timeout', positive) imageUploadTimeout?: number;
  @BuilderKey('post-upload-hook', text) postUploadHook?: string;
  @SectionList('diskimages', () => ProviderImageSchema) diskImages?: ProviderImageSchema[];
  @SectionList('cloud-images', () => CloudImageSchema) cloudImages?: CloudImageSchema[];
  @SectionList('pools', () => OpenStackPoolSchema) pools?: OpenStackPoolSchema[];
}

/** The fake cloud's knobs (quota, delays, failures) travel as they are. */
export class FakeProviderSchema extends OpenStackProviderSchema {
  @Key('fake', freeMap) fake?: Readonly<Record<string, unknown>>;
}
