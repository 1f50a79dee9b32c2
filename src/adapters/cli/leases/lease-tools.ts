import type { LeaseDesk } from '../../../ports/lease-client/lease-desk.js';
import type { CommonOptions } from '../session.js';

/** The way to a gateway; needs no store. */
export interface LeaseTools {
  /**
   * Finds the gateway: by the URL of the options, else by `lease-api` of the configuration. Nothing is asked yet.
   * @throws Error saying what is missing, or what of it cannot be used
   */
  open(options: CommonOptions): Promise<LeaseDesk>;
}
