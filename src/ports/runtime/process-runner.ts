/**
 * Runs child processes, each in a process group of its own that is ended as a whole.
 * Excludes shells: `argv` is never interpreted.
 */
export interface ProcessSpec {
  readonly argv: readonly [string, ...string[]];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /**
   * Seconds that the command gets to clean up after itself when the run is aborted: what it works with is killed, it gets a SIGTERM
   * itself, and whatever is left of the group when it has ended, or when the time is over, is killed. Default 0: SIGKILL to all at once.
   */
  readonly endGrace?: number;
  /** Receives stdout and stderr, interleaved as they come. */
  readonly onOutput?: (chunk: Uint8Array) => void;
}

export type ProcessOutcome =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string; readonly signalNumber: number }
  /** The signal was aborted and the whole group was killed. */
  | { readonly kind: 'aborted' }
  /** The command could not be started. */
  | { readonly kind: 'not-started'; readonly problem: string };

export interface ProcessRunner {
  /** Resolves when the process has ended and its output was delivered. Aborting kills the whole group (SIGKILL, see `endGrace`) first. Never rejects. */
  run(spec: ProcessSpec, signal?: AbortSignal): Promise<ProcessOutcome>;
}
