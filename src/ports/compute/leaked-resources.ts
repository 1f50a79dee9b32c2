/**
 * What can be left over in a cloud account besides instances and images: ports, floating addresses. The driver says what looks
 * abandoned now; whether it has looked so for long enough is the use case's business.
 */
export interface LeakedResourceKind {
  /** In the plural, as metrics name it: `ports`, `floatingips`. */
  readonly name: string;
  /** Seconds for which a resource must have looked abandoned, in two checks at least, before it may be removed. */
  readonly interval: number;
}

export interface LeakedResourceProvider {
  /** The kinds to be cleaned up by configuration; those that are turned off are not among them. */
  readonly kinds: readonly LeakedResourceKind[];

  /** Ids of the resources that belong to nothing at this moment. @throws ProviderError, or the signal's reason */
  list(kind: LeakedResourceKind, signal: AbortSignal): Promise<readonly string[]>;

  /** Removing what does not exist succeeds. @throws ProviderError, or the signal's reason */
  remove(kind: LeakedResourceKind, id: string, signal: AbortSignal): Promise<void>;
}
