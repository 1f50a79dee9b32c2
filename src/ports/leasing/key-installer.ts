import type { LeasedNode } from '../../domain/model/lease.js';

/** Lets public keys in on a machine (spec leases 5). */
export interface KeyInstaller {
  /**
   * Adds the keys for the node's user, with the private key in the file `identity`; the machine must show one of the node's host
   * keys. Adding what is there already changes nothing. @throws Error when they could not be added, or the signal's reason
   */
  install(node: LeasedNode, keys: readonly string[], identity: string, signal: AbortSignal): Promise<void>;
}
