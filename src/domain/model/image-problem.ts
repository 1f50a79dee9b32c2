/** What keeps a builder from building or uploading an image that is due. */
export interface ImageProblem {
  readonly image: string;
  /** Where it should be uploaded to; null: it should be built. */
  readonly provider: string | null;
  readonly code: 'BACKOFF' | 'DISK_FULL' | 'PROVIDER_NOT_READY';
  /** Failures in a row; 0 if it was not even tried. */
  readonly failures: number;
  /** In words. */
  readonly problem: string;
  /** Seconds since the epoch; null: as soon as the problem is gone. */
  readonly nextTry: number | null;
}

/** A problem and the host name of the builder that has it. */
export interface ReportedProblem extends ImageProblem {
  readonly builder: string;
}
