/** Everything but the providers, which their drivers read (spec BUILDER 1.2 to 1.4). */
import { BuilderKey, Key, RequiredKey, Section, SectionList } from '../schema-key.js';
import type { ValueKind } from '../value-kinds.js';
import {
  anything,
  count,
  host,
  imageFormats,
  labelName,
  pathName,
  remotePort,
  environment,
  flag,
  integer,
  port,
  seconds,
  text,
  textList,
  textMap,
  textOrInteger,
} from '../value-kinds.js';

export class WebappSchema {
  @Key('port', port) port?: number;
  @Key('listen_address', host) listenAddress?: string;
  @BuilderKey('builder_port', port) builderPort?: number;
}

export class ZooKeeperServerSchema {
  @RequiredKey('host', host) host?: string;
  @Key('port', remotePort) port?: number;
  @Key('chroot', text) chroot?: string;
}

export class ZooKeeperTlsSchema {
  @RequiredKey('cert', text) cert?: string;
  @RequiredKey('key', text) key?: string;
  @RequiredKey('ca', text) ca?: string;
}

export class LabelSchema {
  @RequiredKey('name', labelName) name?: string;
  @Key('min-ready', count) minReady?: number;
  @Key('max-ready-age', count) maxReadyAge?: number;
}

export class DiskImageSchema {
  @RequiredKey('name', pathName) name?: string;
  @BuilderKey('elements', textList) elements?: readonly string[];
  @BuilderKey('release', textOrInteger) release?: string;
  @BuilderKey('rebuild-age', count) rebuildAge?: number;
  @BuilderKey('env-vars', environment) envVars?: Readonly<Record<string, string>>;
  @BuilderKey('formats', imageFormats) formats?: readonly string[];
  @BuilderKey('pause', flag) pause?: boolean;
  @BuilderKey('username', text) username?: string;
  @BuilderKey('build-timeout', count) buildTimeout?: number;
  @BuilderKey('python-path', text) pythonPath?: string;
  @BuilderKey('shell-type', text) shellType?: string;
  @BuilderKey('dib-cmd', text) dibCmd?: string;
  @BuilderKey('parent', text) parent?: string;
  @BuilderKey('abstract', flag) abstract?: boolean;
  @BuilderKey('metadata', textMap) metadata?: Readonly<Record<string, string>>;
  @BuilderKey('delete-after-upload', flag) deleteAfterUpload?: boolean;
  @BuilderKey('keep-formats', imageFormats) keepFormats?: readonly string[];
}

/** Read by others: providers by their drivers, tenants as free maps. */
const list: ValueKind<unknown> = { ...anything, type: 'list', schema: { type: 'array' } };

export class TopLevelSchema {
  @Section('webapp', () => WebappSchema) webapp?: WebappSchema;
  @BuilderKey('elements-dir', text) elementsDir?: string;
  @BuilderKey('images-dir', text) imagesDir?: string;
  /** MiB; ours alone. */
  @BuilderKey('images-min-free', count) imagesMinFree?: number;
  @BuilderKey('build-log-dir', text) buildLogDir?: string;
  @BuilderKey('build-log-retention', integer) buildLogRetention?: number;
  @SectionList('zookeeper-servers', () => ZooKeeperServerSchema) zookeeperServers?: ZooKeeperServerSchema[];
  @Section('zookeeper-tls', () => ZooKeeperTlsSchema) zookeeperTls?: ZooKeeperTlsSchema;
  @Key('zookeeper-timeout', seconds) zookeeperTimeout?: number;
  @SectionList('labels', () => LabelSchema) labels?: LabelSchema[];
  @SectionList('diskimages', () => DiskImageSchema) diskImages?: DiskImageSchema[];
  @Key('providers', list) providers?: unknown;
  @Key('max-hold-age', integer) maxHoldAge?: number;
  @Key('tenant-resource-limits', list) tenantResourceLimits?: unknown;
}

export class SecureDiskImageSchema {
  @RequiredKey('name', text) name?: string;
  @RequiredKey('env-vars', environment) envVars?: Readonly<Record<string, string>>;
}

/** The secure file: everything else in it is ignored (spec BUILDER 1.11). */
export class SecureSchema {
  @SectionList('zookeeper-servers', () => ZooKeeperServerSchema) zookeeperServers?: ZooKeeperServerSchema[];
  @Section('zookeeper-tls', () => ZooKeeperTlsSchema) zookeeperTls?: ZooKeeperTlsSchema;
  @SectionList('diskimages', () => SecureDiskImageSchema) diskImages?: SecureDiskImageSchema[];
}
