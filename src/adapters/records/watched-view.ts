import type { MirrorQueues } from '../../ports/records/records.js';
import type { WatchGroup } from './watch-group.js';

/** What all mirrors answer alike: how far their group of watches has come. */
export abstract class WatchedView {
  protected abstract readonly group: WatchGroup;

  close(): void {
    this.group.close();
  }

  /** What waits to be taken into the mirror. */
  get queues(): MirrorQueues {
    return { event: this.group.reading, playback: this.group.unreadCells };
  }

  get complete(): boolean {
    return this.group.complete;
  }

  ready(signal?: AbortSignal): Promise<void> {
    return this.group.ready(signal);
  }
}
