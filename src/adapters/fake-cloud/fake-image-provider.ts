import type { CloudImage, ImageProvider, ImageUploadSpec } from '../../ports/compute/images.js';
import type { FakeCloud } from './fake-cloud.js';

/** The image store of a fake cloud. Files are not read. */
export class FakeImageProvider implements ImageProvider {
  constructor(private readonly cloud: FakeCloud) {}

  upload(spec: ImageUploadSpec, signal: AbortSignal): Promise<string> {
    return this.cloud.uploadImage(spec, signal);
  }

  remove(externalId: string, signal: AbortSignal): Promise<void> {
    return this.cloud.deleteImage(externalId, signal);
  }

  list(signal: AbortSignal): Promise<readonly CloudImage[]> {
    return this.cloud.listImages(signal);
  }
}
