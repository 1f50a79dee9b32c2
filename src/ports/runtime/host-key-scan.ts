/** Waits for a machine to answer on a port and gathers its SSH host keys, without logging in (spec LAUNCHER 2.7). */
export interface HostKeyScanTarget {
  readonly host: string;
  readonly port: number;
  /** `keys`: negotiate SSH and collect; `port`: a TCP connection is enough. */
  readonly gather: 'keys' | 'port';
}

export interface HostKeyScanner {
  /**
   * Retries refused and unreachable connections until `timeout` seconds have passed.
   * Answers `"<type> <base64>"` per key type the server offers; `[]` for `port`.
   * @throws ScanTimeoutError, NoHostKeysError, the signal's reason
   */
  scan(target: HostKeyScanTarget, timeout: number, signal?: AbortSignal): Promise<readonly string[]>;
}

/** Nobody answered in time. Metric key `error.ssh`. */
export class ScanTimeoutError extends Error {
  readonly code = 'NP_SCAN_TIMEOUT';
  readonly metric = 'error.ssh';
  override readonly name = 'ScanTimeoutError';
}

/** The port answers but offers no host key. Metric key `error.keyscan`. */
export class NoHostKeysError extends Error {
  readonly code = 'NP_NO_HOST_KEYS';
  readonly metric = 'error.keyscan';
  override readonly name = 'NoHostKeysError';
}
