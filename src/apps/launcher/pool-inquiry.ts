import { circuitState } from '../../domain/decide/circuit.js';
import { planPass } from '../../domain/decide/plan-pass.js';
import type { RequestPlan } from '../../domain/decide/pool-plan.js';
import type { HeldRequest, PoolSnapshot } from '../../domain/decide/pool-snapshot.js';
import type { Change } from '../../domain/decide/what-if.js';
import { changedSnapshot, supposedLabels } from '../../domain/decide/what-if.js';
import type { CircuitFacts, LimitUse, PoolLimits } from '../../domain/explain/insight.js';
import { suppose, supposition } from '../../domain/explain/supposition.js';
import type { Supposition } from '../../domain/explain/supposition.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';
import { addResources } from '../../domain/model/quota.js';
import type { Resources } from '../../domain/model/quota.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { PoolQuestions } from './pool-roster.js';
import type { PoolConfiguration, PoolSnapshots } from './pool-snapshots.js';

/** What a pool worker has in its hands at this moment, for questions. */
export interface PoolHands {
  config(): PoolConfiguration | undefined;
  held(): readonly HeldRequest[];
  open(): readonly Stored<NodeRequest>[];
  /** Held requests, and those of them that wait for capacity. */
  readonly holds: number;
  readonly waiting: number;
  /** Undefined: gone. */
  request(id: RequestId): Stored<NodeRequest> | undefined;
  /** Does any pool of this process have it in its hands? */
  handled(id: RequestId): boolean;
}

/** Answers questions about one pool from the snapshots that its passes decide by. Has no effects, and draws nothing at random. */
export class PoolInquiry implements PoolQuestions {
  constructor(
    private readonly identity: PoolIdentity,
    private readonly snapshots: PoolSnapshots,
    private readonly hands: PoolHands,
  ) {}

  limits(): PoolLimits | undefined {
    const config = this.hands.config();
    if (!config) return undefined;
    const { holds, waiting } = this.hands;
    const snapshot = this.snapshots.take(config, { held: [], open: [], waiting }, { chance: 0 });
    const { maxConcurrency } = snapshot.provider;
    return {
      provider: this.identity.provider,
      pool: this.identity.name,
      problem: problemOf(snapshot),
      use: [...usesOf('pool', snapshot.use.pool, snapshot.pool.limits), ...accountUse(snapshot)],
      launches: snapshot.use.launches,
      maxConcurrency: Number.isFinite(maxConcurrency) ? maxConcurrency : null,
      holds,
      waiting,
      breaker: circuitsOf(snapshot),
    };
  }

  owed(): readonly RequestId[] {
    const config = this.hands.config();
    const requests = { held: this.hands.held(), open: this.hands.open(), waiting: this.hands.waiting };
    if (!config || requests.held.length + requests.open.length === 0) return [];
    const plan = planPass(this.snapshots.take(config, requests, { chance: 0 }));
    const asks = plan.crowded && this.snapshots.outdated(config);
    return plan.requests.filter((each) => asks || isWork(each)).map(({ id }) => id);
  }

  suppose(id: RequestId, changes: readonly Change[], now: number): Supposition | undefined {
    const config = this.hands.config();
    const held = this.hands.held();
    const own = held.find((each) => each.id === id);
    const stored = own ? { id, value: own.request, version: 0 } : this.hands.request(id);
    if (!config || !stored || (!own && !this.mayDecide(stored))) return undefined;
    const { state, declinedBy } = stored.value;
    const declined = state === 'failed' || declinedBy.includes(this.identity.launcherId);
    const request = this.asked(stored.value, changes);
    const asked = { ...stored, value: request };
    const others = this.hands.open().filter((each) => each.id !== id);
    const requests = own
      ? { held: held.map((each) => (each === own ? heldAs(each, request, changes) : each)), open: others }
      : { held, open: [...others, asked] };
    const about = { chance: 0, everyTenant: true };
    const snapshot = this.snapshots.take(config, { ...requests, waiting: this.hands.waiting }, about);
    const decision = suppose(changedSnapshot(snapshot, changes, request), id);
    return decision && supposition(this.identity.launcherId, decision, declined, now);
  }

  /** Nobody serves it, nor has served it. */
  private mayDecide({ id, value: { state } }: Stored<NodeRequest>): boolean {
    return (state === 'requested' || state === 'failed') && !this.hands.handled(id);
  }

  /** What has been declined is looked at as if it were new. */
  private asked(request: NodeRequest, changes: readonly Change[]): NodeRequest {
    const declinedBy = request.declinedBy.filter((id) => id !== this.identity.launcherId);
    const state = request.state === 'failed' ? 'requested' : request.state;
    return { ...request, state, declinedBy, nodeTypes: supposedLabels(changes) ?? request.nodeTypes };
  }
}

/** Would something be done about it? */
function isWork(plan: RequestPlan): boolean {
  return plan.kind === 'serve' ? plan.steps.length > 0 || plan.room !== null : plan.kind !== 'leave';
}

function heldAs(held: HeldRequest, request: NodeRequest, changes: readonly Change[]): HeldRequest {
  const needed = supposedLabels(changes) ?? held.needed;
  return { ...held, request, needed };
}

function problemOf({ driver, account, pool }: PoolSnapshot): string | null {
  if (driver.state === 'starting') return 'it is starting';
  if (driver.state === 'failed') return driver.problem;
  return pool.ignoreProviderQuota ? null : account.problem;
}

function accountUse({ account, use, pool }: PoolSnapshot): readonly LimitUse[] {
  if (account.limits === null || pool.ignoreProviderQuota) return [];
  return usesOf('provider', addResources(use.provider, account.others), account.limits);
}

function usesOf(of: LimitUse['of'], used: Resources, limits: Resources): readonly LimitUse[] {
  return Object.entries(limits)
    .filter(([, limit]) => Number.isFinite(limit))
    .map(([resource, limit]) => ({ of, resource, used: used[resource] ?? 0, limit }));
}

function circuitsOf({ breaker, now, epoch }: PoolSnapshot): readonly CircuitFacts[] {
  return [...breaker.circuits].flatMap(([scope, circuit]) => {
    const state = circuitState(circuit, now);
    if (state === 'closed') return [];
    const { cause, refusals, problem, probesAt } = circuit;
    const nextProbe = probesAt > now ? epoch + probesAt : null;
    return [{ cause, scope, state, since: epoch + circuit.since, refusals, nextProbe, problem }];
  });
}
