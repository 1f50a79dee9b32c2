import type { InstanceImage } from '../../domain/model/instance-image.js';
import type { PoolConfig } from '../../domain/config/config.js';
import type { DriverCapabilities } from '../../ports/compute/driver.js';
import type { ImageUploadSpec } from '../../ports/compute/images.js';
import type { InstanceSpec, Provider } from '../../ports/compute/provider.js';

/** Benches written for API 1.0 know nothing of the key. */
export type BenchSpec = Omit<InstanceSpec, 'idempotencyKey'> & Partial<Pick<InstanceSpec, 'idempotencyKey'>>;

/** Brings something about in the cloud; null or absent if that cannot be had. */
export type Knob = (() => void | Promise<void>) | null;

/**
 * What a driver brings to have its provider checked. A bench serves one check and starts in a clean state. Whatever is null or
 * absent makes the checks that need it count as skipped, with the reason.
 */
export interface DriverBench {
  /** Not started yet. */
  readonly provider: Provider;
  /** A complete spec of an instance that can be made, for that node. The key may be left out: it is filled in. */
  spec(nodeId: string): BenchSpec;
  /** An image that does not exist. */
  readonly unknownImage: InstanceImage;
  /** For drivers whose labels say what to make: a spec with such a label, of an image that does not exist (since 1.2). */
  readonly specOfUnknownImage?: (nodeId: string) => BenchSpec;
  /** Something that can be uploaded; null if the provider keeps no images. */
  readonly upload: ImageUploadSpec | null;
  /** Lets time pass until the promise has settled, and answers it. With real time: answers the promise. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** From now on the account is full. */
  readonly exhaustQuota: Knob;
  /** The next create gets no answer. */
  readonly hangNextCreate: Knob;
  /** `hangNextCreate` makes the whole cloud silent, as real ones are when they hang. */
  readonly hangsAll?: boolean;
  /** The next instance never runs. */
  readonly breakNextBoot: Knob;
  close(): Promise<void>;

  /** What the driver says it can do. Default: what can be seen of the provider. */
  readonly capabilities?: DriverCapabilities;
  /** Another provider object on the same account, as after a restart; not started yet. */
  readonly reopen?: (() => Provider) | null;
  /** The next create is carried out, but its answer is lost on the way. */
  readonly loseNextAnswer?: Knob;
  /** The next call to the cloud is refused for calling too often. */
  readonly limitNextCall?: Knob;
  /** The next create is refused for want of room in the cloud, not of quota. */
  readonly refuseForCapacity?: Knob;
  /** The next call to the cloud fails for no reason that could be known (a 500). */
  readonly failNextCall?: Knob;
  /** A provider whose credentials the cloud refuses; not started yet. */
  readonly strangeCredentials?: (() => Provider) | null;
  /** Somebody else deletes the instance. */
  readonly removeBehindBack?: ((externalId: string) => void | Promise<void>) | null;
  /** Instances in the cloud itself, whatever the driver lists: ids by node id. */
  readonly cloudInstances?: (() => readonly string[] | Promise<readonly string[]>) | null;
  /** Texts that must not appear in any error. */
  readonly secrets?: readonly string[];
  /** For providers of machines that exist by themselves: a pool with at least one machine that answers. */
  readonly fixedPool?: PoolConfig | null;
}
