/**
 * The validated configuration as plain values (spec BUILDER 1). Every default is filled in; durations are seconds.
 * How it is read from YAML is the business of `adapters/config-yaml`.
 */
import type { LeaseApiConfig, LeaseTokenConfig } from './lease-api.js';
import type { Resources } from '../model/quota.js';
import type { Secret } from './secret.js';

export interface NodepoolConfig {
  /** `builderPort`: where the builder shows its metrics and explanations; without it it opens no port. */
  readonly webapp: { readonly port: number; readonly listenAddress: string; readonly builderPort?: number };
  readonly elementsDir: string | null;
  /** Required by the builder only. */
  readonly imagesDir: string | null;
  /** Bytes that must be free in the images directory for a build to start; absent = the image builder's own idea. */
  readonly imagesMinFree?: number;
  readonly buildLogDir: string;
  /** Logs kept per image; values below 1 act as 1, negative keeps all. */
  readonly buildLogRetention: number;
  /** Null when the file names no servers (an error for the daemons, fine for `config-validate` and the standalone process). */
  readonly zookeeper: ZooKeeperConfig | null;
  /** Null with ZooKeeper. */
  readonly store: StoreConfig | null;
  /** Seconds; Infinity = never. */
  readonly maxHoldAge: number;
  readonly labels: ReadonlyMap<string, LabelConfig>;
  /** Buildable images only: abstract entries are already merged into their children. */
  readonly diskImages: ReadonlyMap<string, DiskImageConfig>;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly tenantLimits: ReadonlyMap<string, Resources>;
  /** Where machines can be leased over HTTP; absent = nowhere. */
  readonly leaseApi?: LeaseApiConfig;
  /** Who may; from the secure file. */
  readonly leaseTokens?: readonly LeaseTokenConfig[];
}

export interface ZooKeeperConfig {
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** `''` or `/path`, the same for all servers. */
  readonly chroot: string;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | null;
  /** Session time-out in seconds. */
  readonly timeout: number;
  /** Name and password, where servers demand them. */
  readonly sasl: { readonly username: string; readonly password: Secret } | null;
  /** Which client speaks with it. */
  readonly client: ZooKeeperClientName;
}

/** Our own client of the wire protocol, or the npm package `zookeeper`. */
export type ZooKeeperClientName = 'wire' | 'native';

/** The store of the daemon that does without ZooKeeper. */
export interface StoreConfig {
  /** Absolute. */
  readonly directory: string;
  /** Seconds that locks outlive a process that was killed. */
  readonly sessionTimeout: number;
}

export interface LabelConfig {
  readonly name: string;
  readonly minReady: number;
  /** Seconds; 0 = no limit. */
  readonly maxReadyAge: number;
}

export interface DiskImageConfig {
  readonly name: string;
  readonly elements: readonly string[];
  readonly release: string;
  readonly rebuildAge: number;
  readonly envVars: Readonly<Record<string, string>>;
  /** Own formats plus those that the providers need, sorted. */
  readonly formats: readonly string[];
  readonly pause: boolean;
  readonly username: string;
  readonly buildTimeout: number;
  readonly pythonPath: string;
  readonly shellType: string | null;
  readonly dibCmd: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly deleteAfterUpload: boolean;
  readonly keepFormats: readonly string[];
}

export interface ProviderConfig {
  readonly name: string;
  /** `openstack`, `static`, `fake`, or the name of a plug-in. */
  readonly driver: string;
  /** Simultaneous launches over all pools; Infinity = no limit, 0 = accept nothing. */
  readonly maxConcurrency: number;
  readonly priority: number | null;
  /** Whether the driver keeps images of its own (static does not). */
  readonly managesImages: boolean;
  /** Images to upload here, by name. An empty map deletes all uploads here. */
  readonly diskImages: ReadonlyMap<string, ProviderImageConfig>;
  readonly cloudImages: ReadonlyMap<string, CloudImageConfig>;
  readonly pools: ReadonlyMap<string, PoolConfig>;
  readonly launchTimeout: number;
  readonly bootTimeout: number;
  /** Number of attempts in total. */
  readonly launchRetries: number;
  readonly hostnameFormat: string;
  readonly imageNameFormat: string;
  readonly imageUploadTimeout: number;
  readonly postUploadHook: string | null;
  /** The file format this provider's cloud wants, e.g. `qcow2`. */
  readonly imageFormat: string;
  /** The provider's section as parsed, for the driver and for telling whether it changed. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * Why the provider is off until the configuration or its driver's package changes. What is known of its pools and images is here
   * all the same, so that nothing of it is taken for abandoned.
   */
  readonly problem?: string;
}

export interface ConnectionConfig {
  readonly connectionType: string;
  readonly connectionPort: number;
}

export interface ProviderImageConfig extends ConnectionConfig {
  readonly name: string;
  readonly pause: boolean;
  readonly configDrive: boolean | null;
  readonly meta: Readonly<Record<string, string>>;
}

export interface CloudImageConfig extends ConnectionConfig {
  readonly name: string;
  readonly imageId: string | null;
  readonly imageName: string | null;
  readonly configDrive: boolean | null;
  readonly username: string | null;
  readonly pythonPath: string;
  readonly shellType: string | null;
}

export interface PoolConfig {
  readonly name: string;
  readonly provider: string;
  /** Infinity when absent; 0 or less disables the pool. */
  readonly maxServers: number;
  /** The pool's own limits incl. `instances` (= max-servers); unlimited keys are absent. */
  readonly limits: Resources;
  readonly priority: number;
  readonly nodeAttributes: Readonly<Record<string, unknown>> | null;
  readonly ignoreProviderQuota: boolean;
  readonly availabilityZones: readonly string[];
  readonly useInternalIp: boolean;
  readonly labels: ReadonlyMap<string, PoolLabelConfig>;
  /** The pool's section as parsed, for the driver. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a pool makes a label from. Static pools use `none`: their nodes exist already. With `settings` the label's own say it all. */
export type LabelImage =
  | { readonly kind: 'diskimage'; readonly name: string }
  | { readonly kind: 'cloud-image'; readonly name: string }
  | { readonly kind: 'settings' }
  | { readonly kind: 'none' };

export interface PoolLabelConfig {
  readonly name: string;
  readonly image: LabelImage;
  readonly hostKeyChecking: boolean;
  readonly consoleLog: boolean;
  readonly instanceProperties: Readonly<Record<string, string>>;
  readonly dynamicInstanceProperties: Readonly<Record<string, string>>;
  /** Seconds; the provider's counts if this is absent. */
  readonly bootTimeout?: number;
  /** The label's section as parsed, for the driver (flavor, networks, volume size, …). */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A pool that takes no requests (spec LAUNCHER 2.4, 2.12). */
export function poolDisabled(pool: PoolConfig): boolean {
  return pool.maxServers <= 0;
}
