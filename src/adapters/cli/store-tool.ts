import type { Readable } from 'node:stream';
import type { CommonOptions, TextSink } from './session.js';

/** What `nodepool store` is to do. */
export interface StoreOrder {
  readonly action: 'check' | 'dump' | 'backup' | 'restore' | 'export' | 'import';
  /** Of backup and restore. */
  readonly file: string | null;
  /** The ZooKeeper of the configuration in place of the store. */
  readonly zookeeper: boolean;
  /** Over what is there. */
  readonly force: boolean;
}

export interface Streams {
  readonly stdin: Readable;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

/** Carries out `nodepool store`; answers the exit status, 0 or 1. @throws Error saying what is wrong; nothing was changed then */
export type StoreTool = (options: CommonOptions, order: StoreOrder, streams: Streams) => Promise<number>;
