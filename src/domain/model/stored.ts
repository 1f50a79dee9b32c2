/** A record with its id and the store's version of it, as read at one moment. */
export interface Stored<T> {
  readonly id: string;
  readonly value: T;
  /** The store's version: a write conditional on it fails if somebody wrote in between. */
  readonly version: number;
}

/** A record that could not be understood. It is shown, never acted on except by cleanup. */
export interface DamagedRecord {
  readonly id: string;
  readonly path: string;
  readonly problem:
    | 'empty'
    | 'not-json'
    | 'not-an-object'
    | 'no-state'
    | 'unknown-state'
    | 'bad-id'
    | 'wrong-type'
    | 'too-large'
    | 'too-deep'
    | 'unreadable';
  readonly detail: string;
  /** When the record was last written, seconds since the epoch by the store's clock. */
  readonly modifiedTime: number;
}
