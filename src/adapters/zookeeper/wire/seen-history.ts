/** Times in a row that all servers must have hung up on us before we believe that they have forgotten what we saw. */
const ROUNDS = 3;

/**
 * The newest change we have seen. A server that is behind it hangs up on our greeting, so that nobody sees the past; but when ZooKeeper
 * was wiped, all of them are behind for ever. What a client saw was committed by a majority, so if none of them knows it, it is lost.
 */
export class SeenHistory {
  lastZxid = 0n;
  private hungUp = 0;
  private forgotten = false;

  /** What to greet a server with. */
  get greeting(): bigint {
    return this.forgotten ? 0n : this.lastZxid;
  }

  saw(zxid: bigint): void {
    if (zxid > this.lastZxid) this.lastZxid = zxid;
  }

  /**
   * @param sessionLives - else what comes now begins anew
   * @returns whether the server was greeted as if we had seen nothing: then ask what it knows, and `compare`
   */
  answered(sessionLives: boolean): boolean {
    const doubtful = this.forgotten;
    if (!sessionLives && doubtful) this.lastZxid = 0n;
    this.hungUp = 0;
    this.forgotten = false;
    return doubtful;
  }

  /** A server that kept our session and is behind us was set back, or we misheard: everything may be other than what we saw. */
  compare(newest: bigint): void {
    if (newest < this.lastZxid) this.lastZxid = 0n;
  }

  /** @param heard - the server was there, and hung up on our greeting */
  refused(heard: boolean, servers: number): void {
    this.hungUp = heard ? this.hungUp + 1 : 0;
    if (this.hungUp >= ROUNDS * servers) this.forgotten = true;
  }
}
