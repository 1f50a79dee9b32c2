import type { DataCommands, ImageData } from '../../ports/administration/commands.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { eraseNodes } from './erase-nodes.js';
import { exportImages } from './image-export.js';
import { importImages } from './image-import.js';
import { isRecordName } from './record-name.js';

/** Works on the store itself: it moves records as they are, and removes some whose locks belong to others. */
export class DataOrders implements DataCommands {
  constructor(
    private readonly records: Records,
    private readonly store: TreeStore,
    private readonly clock: Clock,
  ) {}

  async eraseUploads(provider: string): Promise<void> {
    if (isRecordName(provider)) await this.records.images.uploads.eraseProvider(provider);
  }

  async eraseNodes(provider: string): Promise<void> {
    const nodes = [...this.records.nodes.view.all().values()];
    const ids = nodes.filter(({ value }) => value.provider === provider).map(({ id }) => id);
    await eraseNodes(this.store, this.clock, ids);
  }

  exportImages(): Promise<ImageData> {
    return exportImages(this.store);
  }

  importImages(data: ImageData): Promise<void> {
    return importImages(this.store, data);
  }
}
