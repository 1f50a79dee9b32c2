import type { CircuitBreakers } from './circuit-breaker.js';
import type { NodeAcquisition } from './node-acquisition.js';
import type { NodeIndex } from './node-index.js';
import type { PoolRoster } from './pool-roster.js';
import type { ProviderCapacity } from './provider-capacity.js';
import type { ProviderDrivers } from './provider-drivers.js';
import type { Reservations } from './reservations.js';
import type { LauncherServices } from './services.js';
import type { UnusedNodes } from './unused-nodes.js';
import type { WakeHub } from './wake-hub.js';

/** What the pool workers of one process share. */
export interface PoolContext {
  readonly services: LauncherServices;
  readonly drivers: ProviderDrivers;
  readonly index: NodeIndex;
  readonly reservations: Reservations;
  readonly capacity: ProviderCapacity;
  readonly breakers: CircuitBreakers;
  readonly acquisition: NodeAcquisition;
  readonly unused: UnusedNodes;
  readonly roster: PoolRoster;
  readonly hub: WakeHub;
}
