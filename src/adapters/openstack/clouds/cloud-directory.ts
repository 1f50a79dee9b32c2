import type { CloudAccess } from './cloud-access.js';
import { ProviderError } from '../../../ports/compute/errors.js';
import type { CloudSearch } from './clouds-reader.js';
import { readClouds } from './clouds-reader.js';

/** Where drivers learn how to reach the clouds that the configuration names. */
export interface CloudDirectory {
  /**
   * Reads the files anew. The answer holds secrets, which show themselves only when revealed.
   * @param region - the provider's own; null = the cloud's
   * @throws ProviderError kind `configuration`, whose message names the file, the cloud and the hint
   */
  access(cloud: string, region: string | null): Promise<CloudAccess>;
}

/** The clouds of `clouds.yaml` and its companions. */
export class FileCloudDirectory implements CloudDirectory {
  constructor(private readonly search: CloudSearch) {}

  async access(cloud: string, region: string | null): Promise<CloudAccess> {
    const answer = (await readClouds(this.search)).access(cloud, region);
    if ('access' in answer) return answer.access;
    throw new ProviderError('configuration', answer.problems.join('; '));
  }
}
