/** Everything but the providers, which their drivers read (spec BUILDER 1.2 to 1.4). */
import type { ZooKeeperClientName } from '../../../domain/config/config.js';
import { Key, RequiredKey, Section, SectionList } from '../schema-key.js';
import type { ValueKind } from '../value-kinds.js';
import {
  anything,
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
  @Key('listen_address', text) listenAddress?: string;
  @Key('builder_port', port) builderPort?: number;
}

export class ZooKeeperServerSchema {
  @RequiredKey('host', text) host?: string;
  @Key('port', port) port?: number;
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
  @RequiredKey('name', text) name?: string;
  @Key('min-ready', integer) minReady?: number;
  @Key('max-ready-age', integer) maxReadyAge?: number;
}

export class DiskImageSchema {
  @RequiredKey('name', text) name?: string;
  @Key('elements', textList) elements?: readonly string[];
  @Key('release', textOrInteger) release?: string;
  @Key('rebuild-age', integer) rebuildAge?: number;
  @Key('env-vars', environment) envVars?: Readonly<Record<string, string>>;
  @Key('formats', textList) formats?: readonly string[];
  @Key('pause', flag) pause?: boolean;
  @Key('username', text) username?: string;
  @Key('build-timeout', integer) buildTimeout?: number;
  @Key('python-path', text) pythonPath?: string;
  @Key('shell-type', text) shellType?: string;
  @Key('dib-cmd', text) dibCmd?: string;
  @Key('parent', text) parent?: string;
  @Key('abstract', flag) abstract?: boolean;
  @Key('metadata', textMap) metadata?: Readonly<Record<string, string>>;
  @Key('delete-after-upload', flag) deleteAfterUpload?: boolean;
  @Key('keep-formats', textList) keepFormats?: readonly string[];
}

/** Read by others: providers by their drivers, tenants as free maps. */
const list: ValueKind<unknown> = { ...anything, type: 'list', schema: { type: 'array' } };

export class TopLevelSchema {
  @Section('webapp', () => WebappSchema) webapp?: WebappSchema;
  @Key('elements-dir', text) elementsDir?: string;
  @Key('images-dir', text) imagesDir?: string;
  /** MiB; ours alone. */
  @Key('images-min-free', integer) imagesMinFree?: number;
  @Key('build-log-dir', text) buildLogDir?: string;
  @Key('build-log-retention', integer) buildLogRetention?: number;
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
