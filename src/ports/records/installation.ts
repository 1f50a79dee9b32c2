/** Who we are among all installations that use the same clouds. One id per store (and chroot), shared by all its daemons. */
export interface InstallationRecord {
  /** Null until it was learnt, and if the record cannot be understood. */
  readonly id: string | null;
  /** The id, or, while there is none, one that this process has made up: for keys that must not repeat. */
  readonly keyId: string;
  /** Reads the id, or makes one up and stores it unless somebody else was faster. Waits for the connection. @throws the signal's reason, StoreClosedError */
  learn(signal?: AbortSignal): Promise<string | null>;
}
