import type { EngineChange } from '../../ports/coordination/store-engine.js';

type Batch = readonly EngineChange[];

/** What a loss of power or the end of the process leaves of the batches that were not yet answered. */
export interface Survivors {
  /** Of those under way, how many are there all the same; the rest is lost. */
  readonly keep: number;
  /** The first one that is not kept left a torn end behind. */
  readonly torn: boolean;
}

/** What outlives the process in a simulation: batches in the order of their commits, one engine at a time. */
export class SimulatedDisk {
  private readonly kept: Batch[] = [];
  private underWay: Batch[] = [];
  private owner: object | null = null;
  private tornEnd = false;
  /** No batch but an empty one fits any more. */
  full = false;

  get hasOwner(): boolean {
    return this.owner !== null;
  }

  take(owner: object): boolean {
    if (this.owner !== null) return false;
    this.owner = owner;
    return true;
  }

  release(owner: object): void {
    if (this.owner === owner) this.owner = null;
  }

  belongsTo(owner: object): boolean {
    return this.owner === owner;
  }

  write(batch: Batch): void {
    this.underWay.push(batch);
  }

  /** The oldest batch under way is safe. */
  sync(): void {
    const batch = this.underWay.shift();
    if (batch) this.kept.push(batch);
  }

  /** The process is gone, and with it what was not synced, but for a part that made it in time. */
  crash({ keep, torn }: Survivors): void {
    this.kept.push(...this.underWay.slice(0, keep));
    this.tornEnd = torn && this.underWay.length > keep;
    this.underWay = [];
    this.owner = null;
  }

  /** Everything that is kept, later batches over earlier ones; tells whether a torn end was dropped. */
  read(): { readonly content: ReadonlyMap<string, Uint8Array>; readonly torn: boolean } {
    const content = new Map<string, Uint8Array>();
    for (const batch of this.kept) {
      for (const { key, value } of batch) {
        if (value === null) content.delete(key);
        else content.set(key, value);
      }
    }
    const torn = this.tornEnd;
    this.tornEnd = false;
    return { content, torn };
  }

  /** Batches kept as one, as compaction leaves them. */
  compact(): void {
    const { content } = this.read();
    this.kept.splice(
      0,
      this.kept.length,
      [...content].map(([key, value]) => ({ key, value })),
    );
  }
}
