/** What one worker is doing at this moment, for people who look into a running process (spec BUILDER 3.5, SIGUSR2). */
export interface WorkerStatus {
  readonly worker: string;
  /** A sentence without a subject: `waits for a change`. Holds no secrets. */
  readonly doing: string;
  /** What it has in hand, a line each. */
  readonly details: readonly string[];
}

/** A part of the program that can say what it is doing. Excludes measurements: those are metrics. */
export interface StatusSource {
  /** Synchronous and cheap; changes nothing. */
  status(): readonly WorkerStatus[];
}
