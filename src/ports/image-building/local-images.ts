/** The builder's own directory of image files and logs (spec BUILDER 2.2, 2.6, 2.7). All operations are idempotent. */
export interface LocalImageFile {
  readonly image: string;
  readonly buildId: string;
  readonly format: string;
  readonly path: string;
  /** First 32 / 64 characters of the checksum files, null when missing. */
  readonly md5: string | null;
  readonly sha256: string | null;
  /** Bytes allocated on disk (512-byte blocks times 512). */
  readonly allocatedBytes: number;
}

export interface LocalImages {
  /** The directory's builder id; created on first use as a UUIDv4 without newline. */
  builderId(imagesDir: string): Promise<string>;
  /** Files of one build, by format. */
  files(imagesDir: string, image: string, buildId: string): Promise<readonly LocalImageFile[]>;
  /** Builds of the image that have any trace in the directory (image, checksum or manifest), by exact name. */
  buildIds(imagesDir: string, image: string): Promise<readonly string[]>;
  /**
   * Every build with any trace in the directory, by the form of the name: `<image>-<32 hex digits>.<anything>` or
   * `<image>-<10 digits>.<anything>`. The latter may be a stranger's file: trust it only for images that are known.
   */
  all(imagesDir: string): Promise<readonly { readonly image: string; readonly buildId: string }[]>;
  /** Removes everything named `<image>-<buildId>.*`, the manifest directory included. Answers the names removed. */
  remove(imagesDir: string, image: string, buildId: string): Promise<readonly string[]>;
  /** Removes one format with its checksums. */
  removeFormat(imagesDir: string, image: string, buildId: string, format: string): Promise<void>;
  /** Creates the log directory if needed, prunes old logs of exactly this image, answers the path of the new build's log. */
  openLog(logDir: string, image: string, buildId: string, retention: number): Promise<string>;
  /** Free bytes in the directory's file system. */
  freeBytes(imagesDir: string): Promise<number>;
}
