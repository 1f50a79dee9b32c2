/** Who we are on the network, as written into records. */
export interface HostIdentity {
  /** Fully qualified if known. */
  readonly hostname: string;
  readonly pid: number;
}
