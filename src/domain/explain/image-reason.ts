/** Why an image is or is not built, uploaded or deleted. Times are seconds since the epoch, ages and durations seconds. */
export type ImageReason =
  | { readonly code: 'IMAGE_PAUSED'; readonly image: string; readonly by: 'configuration' | 'operator' }
  | { readonly code: 'NO_FORMATS'; readonly image: string }
  | { readonly code: 'NO_READY_BUILD'; readonly image: string }
  | {
      readonly code: 'BUILD_FRESH' | 'BUILD_OLD';
      readonly image: string;
      readonly build: string;
      readonly age: number;
      readonly rebuildAge: number;
    }
  | { readonly code: 'BUILD_REQUESTED'; readonly image: string; readonly since: number }
  | {
      readonly code: 'FORMAT_MISSING';
      readonly image: string;
      readonly build: string;
      readonly formats: readonly string[];
    }
  /** Somebody, here or elsewhere, is at it. */
  | { readonly code: 'IN_PROGRESS'; readonly subject: string }
  | {
      readonly code: 'BACKOFF';
      readonly subject: string;
      readonly until: number;
      readonly failures: number;
      readonly problem: string;
    }
  | { readonly code: 'DISK_FULL'; readonly free: number; readonly need: number }
  | { readonly code: 'PROVIDER_PAUSED'; readonly provider: string; readonly image: string }
  | { readonly code: 'NO_LOCAL_FILES'; readonly image: string; readonly build: string }
  | { readonly code: 'UPLOAD_EXISTS'; readonly provider: string; readonly build: string; readonly upload: string }
  | { readonly code: 'UPLOAD_MISSING'; readonly provider: string; readonly image: string; readonly build: string }
  | RetentionReason;

/** Why something of an image goes away. */
export type RetentionReason =
  | { readonly code: 'IMAGE_NOT_CONFIGURED'; readonly image: string }
  | { readonly code: 'IMAGE_NOT_IN_PROVIDER'; readonly image: string; readonly provider: string }
  /** Newer ones took its place. */
  | { readonly code: 'SUPERSEDED'; readonly image: string; readonly kept: readonly string[] }
  | { readonly code: 'FAILED_BEFORE' }
  /** Its state is `deleting` already: an operator's order, or begun earlier. */
  | { readonly code: 'DELETION_ORDERED' }
  /** In the making, but its maker is gone. */
  | { readonly code: 'MAKER_GONE' }
  | { readonly code: 'NO_RECORD' }
  | { readonly code: 'UPLOADED_EVERYWHERE'; readonly format: string };
