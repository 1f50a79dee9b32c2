import type { NodepoolConfig, PoolConfig } from '../../domain/config/config.js';
import type { FleetFacts, HoldingFacts, PoolHolding } from '../../domain/explain/explanation.js';
import type { RegisteredPool } from '../../domain/model/launcher.js';
import { isWaiting } from '../../domain/model/request.js';
import type { NodeRequest } from '../../domain/model/request.js';
import type { Records } from '../../ports/records/records.js';
import { countStates } from './live/count-states.js';

interface Known {
  readonly provider: string;
  readonly pool: string;
  config: PoolConfig | null;
  readonly registered: RegisteredPool[];
}

/** What the records say about those who have nodes to give: pools and providers, and about all who wait. */
export class HoldingFactsSource {
  constructor(
    private readonly records: Records,
    private readonly config: () => NodepoolConfig,
  ) {}

  /** @param name `provider/pool`. Undefined when it is neither configured nor registered */
  pool(name: string): HoldingFacts | undefined {
    return this.holdings('pool', (known) => `${known.provider}/${known.pool}` === name);
  }

  provider(name: string): HoldingFacts | undefined {
    return this.holdings('provider', ({ provider }) => provider === name);
  }

  fleet(): FleetFacts {
    const waiting = this.waiting();
    const labels = new Map<string, number>();
    for (const { nodeTypes } of waiting)
      for (const label of new Set(nodeTypes)) labels.set(label, (labels.get(label) ?? 0) + 1);
    const made = waiting.map(({ createdTime, stateTime }) => createdTime ?? stateTime);
    return {
      kind: 'fleet',
      waiting: waiting.length,
      oldest: made.length > 0 ? made.reduce((least, time) => Math.min(least, time)) : null,
      labels: [...labels].map(([label, count]) => ({ label, count })).sort((a, b) => (a.label < b.label ? -1 : 1)),
    };
  }

  private holdings(kind: HoldingFacts['kind'], which: (known: Known) => boolean): HoldingFacts | undefined {
    const known = this.pools().filter(which);
    if (known.length === 0) return undefined;
    const waiting = this.waiting();
    return { kind, holdings: known.map((pool) => this.holding(pool, waiting)) };
  }

  private holding({ provider, pool, config, registered }: Known, waiting: readonly NodeRequest[]): PoolHolding {
    const nodes = [...this.records.nodes.view.all().values()];
    return {
      provider,
      pool,
      configured: config !== null,
      limits: config?.limits ?? {},
      launchers: registered.map(({ id, priority, paused }) => ({ id, priority, paused })),
      nodes: countStates(nodes.filter(({ value }) => value.provider === provider && value.pool === pool)),
      couldServe: waiting.filter((request) => registered.some((each) => couldServe(each, request))).length,
    };
  }

  /** Configured here or registered, ordered by name. */
  private pools(): readonly Known[] {
    const known = new Map<string, Known>();
    const enter = (provider: string, pool: string): Known => {
      const name = `${provider}/${pool}`;
      const entry = known.get(name) ?? { provider, pool, config: null, registered: [] };
      known.set(name, entry);
      return entry;
    };
    for (const provider of this.config().providers.values())
      for (const pool of provider.pools.values()) enter(provider.name, pool.name).config = pool;
    for (const pool of this.records.launchers.view.pools())
      if (pool.poolName !== null) enter(pool.providerName, pool.poolName).registered.push(pool);
    return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  private waiting(): readonly NodeRequest[] {
    return [...this.records.requests.view.all().values()].map(({ value }) => value).filter(isWaiting);
  }
}

function couldServe({ id, supportedLabels }: RegisteredPool, { declinedBy, nodeTypes }: NodeRequest): boolean {
  return !declinedBy.includes(id) && nodeTypes.every((label) => supportedLabels.includes(label));
}
