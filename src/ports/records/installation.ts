/**
 * Who we are among all installations that use the same clouds. One id per store (and chroot), shared by all its daemons. A session that
 * is lost may have gone with its store, and then numbers of nodes begin anew: it is to be learnt again.
 */
export interface InstallationRecord {
  /** Null until it was learnt, and if the record cannot be understood. */
  readonly id: string | null;
  /** Ids that this process has known before: of stores that are gone. */
  readonly former: ReadonlySet<string>;
  /** The id, or, while there is none or it has not been learnt again in this session, one that this process has made up: for keys that must not repeat. */
  readonly keyId: string;
  /** Reads the id, or makes one up and stores it unless somebody else was faster. Waits for the connection. @throws the signal's reason, StoreClosedError */
  learn(signal?: AbortSignal): Promise<string | null>;
}
