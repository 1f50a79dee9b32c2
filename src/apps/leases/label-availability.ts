import type { LeaseApiConfig } from '../../domain/config/lease-api.js';
import { poolDisabled, type NodepoolConfig, type PoolConfig, type ProviderConfig } from '../../domain/config/config.js';
import { labelAllowed } from '../../domain/decide/lease-wish.js';
import { estimateWait, queueOf, waitsOf } from '../../domain/decide/lease-queue.js';
import { roomOfAll } from '../../domain/model/label-room.js';
import type { NodeLease } from '../../domain/model/lease.js';
import type { RegisteredPool } from '../../domain/model/launcher.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LabelAnswer, LeaseQueueAnswer } from '../../ports/leasing/lease-desk.js';
import type { NodesGivenBack } from './nodes-given-back.js';
import type { LeaseServices } from './services.js';

/** Seconds over which waits are looked back at. */
const HOUR = 3600;

/** What the mirrors say about queues and labels. */
export class LabelAvailability {
  constructor(
    private readonly services: Pick<LeaseServices, 'records' | 'config' | 'clock' | 'room'>,
    private readonly givenBack: NodesGivenBack,
  ) {}

  /** Labels that registered pools offer, and those that our own are about to, which is a matter of a moment after the start. */
  get offered(): ReadonlySet<string> {
    const providers = [...this.services.config.current.providers.values()];
    const own = providers.flatMap(({ pools }) => [...pools.values()]).filter((pool) => !poolDisabled(pool));
    return new Set([
      ...this.pools.flatMap(({ supportedLabels }) => supportedLabels),
      ...own.flatMap(({ labels }) => [...labels.keys()]),
    ]);
  }

  /** Null unless it waits; also while its request is not there yet. */
  queue({ value }: Stored<NodeLease>): LeaseQueueAnswer | null {
    if (value.state !== 'waiting') return null;
    const { requests } = this.services.records;
    const request = value.requestId === null ? undefined : requests.view.get(value.requestId);
    if (!request) return null;
    const { position, ahead, nodes } = queueOf(request, requests.view.all().values(), this.pools);
    const able = this.pools.filter((pool) => value.labels.every((label) => pool.supportedLabels.includes(label)));
    const count = this.givenBack.lastHour(
      new Set(able.map(({ providerName, poolName }) => `${providerName}/${String(poolName)}`)),
    );
    return { position, ahead, estimate: estimateWait(nodes, count) };
  }

  labels(patterns: readonly string[] | null): readonly LabelAnswer[] {
    const names = [...this.offered].filter((label) => labelAllowed(patterns, label)).sort();
    return names.map((name) => {
      const pools = this.pools.filter(({ supportedLabels }) => supportedLabels.includes(name));
      return {
        name,
        ready: this.readyNodes(name),
        free: this.free(pools, name),
        pools: [...new Set(pools.map(poolName))].sort(),
        wait: waitsOf(this.waits(name)),
      };
    });
  }

  /** Can keys be let in on machines of the label, as far as our configuration knows them? */
  reachable(label: string, api: LeaseApiConfig | undefined): boolean {
    if (!api || api.identity === null) return false;
    const { current } = this.services.config;
    const types = [...current.providers.values()].flatMap((provider) =>
      [...provider.pools.values()].flatMap((pool) => connectionTypes(current, provider, pool, label)),
    );
    return types.length === 0 || types.includes('ssh');
  }

  private get pools(): readonly RegisteredPool[] {
    return this.services.records.launchers.view.pools();
  }

  /** Several launchers may serve one pool, which has room only once. */
  private free(pools: readonly RegisteredPool[], label: string): number {
    const each = new Map(pools.map((pool) => [poolName(pool), pool]));
    const rooms = [...each.values()].map(({ providerName: provider, poolName: pool }) => {
      return { provider, room: this.services.room(provider, pool ?? '', label) };
    });
    return roomOfAll(rooms);
  }

  private readyNodes(label: string): number {
    let count = 0;
    for (const { value } of this.services.records.nodes.view.all().values())
      if (value.state === 'ready' && value.allocatedTo === null && value.type.includes(label)) count += 1;
    return count;
  }

  private waits(label: string): readonly number[] {
    const since = this.services.clock.now() - HOUR;
    return [...this.services.records.leases.view.all().values()].flatMap(
      ({ value: { activeAt, createdAt, labels } }) =>
        activeAt !== null && activeAt >= since && labels.includes(label) ? [Math.max(0, activeAt - createdAt)] : [],
    );
  }
}

function poolName({ providerName, poolName: pool }: RegisteredPool): string {
  return pool === null ? providerName : `${providerName}/${pool}`;
}

function connectionTypes(
  config: NodepoolConfig,
  provider: ProviderConfig,
  pool: PoolConfig,
  label: string,
): readonly string[] {
  const image = pool.labels.get(label)?.image;
  if (!image) return [];
  if (image.kind === 'diskimage') return [provider.diskImages.get(image.name)?.connectionType ?? 'ssh'];
  if (image.kind === 'cloud-image') return [provider.cloudImages.get(image.name)?.connectionType ?? 'ssh'];
  // Whoever leases has no use for what only Zuul's executors understand.
  if (image.kind === 'settings') return ['other'];
  return staticTypes(pool, label);
}

/** Machines that exist by themselves say each how they are reached. */
function staticTypes({ settings }: PoolConfig, label: string): readonly string[] {
  const nodes = Array.isArray(settings['nodes']) ? (settings['nodes'] as readonly unknown[]) : [];
  const able = nodes.filter(
    (node): node is Readonly<Record<string, unknown>> =>
      typeof node === 'object' && node !== null && offers(node, label),
  );
  return able.map((node) => (typeof node['connection-type'] === 'string' ? node['connection-type'] : 'ssh'));
}

function offers(node: object, label: string): boolean {
  const { labels } = node as { readonly labels?: unknown };
  return labels === label || (Array.isArray(labels) && labels.includes(label));
}
