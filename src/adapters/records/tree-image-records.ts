import type { LeaseManager } from '../../ports/coordination/lease.js';
import type { ImageOrders, ImageRecords } from '../../ports/records/images.js';
import { ImageMirror } from './image-mirror.js';
import { ImageStore } from './image-store.js';
import { buildRequestPath, pausePath } from './paths.js';
import { TreeBuildRecords } from './tree-build-records.js';
import { TreeUploadRecords } from './tree-upload-records.js';
import type { WatchContext } from './watch-group.js';

export class TreeImageRecords implements ImageRecords {
  readonly view: ImageMirror;
  readonly builds: TreeBuildRecords;
  readonly uploads: TreeUploadRecords;
  readonly orders: ImageOrders;

  constructor(context: WatchContext, leases: LeaseManager) {
    this.view = new ImageMirror(context);
    const images = new ImageStore(context.store, context.clock, this.view);
    this.builds = new TreeBuildRecords(context.store, leases, images);
    this.uploads = new TreeUploadRecords(leases, images);
    this.orders = new TreeImageOrders(images);
  }
}

class TreeImageOrders implements ImageOrders {
  constructor(private readonly images: ImageStore) {}

  requestBuild(image: string): Promise<void> {
    return this.images.ensure(buildRequestPath(image));
  }

  async removeBuildRequest(image: string): Promise<void> {
    await this.images.remove(image, buildRequestPath(image));
  }

  pause(image: string): Promise<void> {
    return this.images.ensure(pausePath(image));
  }

  async unpause(image: string): Promise<void> {
    await this.images.remove(image, pausePath(image));
  }
}
