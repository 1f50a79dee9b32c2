/**
 * Turns: who may add to what a limit bounds, among all launchers of ours on one store. Python launchers know nothing of them.
 *
 * A turn is a lease per limit (a pool, a tenant). While nobody else wants it it stays with whoever had it last, so that a launcher
 * that is alone pays for it once; as soon as somebody does it is given up after the work under way, first come, first served.
 */
export interface Turns {
  /**
   * Runs `work` while all the turns are ours and the view of the nodes shows everything that others added under these turns.
   * `work` is called in the very turn of the event loop in which that was checked: what it decides on the view and sends to the store
   * before its first `await` is sent under a session that holds the turns. Should the session be over by then, the store refuses it.
   * Turns of several limits are taken in the order of their names, so that no two launchers wait for each other. Calls may overlap:
   * each must count what the others have sent and have no answer to yet.
   * @throws the signal's reason when aborted before the work began, ConnectionLostError, SessionLostError, and what `work` throws
   */
  take<T>(wanted: readonly WantedTurn[], work: () => Promise<T>, signal: AbortSignal): Promise<T>;

  /** Gives up what is kept, after the work under way. Never rejects. Turns may be taken again afterwards. */
  letGo(): Promise<void>;
}

export interface WantedTurn {
  /** The same in all launchers for the same limit. */
  readonly name: string;
  /** Are we the only one who could want it, as far as is known? Then it is kept when the work is done. Asked again at each change of the registry. */
  readonly alone: () => boolean;
}
