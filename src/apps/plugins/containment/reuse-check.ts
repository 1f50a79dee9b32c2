import { isOfAnother } from '../../../domain/decide/installation.js';
import type { AccountInstance, InstanceSpec } from '../../../ports/compute/provider.js';
import { ProviderError } from '../../../ports/compute/errors.js';
import { aborted } from './call-guard.js';
import type { DriverFaults } from './driver-faults.js';

type Instances = readonly AccountInstance[];

/**
 * Nobody gets a used machine, whatever a driver from outside goes by: what `create` answered is looked up in the account, and is refused
 * if it bears the marks of another node or installation. One look serves all who wait for one. A look that fails holds nobody up.
 */
export class ReuseCheck {
  private under: Promise<Instances> | null = null;
  private following: Promise<Instances> | null = null;

  constructor(
    private readonly list: () => Promise<Instances>,
    private readonly faults: DriverFaults,
  ) {}

  /** @throws ProviderError kind `configuration`: only another driver helps. The instance is not ours to delete, so it is not named in the details. */
  async check(externalId: string, { metadata }: InstanceSpec, signal: AbortSignal): Promise<void> {
    const over = aborted(signal);
    const found = await Promise.race([this.find(externalId), over.promise]).finally(over.forget);
    if (!found || !isOfAnother(found.metadata, metadata)) return;
    this.faults.note('used', 'create', 'answers a machine of another node or installation, which is not handed out');
    throw new ProviderError(
      'configuration',
      `driver ${this.faults.driver}: create answered ${externalId}, a machine of another node or installation; ` +
        'it is not handed out. Update the driver: it has to find machines by spec.idempotencyKey',
      { metric: 'error.nodepool' },
    );
  }

  private async find(externalId: string): Promise<AccountInstance | undefined> {
    try {
      return (await this.next()).find((instance) => instance.externalId === externalId);
    } catch {
      // The guard has noted what went wrong.
      return undefined;
    }
  }

  /** A look that begins after this call. */
  private next(): Promise<Instances> {
    if (this.under === null) return this.begin();
    this.following ??= this.under
      .catch(() => [])
      .then(() => {
        this.following = null;
        return this.begin();
      });
    return this.following;
  }

  private begin(): Promise<Instances> {
    const listing = this.list().finally(() => {
      if (this.under === listing) this.under = null;
    });
    this.under = listing;
    return listing;
  }
}
