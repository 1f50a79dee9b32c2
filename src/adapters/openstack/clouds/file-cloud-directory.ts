import type { CloudAccess } from './cloud-access.js';
import type { CloudDirectory } from './cloud-directory.js';
import { ProviderError } from '../../../ports/compute/errors.js';
import type { CloudSearch } from './clouds-reader.js';
import { readClouds } from './clouds-reader.js';

/** The clouds of `clouds.yaml` and its companions. */
export class FileCloudDirectory implements CloudDirectory {
  constructor(private readonly search: CloudSearch) {}

  async access(cloud: string, region: string | null): Promise<CloudAccess> {
    const answer = (await readClouds(this.search)).access(cloud, region);
    if ('access' in answer) return answer.access;
    throw new ProviderError('configuration', answer.problems.join('; '));
  }
}
