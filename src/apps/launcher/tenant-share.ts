import type { Resources } from '../../domain/model/quota.js';
import { addResources, NO_RESOURCES } from '../../domain/model/quota.js';
import type { Reservations } from './reservations.js';

/**
 * What one request keeps of its tenant's limits: the nodes that it is to get and that the records do not count yet. Kept while the
 * request is held, also while a cloud refuses; else another request of the tenant would be let in in its place.
 */
export class TenantShare {
  private readonly labels = new Map<string, { readonly resources: Resources; readonly giveBack: () => void }[]>();

  constructor(
    private readonly reservations: Reservations,
    private readonly tenant: string | null,
    private readonly resourcesOf: (label: string) => Resources,
  ) {}

  get held(): Resources {
    return [...this.labels.values()].flat().reduce((sum, { resources }) => addResources(sum, resources), NO_RESOURCES);
  }

  /** Keeps room for one more node of the label. */
  hold(label: string): void {
    if (this.tenant === null) return;
    const resources = this.resourcesOf(label);
    const giveBack = this.reservations.reserve({ provider: '', pool: '', tenant: this.tenant, resources });
    this.labels.set(label, [...(this.labels.get(label) ?? []), { resources, giveBack }]);
  }

  /** The records count a node of the label now. */
  drop(label: string): void {
    this.labels.get(label)?.pop()?.giveBack();
  }

  end(): void {
    for (const share of [...this.labels.values()].flat()) share.giveBack();
    this.labels.clear();
  }
}
