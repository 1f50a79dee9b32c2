/** The configuration of the lease API: where it listens, and who may (spec leases 4). */

/** `lease`: own leases. `read`: see all. `admin`: implies read, ends anybody's, and the operators' commands. */
export type ApiScope = 'lease' | 'read' | 'admin';

export const API_SCOPES: readonly ApiScope[] = ['lease', 'read', 'admin'];

export interface LeaseApiConfig {
  /** Null: only the socket. */
  readonly tcp: {
    readonly address: string;
    readonly port: number;
    readonly tls: { readonly cert: string; readonly key: string } | null;
  } | null;
  /** A unix socket that needs no token. */
  readonly socket: string | null;
  /** Seconds that the record of an ended lease stays. */
  readonly keepEnded: number;
  /** A private key that the machines know, to let other keys in with. */
  readonly identity: string | null;
}

/** What the bearer of a token may. */
export interface LeaseTokenConfig {
  /** The holder. */
  readonly name: string;
  /** Of the token's text, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly scopes: readonly ApiScope[];
  readonly tenant: string;
  /** Patterns in which `*` stands for any characters; null: all labels. */
  readonly labels: readonly string[] | null;
  /** Not ended at once; Infinity: no limit. */
  readonly maxLeases: number;
  /** Seconds. */
  readonly maxDuration: number;
  /** The lowest, that is most urgent, number. */
  readonly maxPriority: number;
}

/** Who asks over the unix socket. */
export const LOCAL_HOLDER = 'local';

export const DEFAULT_PRIORITY = 200;
export const MOST_SECONDS = 86400;
