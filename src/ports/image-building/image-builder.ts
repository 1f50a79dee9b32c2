/** Runs one build of a disk image. The real adapter starts diskimage-builder, the fake one writes small files. */
import type { DiskImageConfig } from '../../domain/config/config.js';

export interface BuildJob {
  readonly image: DiskImageConfig;
  readonly buildId: string;
  readonly imagesDir: string;
  readonly elementsDir: string | null;
  /** Appended to as output comes. */
  readonly logFile: string;
}

/** `exitCode`: as Python has it, negative = killed by that signal; 1 for a time-out. */
export type BuildResult =
  | { readonly outcome: 'built'; readonly exitCode: 0 }
  | { readonly outcome: 'failed'; readonly exitCode: number; readonly problem: string }
  | { readonly outcome: 'timed-out'; readonly exitCode: 1; readonly problem: string }
  /** The command could not be started: there is no exit code and no metric. */
  | { readonly outcome: 'not-started'; readonly exitCode: null; readonly problem: string };

export interface ImageBuilder {
  /** Bytes that must be free in the images directory for a build to have a chance; 0 if absent. */
  readonly leastRoom?: number;

  /**
   * Builds `<imagesDir>/<image>-<buildId>.<format>` with checksums for every format. Ends the whole process group when
   * `image.buildTimeout` seconds have passed or the signal is aborted. Never rejects.
   */
  build(job: BuildJob, signal: AbortSignal): Promise<BuildResult>;
}
