/**
 * Runs child processes, each in a process group of its own that is ended as a whole.
 * Excludes shells: `argv` is never interpreted.
 */
export interface ProcessSpec {
  readonly argv: readonly [string, ...string[]];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
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
  /** Resolves when the process has ended and its output was delivered. Aborting kills the whole group (SIGKILL) first. Never rejects. */
  run(spec: ProcessSpec, signal?: AbortSignal): Promise<ProcessOutcome>;
}
