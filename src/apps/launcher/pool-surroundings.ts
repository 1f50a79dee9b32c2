import type { RequestId } from '../../domain/model/request.js';
import type { NodeId } from '../../domain/model/node.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Resources } from '../../domain/model/quota.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { ProviderProblem } from '../providers/managed-provider.js';
import type { Acquired, AcquisitionFor } from './node-acquisition.js';
import type { LaunchGovernors } from './launch-governor.js';
import type { NodeIndex } from './node-index.js';
import type { ProviderCapacity } from './provider-capacity.js';
import type { Reservation } from './reservation.js';
import type { Reservations } from './reservations.js';
import type { LauncherServices } from './services.js';

/** What the pool workers of one process share. */
export interface PoolSurroundings {
  readonly services: LauncherServices;
  readonly index: NodeIndex;
  readonly reservations: Reservations;
  readonly capacity: ProviderCapacity;
  readonly governors: LaunchGovernors;
  /** The provider object, or why there is none; undefined while it is starting. */
  driver(name: string): Provider | ProviderProblem | undefined;
  /** What a node of the label takes; one instance if the provider cannot say. */
  resourcesOf(provider: string, pool: string, label: string): Resources;
  /** Is the request in the hands of any pool worker of this process? */
  handledHere(request: RequestId): boolean;
  /** Carries out a step with the configuration as it is now, and ends its reservation. Never rejects. */
  acquire(
    pool: { readonly launcherId: string; readonly provider: string; readonly name: string },
    reservation: Reservation,
    spent: number,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Acquired>;
  /** Nodes of the pool on their way out: their room comes back without anybody's doing. */
  readonly leaving: (provider: string, pool: string) => number;
  /** Deletes a free node to make room. */
  deleteUnused(node: NodeId, because: readonly Reason[]): void;
  /** All pool workers look again: something they share has changed. */
  wakeAll(): void;
}

export interface PoolIdentity {
  readonly launcherId: string;
  readonly provider: string;
  readonly name: string;
}
