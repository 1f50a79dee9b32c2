/** Everything but the providers, which their drivers read (spec BUILDER 1.2 to 1.4). */
import type { ZooKeeperClientName } from '../../../domain/config/config.js';
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
  oneOf,
  port,
  seconds,
  sha256,
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

/** Ours alone. */
export class ZooKeeperSaslSchema {
  @RequiredKey('username', text) username?: string;
  @RequiredKey('password', text) password?: string;
}

/** Ours alone. */
export class StoreSchema {
  @RequiredKey('directory', text) directory?: string;
  @Key('session-timeout', seconds) sessionTimeout?: number;
}

export class LeaseApiTlsSchema {
  @RequiredKey('cert', text) cert?: string;
  @RequiredKey('key', text) key?: string;
}

/** Where machines are leased over HTTP; ours alone. */
export class LeaseApiSchema {
  @Key('listen-address', text) listenAddress?: string;
  @Key('port', port) port?: number;
  @Section('tls', () => LeaseApiTlsSchema) tls?: LeaseApiTlsSchema;
  @Key('socket', text) socket?: string;
  @Key('keep-ended', seconds) keepEnded?: number;
  @Key('identity', text) identity?: string;
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
  @Section('zookeeper-sasl', () => ZooKeeperSaslSchema) zookeeperSasl?: ZooKeeperSaslSchema;
  /** Ours alone. */
  @Key('zookeeper-client', oneOf('wire', 'native')) zookeeperClient?: ZooKeeperClientName;
  @Section('store', () => StoreSchema) store?: StoreSchema;
  @Section('lease-api', () => LeaseApiSchema) leaseApi?: LeaseApiSchema;
  /** Another place for `lease-api.socket`. */
  @Key('socket', text) socket?: string;
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

export class LeaseTokenSchema {
  @RequiredKey('name', text) name?: string;
  @RequiredKey('sha256', sha256) sha256?: string;
  @Key('scopes', textList) scopes?: readonly string[];
  @Key('tenant', text) tenant?: string;
  @Key('labels', textList) labels?: readonly string[];
  @Key('max-leases', integer) maxLeases?: number;
  @Key('max-duration', integer) maxDuration?: number;
  @Key('max-priority', integer) maxPriority?: number;
}

/** The secure file: everything else in it is ignored (spec BUILDER 1.11). */
export class SecureSchema {
  @SectionList('zookeeper-servers', () => ZooKeeperServerSchema) zookeeperServers?: ZooKeeperServerSchema[];
  @Section('zookeeper-tls', () => ZooKeeperTlsSchema) zookeeperTls?: ZooKeeperTlsSchema;
  @Section('zookeeper-sasl', () => ZooKeeperSaslSchema) zookeeperSasl?: ZooKeeperSaslSchema;
  @SectionList('diskimages', () => SecureDiskImageSchema) diskImages?: SecureDiskImageSchema[];
  @SectionList('lease-tokens', () => LeaseTokenSchema) leaseTokens?: LeaseTokenSchema[];
}
