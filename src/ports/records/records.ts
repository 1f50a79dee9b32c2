import type { BuilderRegistry } from './builders.js';
import type { ImageRecords } from './images.js';
import type { InstallationRecord } from './installation.js';
import type { LauncherRegistry } from './launchers.js';
import type { LeaseRecords } from './leases.js';
import type { NodeRecords } from './nodes.js';
import type { RequestRecords } from './requests.js';
import type { Turns } from './turns.js';
import type { SessionMonitor } from '../coordination/session.js';

/** All records of one store, sharing one session. */
export interface Records {
  readonly session: SessionMonitor;
  readonly nodes: NodeRecords;
  readonly requests: RequestRecords;
  readonly images: ImageRecords;
  readonly launchers: LauncherRegistry;
  readonly builders: BuilderRegistry;
  readonly leases: LeaseRecords;
  readonly elections: Elections;
  readonly installation: InstallationRecord;
  readonly turns: Turns;
  /** Starts the mirrors asked for; the others stay empty. Resolves when they are complete. Idempotent per mirror. */
  open(mirrors: readonly MirrorName[], signal?: AbortSignal): Promise<void>;
  /** What is on its way, for those who watch over us. */
  queues(): RecordQueues;
  /** Stops all mirrors. Does not close the store. */
  close(): Promise<void>;
}

export interface RecordQueues {
  /** Calls to the store without an answer yet; undefined if the store does not know. */
  readonly calls: number | undefined;
  readonly nodes: MirrorQueues;
  readonly requests: MirrorQueues;
  readonly images: MirrorQueues;
}

export interface MirrorQueues {
  /** Changes that we were told of and have not read yet. */
  readonly event: number;
  /** Records that have to be read again after a new session. */
  readonly playback: number;
}

export type MirrorName = 'nodes' | 'requests' | 'images' | 'launchers' | 'builders' | 'leases';

/** Long-term leadership, `/nodepool/elections/<name>` (kazoo's Election). */
export interface Elections {
  /**
   * Runs for `name` until aborted: `lead` is called each time we are elected, with a signal that ends with the leadership
   * (session trouble or `signal`). When it returns or rejects early, we stand again. Resolves after `signal` is aborted.
   */
  run(name: string, lead: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}
