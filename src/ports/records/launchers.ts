import type { ImageProblem } from '../../domain/model/image-problem.js';
import type { RegisteredPool } from '../../domain/model/launcher.js';

/**
 * Who serves what: `/nodepool/launchers` (to 6.0) and `/nodepool/components` (from 6.1). We write both, under one id, and read
 * the union of both (spec LAUNCHER 1.6, 4.5).
 */
export interface LauncherRegistry {
  readonly view: LauncherView;

  /** Announces a pool in both registries, again after each new session, until it is taken back. Rejects only when aborted or closed. */
  announcePool(pool: PoolAnnouncement): Promise<Announcement<PoolAnnouncement>>;

  /**
   * The processes of one kind that are announced now, read from the store itself; records that cannot be understood are left out.
   * Launchers before 6.1 announce their pools only.
   */
  processes(kind: ProcessAnnouncement['kind']): Promise<readonly RegisteredProcess[]>;

  /** Announces a process (`components/launcher`, `components/builder`). */
  announceProcess(process: ProcessAnnouncement): Promise<Announcement<ProcessAnnouncement>>;
}

export interface LauncherView {
  /** True while the registry was read completely under the current session. Nobody may fail a request before that. */
  readonly complete: boolean;
  ready(signal?: AbortSignal): Promise<void>;
  /** Union of both registries by id; what stands in the newer one wins. */
  pools(): readonly RegisteredPool[];
  onChange(listener: () => void): () => void;
}

export interface RegisteredProcess {
  readonly hostname: string;
}

export interface PoolAnnouncement {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly providerName: string;
  readonly poolName: string;
  readonly supportedLabels: readonly string[];
  readonly priority: number;
  readonly paused: boolean;
  readonly state: ComponentState;
}

export interface ProcessAnnouncement {
  readonly kind: 'launcher' | 'builder';
  readonly hostname: string;
  readonly version: string;
  readonly state: ComponentState;
  /** Of a builder: a key of our own in the record, left out when there are none. Other releases overlook it. */
  readonly imageProblems?: readonly ImageProblem[];
}

export type ComponentState = 'initializing' | 'running' | 'paused' | 'stopped';

export interface Announcement<T> {
  /** Changes what is announced; nothing is written if nothing changes. */
  update(change: Partial<T>): Promise<void>;
  /** Removes it. Idempotent, never rejects. */
  withdraw(): Promise<void>;
}
