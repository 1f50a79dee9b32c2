/**
 * One configured provider of machines, as its driver sees it. All methods but the synchronous ones honour `signal`;
 * none may block the event loop. Times are seconds.
 *
 * Excluded: records, quota decisions, retries, host-key scans and image retention; these are the use cases' business.
 */
import type { InstanceImage } from '../../domain/model/instance-image.js';
import type { PoolConfig, PoolLabelConfig } from '../../domain/config/config.js';
import type { FixedSlot } from '../../domain/model/fixed-slot.js';
import type { Resources } from '../../domain/model/quota.js';
import type { ImageProvider } from './images.js';
import type { LeakedResourceProvider } from './leaked-resources.js';

export interface InstanceSpec {
  /** For people and for metadata. It repeats: in another installation, and in ours once its store was lost. */
  readonly nodeId: string;
  /**
   * What an instance may be found by again: installation, provider and node as one text. Launching again with a key that has an instance
   * already must adopt or replace that one, not make a second one; an instance of another key must never be answered, even
   * if it has the same provider and node. Where only metadata can be searched: `nodepool_installation_id` is in it. Since API 1.1.
   */
  readonly idempotencyKey: string;
  readonly hostname: string;
  readonly pool: PoolConfig;
  readonly label: PoolLabelConfig;
  /** The cloud's id of the disk image, or the configured cloud image. */
  readonly image: InstanceImage;
  readonly az: string | null;
  /** Complete: the nodepool keys are in it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is known of an instance that runs. Absent values are null. */
export interface Instance {
  readonly externalId: string;
  /** Null only beside a `connectionPort` that is an object. */
  readonly interfaceIp: string | null;
  readonly publicIpv4: string | null;
  readonly privateIpv4: string | null;
  readonly publicIpv6: string | null;
  /** For clouds whose internal networks have IPv6 only; may be left out. */
  readonly privateIpv6?: string | null;
  readonly az: string | null;
  readonly region: string | null;
  readonly cloud: string | null;
  readonly hostId: string | null;
  /** What it really takes, if the driver knows better than `resourcesOf`. */
  readonly resources: Resources | null;
  /** Host keys the driver knows without a scan; null = scan. */
  readonly hostKeys: readonly string[] | null;
  /**
   * Where it is connected to if that is not the port of its image, as with a forwarded port (since 1.1); may be left out. An object
   * is whatever clients need to get in, credentials included (since 1.2): it goes into the record as it is and is shown nowhere,
   * and no host keys are scanned.
   */
  readonly connectionPort?: number | Readonly<Record<string, unknown>> | null;
  /** `connection_type`, if it is not that of the image (since 1.2); may be left out. */
  readonly connectionType?: string | null;
  /** Whom to connect as, if it is not the user of the image (since 1.2); may be left out. */
  readonly username?: string | null;
  /** Of the machine, if it is not that of the image (since 1.2); may be left out. */
  readonly pythonPath?: string | null;
  readonly shellType?: string | null;
}

/** Something that takes quota in the account, ours or not. */
export interface AccountInstance {
  readonly externalId: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly resources: Resources;
}

export interface LabelReadiness {
  readonly ready: boolean;
  /** Why not; `broken` = until the configuration changes. */
  readonly problem?: string;
  readonly broken?: boolean;
}

export interface Provider {
  /** Checks credentials and fills caches. Rejecting means the provider is off until tried again. Called once. */
  start(signal: AbortSignal): Promise<void>;

  /** Ends background work. Calls under way may finish or reject. Idempotent. */
  stop(): Promise<void>;

  /** Are the label's prerequisites in place (flavor, cloud image, …)? From caches, at once; capacity does not count. */
  labelReady(pool: PoolConfig, label: PoolLabelConfig): LabelReadiness;

  /** What one node of the label takes: `instances` at least. From caches, at once. */
  resourcesOf(pool: PoolConfig, label: PoolLabelConfig): Resources;

  /** The account's limits; a missing key is unlimited. */
  limits(signal: AbortSignal): Promise<Resources>;

  /** Zones to choose from when the pool names none; `[]` = the cloud has no zones. */
  availabilityZones(signal: AbortSignal): Promise<readonly string[]>;

  /**
   * Makes an instance and answers its id as soon as the cloud has accepted it, long before it runs.
   * @throws ProviderError; with `externalId` in its details when something was left behind
   */
  create(spec: InstanceSpec, signal: AbortSignal): Promise<string>;

  /** Resolves when the instance runs and has its addresses. @throws ProviderError when it never will, or the signal's reason. */
  waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance>;

  /** Deletes an instance with all that belongs to it and resolves when it is gone. Deleting what does not exist succeeds. */
  delete(externalId: string, signal: AbortSignal): Promise<void>;

  /** Everything in the account that takes quota or carries our metadata. */
  list(signal: AbortSignal): Promise<readonly AccountInstance[]>;

  /** The console's text, or null when there is none. */
  consoleLog(externalId: string, signal: AbortSignal): Promise<string | null>;

  /** Present if the provider keeps disk images. */
  readonly images: ImageProvider | null;

  /** Present if the account can be left with more than instances and images; may be left out. */
  readonly loose?: LeakedResourceProvider | null;

  /** Present if machines exist by themselves instead of being launched (static driver). */
  readonly fixed: FixedMachines | null;
}

/** Machines that are always there: the launcher registers them as ready nodes and only ever re-uses them. */
export interface FixedMachines {
  /** The slots of a pool as configured. */
  slots(pool: PoolConfig): readonly FixedSlot[];
  /** Is the machine alive with the right host keys? @throws when it is not */
  check(slot: FixedSlot, signal: AbortSignal): Promise<{ readonly hostKeys: readonly string[] }>;
}
