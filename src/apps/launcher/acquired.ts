import type { PoolConfig, ProviderConfig } from '../../domain/config/config.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Node } from '../../domain/model/node.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { RecordLease } from '../../ports/records/record-lease.js';

/**
 * - `node`: ours, ready, allocated and locked.
 * - `again`: not this time (somebody took it or the room for it, or the cloud has none): decide anew. `spent`: attempts used up for
 *   it so far. `over`: a limit stood in the way, not the node.
 * - `failed`: the request cannot be served here.
 * - `lost`: the lease is gone, or we are ending.
 */
export type Acquired =
  | { readonly kind: 'node'; readonly lease: RecordLease<Node> }
  | { readonly kind: 'again'; readonly spent?: number; readonly over?: true }
  | { readonly kind: 'failed'; readonly because: readonly Reason[] }
  | { readonly kind: 'lost' };

export interface AcquisitionContext {
  readonly launcherId: string;
  readonly pool: PoolConfig;
  readonly provider: ProviderConfig;
  readonly driver: Provider;
}

export interface AcquisitionFor {
  readonly id: RequestId;
  readonly value: NodeRequest;
  /** The records count a node for it now. */
  readonly counted: () => void;
}
