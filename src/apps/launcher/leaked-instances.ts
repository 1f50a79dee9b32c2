import type { AccountInstance, Provider } from '../../ports/compute/provider.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import type { CircuitBreakers } from './circuit-breaker.js';
import type { FreedRoom } from './freed-room.js';
import type { LauncherServices } from './services.js';
import { DELETE_TIMEOUT } from './services.js';
import { isForeign } from '../../domain/decide/installation.js';
import { leakedInstances } from '../../domain/metrics/launcher-metrics.js';

const LIST_DEADLINE = 120;

/**
 * Deletes instances that carry our provider's name but belong to no node record, once seen in two checks in a row, so that a node
 * just being made or deleted is never hit (spec LAUNCHER 2.11).
 */
export class LeakedInstances {
  private readonly seen = new Map<string, Set<string>>();

  constructor(
    private readonly services: LauncherServices,
    private readonly breakers: CircuitBreakers,
    private readonly freed: Pick<FreedRoom, 'ofLeak'>,
  ) {}

  /** One look at one provider. */
  async check(name: string, provider: Provider, signal: AbortSignal): Promise<void> {
    const { clock, records } = this.services;
    if (!records.nodes.view.complete) return;
    const instances = await this.breakers
      .of(name)
      .watch(() => withDeadline(clock, LIST_DEADLINE, `listing ${name}`, signal, (inner) => provider.list(inner)));
    const leaked = instances.filter((instance) => this.isLeaked(name, instance));
    const before = this.seen.get(name) ?? new Set<string>();
    this.seen.set(name, new Set(leaked.map((instance) => instance.externalId)));
    for (const { externalId, metadata } of leaked.filter((instance) => before.has(instance.externalId))) {
      const node = metadata['nodepool_node_id'];
      this.services.logger.warn(`Deleting leaked instance ${externalId} of ${name}`, { provider: name, node });
      try {
        await withDeadline(clock, DELETE_TIMEOUT, `deleting ${externalId}`, signal, (inner) =>
          provider.delete(externalId, inner),
        );
        this.services.metrics.count(leakedInstances(name));
        this.freed.ofLeak(name);
      } catch (error) {
        if (signal.aborted) throw error;
        this.services.logger.warn(`Leaked instance ${externalId} could not be deleted`, {
          provider: name,
          node,
          ...errorFields(error),
        });
      }
    }
  }

  /** Metadata without a node id, or of another installation, is not ours to judge. */
  private isLeaked(name: string, { externalId, metadata }: AccountInstance): boolean {
    const node = metadata['nodepool_node_id'];
    if (metadata['nodepool_provider_name'] !== name || node === undefined) return false;
    const { installation } = this.services.records;
    const { view } = this.services.records.nodes;
    // A record that cannot be understood is somebody's all the same: he may be at work on the machine.
    if (view.damaged().some(({ id }) => id === node)) return false;
    if (installation.former.has(metadata['nodepool_installation_id'] ?? '')) return this.isLost(name, externalId, node);
    if (isForeign(metadata, installation.id)) return false;
    const record = view.get(node);
    return !record || record.value.provider !== name;
  }

  /** Ours from before the store was lost, and of no record: whatever has its number now is another node, unless it has just been begun. */
  private isLost(name: string, externalId: string, node: string): boolean {
    const { view } = this.services.records.nodes;
    const now = view.get(node)?.value;
    // Of another provider it is no instance that is about to be noted: machines that exist by themselves never have one.
    if (now?.provider === name && now.externalId === null) return false;
    return [...view.all().values()].every(({ value }) => value.externalId !== externalId);
  }
}
