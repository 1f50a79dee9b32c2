import type { NodepoolConfig } from '../../domain/config/config.js';
import type { AlienImageRow } from '../../domain/presentation/rows.js';
import type { AlienImages } from '../../ports/administration/queries.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Records } from '../../ports/records/records.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { ProviderAccess } from './provider-access.js';

/** The property that marks images uploaded by a Nodepool. */
const BUILD_PROPERTY = 'nodepool_build_id';

export class AlienImageSearch implements AlienImages {
  constructor(
    private readonly records: Records,
    private readonly config: () => NodepoolConfig,
    private readonly provider: ProviderAccess,
    private readonly logger: Logger,
  ) {}

  async find(provider?: string, signal?: AbortSignal): Promise<readonly AlienImageRow[]> {
    const names = [...this.config().providers.values()]
      .filter(({ name, managesImages }) => managesImages && (provider === undefined || name === provider))
      .map(({ name }) => name);
    // All clouds at once: one that is slow should not make the others wait.
    const found = await Promise.all(names.map((name) => this.findIn(name, signal)));
    return found.flat();
  }

  private async findIn(name: string, signal?: AbortSignal): Promise<readonly AlienImageRow[]> {
    try {
      const provider = await this.provider(name, signal);
      const images = (await provider.images?.list(signal ?? new AbortController().signal)) ?? [];
      const known = this.knownIds();
      return images
        .filter(({ externalId, properties }) => BUILD_PROPERTY in properties && !known.has(externalId))
        .map((image) => ({ provider: name, name: image.name, externalId: image.externalId }));
    } catch (error: unknown) {
      signal?.throwIfAborted();
      this.logger.warn(`Exception listing alien images for ${name}: ${asError(error).message}`);
      return [];
    }
  }

  /**
   * Whatever a record names is accounted for, whether it is ready, on its way out, or of an image no longer configured; and of whichever
   * provider: several may be pools of one account, and who is told of an alien deletes it.
   */
  private knownIds(): ReadonlySet<string> {
    const uploads = this.records.images.view.uploads();
    return new Set(uploads.flatMap(({ value }) => (value.externalId === null ? [] : [value.externalId])));
  }
}
