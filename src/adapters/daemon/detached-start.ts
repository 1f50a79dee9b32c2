import { closeSync, writeSync } from 'node:fs';

/** Set in the environment of a process that was started in the background: the folder that relative paths of its command line count from. */
export const DETACHED_FROM = 'NODEPOOL_DETACHED_FROM';
/** Through it the process in the background tells who started it how the start went. */
export const REPORT_DESCRIPTOR = 3;
export const STARTED = 'started\n';

/** What others may do with files we make, unless those have stricter permissions of their own. */
const UMASK = 0o022;

/** The side of the process in the background. */
export class DetachedStart {
  private reported = false;

  private constructor(
    /** See `DETACHED_FROM`. */
    readonly folder: string,
  ) {}

  /** Null if this process was started by somebody else. Children do not inherit what was found. */
  static find(): DetachedStart | null {
    const folder = process.env[DETACHED_FROM];
    delete process.env[DETACHED_FROM];
    if (folder === undefined) return null;
    process.umask(UMASK);
    return new DetachedStart(folder);
  }

  succeeded(): void {
    this.report(STARTED);
  }

  failed(problem: string): void {
    this.report(problem);
  }

  private report(text: string): void {
    if (this.reported) return;
    this.reported = true;
    try {
      writeSync(REPORT_DESCRIPTOR, text);
      closeSync(REPORT_DESCRIPTOR);
    } catch {
      // Who started us did not wait.
    }
  }
}
