/** What providers of all drivers from outside have; each driver adds keys of its own. */
import { BuilderKey, Key, RequiredKey, SectionList } from '../schema-key.js';
import { flag, imageFormat, positive, text, textList, textMap } from '../value-kinds.js';
import { CloudImageSchema, ProviderImageSchema } from './openstack.schema.js';
import { PoolSchema, ProviderSchema } from './provider.schema.js';

/** Of drivers whose labels need no images. */
export class ImagelessProviderSchema extends ProviderSchema {
  @Key('module', text) module?: string;
  @Key('boot-timeout', positive) bootTimeout?: number;
  @Key('launch-timeout', positive) launchTimeout?: number;
  @Key('launch-retries', positive) launchRetries?: number;
  @Key('hostname-format', text) hostnameFormat?: string;
}

export class PluginProviderSchema extends ImagelessProviderSchema {
  @BuilderKey('image-name-format', text) imageNameFormat?: string;
  @BuilderKey('image-upload-timeout', positive) imageUploadTimeout?: number;
  @BuilderKey('image-format', imageFormat) imageFormat?: string;
  @BuilderKey('post-upload-hook', text) postUploadHook?: string;
  @SectionList('diskimages', () => ProviderImageSchema) diskImages?: ProviderImageSchema[];
  @SectionList('cloud-images', () => CloudImageSchema) cloudImages?: CloudImageSchema[];
}

export class PluginPoolSchema extends PoolSchema {
  @Key('ignore-provider-quota', flag) ignoreProviderQuota?: boolean;
  @Key('availability-zones', textList) availabilityZones?: readonly string[];
  @Key('host-key-checking', flag) hostKeyChecking?: boolean;
  @Key('use-internal-ip', flag) useInternalIp?: boolean;
}

export class ImagelessLabelSchema {
  @RequiredKey('name', text) name?: string;
  @Key('console-log', flag) consoleLog?: boolean;
  @Key('host-key-checking', flag) hostKeyChecking?: boolean;
  @Key('instance-properties', textMap) instanceProperties?: Readonly<Record<string, string>>;
  @Key('dynamic-instance-properties', textMap) dynamicInstanceProperties?: Readonly<Record<string, string>>;
}

export class PluginLabelSchema extends ImagelessLabelSchema {
  @Key('diskimage', text) diskImage?: string;
  @Key('cloud-image', text) cloudImage?: string;
}
