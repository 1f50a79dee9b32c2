import type { CloudAccess } from './cloud-access.js';

/** Where drivers learn how to reach the clouds that the configuration names. */
export interface CloudDirectory {
  /**
   * Reads the files anew. The answer holds secrets, which show themselves only when revealed.
   * @param region - the provider's own; null = the cloud's
   * @throws ProviderError kind `configuration`, whose message names the file, the cloud and the hint
   */
  access(cloud: string, region: string | null): Promise<CloudAccess>;
}
