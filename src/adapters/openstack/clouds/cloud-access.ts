/** A cloud of `clouds.yaml` in one region, understood: what is needed to speak with it (spec BUILDER 6.1). */
import type { CloudProxies } from './cloud-proxies.js';
import type { Secret } from '../../../domain/config/secret.js';

export const CLOUD_SERVICES = ['compute', 'image', 'network', 'volume', 'identity', 'object-store'] as const;
export type CloudService = (typeof CLOUD_SERVICES)[number];

export interface CloudAccess {
  /** The entry's name. */
  readonly name: string;
  /** Null: the cloud has one region, or does not tell them apart. */
  readonly region: string | null;
  readonly auth: CloudAuth;
  readonly services: Readonly<Record<CloudService, ServiceAccess>>;
  readonly tls: CloudTls;
  /** Default: none. */
  readonly proxies?: CloudProxies;
  /** Seconds for one call, `api_timeout`; null = the caller's own. */
  readonly apiTimeout: number | null;
  readonly networks: readonly CloudNetwork[];
  /** Of images to upload. */
  readonly imageFormat: string;
  /** Upload through a task of the image service instead of a PUT. */
  readonly imageApiUseTasks: boolean;
  /** Null: the cloud has no floating addresses. */
  readonly floatingIpSource: 'neutron' | 'nova' | null;
  /** Null: the cloud has no security groups. */
  readonly securityGroupSource: 'neutron' | 'nova' | null;
  /** Clients connect to the private address. */
  readonly private: boolean;
  readonly forceIpv4: boolean;
  /** How old an answer may be that is used again, in seconds; 0 = ask anew. */
  readonly cacheExpiration: CacheExpiration;
  /** Image properties that keep a vendor's agent out. */
  readonly disableVendorAgent: Readonly<Record<string, string>>;
  /** Calls are also counted below this prefix, in the manner of the SDK; null = they are not. */
  readonly sdkMetricsPrefix: string | null;
}

export interface CacheExpiration {
  readonly server: number;
  readonly port: number;
  readonly floatingIp: number;
}

/** By id, or by name in a domain; ids win. */
export interface DomainRef {
  readonly id: string | null;
  readonly name: string | null;
  /** Nobody has named it; it is then the domain with the id `default`. */
  readonly isDefault: boolean;
}

export interface UserRef {
  readonly id: string | null;
  readonly name: string | null;
  readonly domain: DomainRef;
}

export type CloudScope =
  | { readonly kind: 'project'; readonly id: string | null; readonly name: string | null; readonly domain: DomainRef }
  | { readonly kind: 'domain'; readonly domain: DomainRef }
  | { readonly kind: 'system' }
  | { readonly kind: 'unscoped' };

export type CloudAuth =
  | {
      readonly kind: 'password';
      readonly url: string;
      /** 2 = identity API v2.0 whatever the URL says; null = by URL and discovery. */
      readonly version: 2 | 3 | null;
      readonly user: UserRef;
      readonly password: Secret;
      readonly scope: CloudScope;
    }
  | {
      readonly kind: 'token';
      readonly url: string;
      readonly version: 2 | 3 | null;
      readonly token: Secret;
      readonly scope: CloudScope;
    }
  | {
      readonly kind: 'application-credential';
      readonly url: string;
      readonly id: string | null;
      /** With `user`, when there is no id. */
      readonly name: string | null;
      readonly user: UserRef;
      readonly secret: Secret;
    }
  /** No identity service: `none` and `admin_token`. */
  | { readonly kind: 'fixed'; readonly endpoint: string | null; readonly token: Secret | null };

/** Settings of one service; null = the cloud's own. */
export interface ServiceAccess {
  /** False: `has_<service>: false`; it is not used, whatever the catalogue says. */
  readonly enabled: boolean;
  /** Interfaces in order of preference: `public`, `internal`, `admin`. */
  readonly interfaces: readonly string[];
  readonly region: string | null;
  /** `<service>_service_type`: the type in the catalogue. */
  readonly type: string | null;
  readonly serviceName: string | null;
  readonly endpointOverride: string | null;
  readonly apiVersion: string | null;
  readonly defaultMicroversion: string | null;
}

export interface CloudTls {
  readonly verify: boolean;
  /** Paths of PEM files. */
  readonly cacert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** Flags of one network of the cloud. */
export interface CloudNetwork {
  readonly name: string;
  readonly routesIpv4Externally: boolean;
  readonly routesIpv6Externally: boolean;
  readonly natSource: boolean;
  readonly natDestination: boolean;
  readonly defaultInterface: boolean;
}
