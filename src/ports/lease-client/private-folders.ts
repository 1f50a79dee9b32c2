/** A folder that only its owner can look into. */
export interface PrivateFolder {
  /** Absolute. */
  readonly path: string;
  /** Writes a file that only its owner can read, replacing it at once. Answers its path. */
  write(name: string, text: string): string;
  /** With all that is in it. Idempotent; never throws. */
  remove(): void;
}

/** Folders for what a command needs while it runs. */
export interface PrivateFolders {
  /** A new one, which does not outlive this process unless it is killed. @throws Error naming the place */
  temporary(): PrivateFolder;
  /** The one that belongs to this name and outlives us; made if there is none. @throws Error when it is somebody else's */
  lasting(name: string): PrivateFolder;
  /** Removes the one of this name, if it is there and ours. */
  forget(name: string): void;
}
