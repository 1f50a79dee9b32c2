import type { RecordCodec } from './record-codec.js';

/** What locking and writing need to know of nodes and requests in common. */
export interface StatefulRecord {
  readonly state: string;
  readonly stateTime: number;
}

export interface LockableKind<T> {
  readonly codec: RecordCodec<T>;
  readonly recordPath: (id: string) => string;
  readonly lockPath: (id: string) => string;
  /** Where locks lie beside the records, their folder may have to be made, and a lock of nothing is removed again. */
  readonly lockBeside: boolean;
}
