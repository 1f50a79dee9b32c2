import type { ImageUploadSpec } from '../../src/ports/compute/images.js';
import type { InstanceImage, InstanceSpec, Provider } from '../../src/ports/compute/provider.js';

/** What a driver brings to have its provider checked by the driver contract. */
export interface ComputeBench {
  readonly provider: Provider;
  /** A complete spec of an instance that can be made, for that node. */
  spec(nodeId: string): InstanceSpec;
  /** An image that does not exist. */
  readonly unknownImage: InstanceImage;
  /** Something that can be uploaded; null if the provider keeps no images. */
  readonly upload: ImageUploadSpec | null;
  /** Lets time pass until the promise has settled, and answers it. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** From now on the account is full; null if that cannot be had. */
  readonly exhaustQuota: (() => void) | null;
  /** The next create gets no answer; null if that cannot be had. */
  readonly hangNextCreate: (() => void) | null;
  /** The next instance never runs; null if that cannot be had. */
  readonly breakNextBoot: (() => void) | null;
  close(): Promise<void>;
}
