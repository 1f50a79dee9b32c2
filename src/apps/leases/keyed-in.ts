import { leasedNode } from '../../domain/decide/leased-node.js';
import type { LeaseCondition, LeaseId, NodeLease } from '../../domain/model/lease.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import type { LeaseServices } from './services.js';

/** Seconds for one machine; it has booted already. */
const PATIENCE = 60;

/** `launch-retries` of a provider that is not configured here. */
const ATTEMPTS = 3;

export interface NotLetIn {
  readonly message: string;
  readonly provider: string | null;
  readonly condition: LeaseCondition;
}

/** Adds a holder's keys to machines before the lease becomes active [L9]. */
export class KeyedIn {
  constructor(
    private readonly services: LeaseServices,
    private readonly lease: LeaseId,
  ) {}

  mostAttempts(provider: string | null): number {
    return this.services.config.current.providers.get(provider ?? '')?.launchRetries ?? ATTEMPTS;
  }

  async letIn(
    { sshKeys }: NodeLease,
    nodes: readonly { readonly id: NodeId; readonly node: Node }[],
    signal: AbortSignal,
  ): Promise<NotLetIn | undefined> {
    const results = await Promise.allSettled(nodes.map(({ id, node }) => this.install(id, node, sshKeys, signal)));
    signal.throwIfAborted();
    const failed = results.findIndex((result) => result.status === 'rejected');
    const result = results[failed];
    const broken = nodes[failed];
    if (result?.status !== 'rejected' || !broken) return undefined;
    return this.describe(broken.id, broken.node, asError(result.reason).message);
  }

  private install(id: NodeId, node: Node, keys: readonly string[], signal: AbortSignal): Promise<void> {
    const identity = this.services.config.current.leaseApi?.identity ?? null;
    if (identity === null) return Promise.reject(new Error('lease-api has no identity to let keys in with'));
    const machine = leasedNode(id, node.type[0] ?? '', node);
    if (machine.connectionType !== 'ssh') return Promise.reject(new Error(`node ${id} is not reached by SSH`));
    return withDeadline(this.services.clock, PATIENCE, `adding keys to node ${id}`, signal, (inner) =>
      this.services.keys.install(machine, keys, identity, inner),
    );
  }

  private describe(node: NodeId, { provider, pool }: Node, problem: string): NotLetIn {
    const message = `SSH_KEYS_NOT_ADDED node ${node} of lease ${this.lease} did not take the keys: ${problem}`;
    return {
      message: problem,
      provider,
      condition: {
        code: 'SSH_KEYS_NOT_ADDED',
        pool: `${String(provider)}/${String(pool)}`,
        verdict: 'fail',
        message,
        facts: { node, problem },
        unblock: 'the machines let the key of lease-api.identity in',
        since: this.services.clock.now(),
      },
    };
  }
}
