import type { EngineChange, LoadReport, StoreEngine } from '../../ports/coordination/store-engine.js';
import { StoreInUseError } from '../../ports/coordination/store-engine.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { SimulatedDisk } from './simulated-disk.js';

export interface SimulatedEngineOptions {
  readonly disk: SimulatedDisk;
  readonly clock: Clock;
  /** Seconds that the next commit takes. */
  readonly delay: () => number;
}

/** An engine whose disk is slow, full, or cut off from it in the middle of a commit, as a simulation wants it. */
export class SimulatedEngine implements StoreEngine {
  private closed = false;

  constructor(private readonly options: SimulatedEngineOptions) {}

  async load(take: (key: string, value: Uint8Array) => void): Promise<LoadReport> {
    const { disk } = this.options;
    if (!disk.take(this)) throw new StoreInUseError('the simulated disk', null);
    const { content, torn } = disk.read();
    for (const [key, value] of content) take(key, value);
    return { dropped: torn ? ['a torn batch at the end'] : [] };
  }

  async append(batch: readonly EngineChange[]): Promise<void> {
    const { clock, delay, disk } = this.options;
    if (this.closed) throw new Error('the simulated engine is closed');
    // The process of a crash may go on for a while in a simulation; its disk is another's by now.
    if (!disk.belongsTo(this)) return never();
    if (disk.full) {
      await sleep(clock, delay());
      throw Object.assign(new Error('No space left on device'), { code: 'ENOSPC' });
    }
    disk.write(batch.map(({ key, value }) => ({ key, value: value && Uint8Array.from(value) })));
    await sleep(clock, delay());
    if (!disk.belongsTo(this)) return never();
    disk.sync();
  }

  async compact(): Promise<void> {
    this.options.disk.compact();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.options.disk.release(this);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
