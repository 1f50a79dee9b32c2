/** Time. Seconds everywhere, as in nodepool.yaml and in the records; adapters convert to milliseconds at their edge. */
export interface Clock {
  /** Seconds since the epoch, with fraction. May jump. */
  now(): number;
  /** Seconds since some fixed moment; never jumps. For measuring durations. */
  monotonic(): number;
  /** Calls back once after `delay` seconds unless cancelled. Does not keep the process alive by itself. */
  schedule(delay: number, callback: () => void): CancelTimer;
}

export type CancelTimer = () => void;
