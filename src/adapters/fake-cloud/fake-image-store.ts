import { ProviderError } from '../../ports/compute/errors.js';
import type { CloudImage, ImageUploadSpec } from '../../ports/compute/images.js';

/** A disk image in the fake cloud, with what was uploaded. */
export interface FakeImage extends CloudImage {
  readonly format: string;
  readonly file: string;
}

/** The disk images of one fake cloud. Ids are never used again, so that a deleted image can be told from an unknown one. */
export class FakeImageStore {
  private readonly images = new Map<string, FakeImage>();
  private readonly deleted = new Set<string>();

  get all(): readonly FakeImage[] {
    return [...this.images.values()];
  }

  has(externalId: string): boolean {
    return this.images.has(externalId);
  }

  wasDeleted(externalId: string): boolean {
    return this.deleted.has(externalId);
  }

  /** @throws ProviderError if the image asks for failure (spec BUILDER 6.14) */
  static check(spec: ImageUploadSpec): void {
    if (spec.properties['SHOULD_FAIL'] === 'true') {
      throw new ProviderError('transient', `The image ${spec.name} is marked SHOULD_FAIL`);
    }
  }

  add(externalId: string, spec: ImageUploadSpec): void {
    const { name, format, file } = spec;
    this.images.set(externalId, { externalId, name, format, file, properties: { ...spec.properties } });
  }

  remove(externalId: string): void {
    if (this.images.delete(externalId)) this.deleted.add(externalId);
  }

  clear(): void {
    this.images.clear();
    this.deleted.clear();
  }
}
