import type { DamagedRecord, Stored } from '../../domain/model/stored.js';
import type { Parsed } from './record-codec.js';

/** A record as a mirror knows it. */
export class KnownRecord<T> {
  stored: Stored<T> | undefined;
  damaged: DamagedRecord | undefined;
  /** Lists asked for before this moment, in the mirror's own counting, say nothing about it. */
  tick = 0;
  private changeId: number | undefined;

  /** @param id its name, or its path where the mirror has many folders */
  constructor(readonly id: string) {}

  /** Was it read or created, as opposed to merely listed? */
  get known(): boolean {
    return this.stored !== undefined || this.damaged !== undefined;
  }

  /** The order number of the change that we know; undefined for a creation of our own, whose answer carries none. */
  get modifiedId(): number | undefined {
    return this.changeId;
  }

  /** Is this newer than, and different from, what we know? Learns the order number in passing. */
  isNews(parsed: Parsed<T>, modifiedId: number | undefined): boolean {
    if (!this.known || modifiedId === undefined) return true;
    if (this.changeId !== undefined) return modifiedId > this.changeId;
    const sameVersion = 'stored' in parsed && parsed.stored.version === this.stored?.version;
    if (sameVersion) this.changeId = modifiedId;
    return !sameVersion;
  }

  take(parsed: Parsed<T>, modifiedId: number | undefined): void {
    this.changeId = modifiedId;
    this.stored = 'stored' in parsed ? parsed.stored : undefined;
    this.damaged = 'damaged' in parsed ? parsed.damaged : undefined;
  }
}
