/** One registered pool of a launcher process, as seen in either registry (spec LAUNCHER 1.6). */
export interface RegisteredPool {
  /** The launcher id, which is also what appears in `declined_by`. */
  readonly id: string;
  readonly providerName: string;
  readonly supportedLabels: readonly string[];
  /** Lower is preferred. Records of the old registry have none and count as 100. */
  readonly priority: number;
  /** True while a request waits in that pool for capacity. */
  readonly paused: boolean;
  /** Pool name; unknown for records written before 9.1. */
  readonly poolName: string | null;
  /** Known from the newer registry only. */
  readonly process?: RegisteredDaemon;
}

/** A daemon that has announced itself: it is alive, or was a moment ago. */
export interface RegisteredDaemon {
  readonly hostname: string;
  readonly version: string | null;
  readonly state: string | null;
}

export const DEFAULT_PRIORITY = 100;

/** A pool of this process under the id that it has registered with. */
export interface PoolIdentity {
  readonly launcherId: string;
  readonly provider: string;
  readonly name: string;
}
