import type { Node } from '../../domain/model/node.js';
import type { Records } from '../../ports/records/records.js';
import type { CircuitBreakers } from './circuit-breaker.js';
import type { PoolRoster } from './pool-roster.js';
import type { ProviderCapacity } from './provider-capacity.js';
import type { WakeHub } from './wake-hub.js';

/** Tells whoever waits for room that an instance is gone. */
export class FreedRoom {
  constructor(
    private readonly records: Pick<Records, 'launchers'>,
    private readonly capacity: ProviderCapacity,
    private readonly breakers: CircuitBreakers,
    private readonly roster: PoolRoster,
    private readonly hub: WakeHub,
  ) {}

  /** The instance of a node. */
  ofNode(provider: string, { launcher, az, interfaceIp }: Node): void {
    this.capacity.freed(provider);
    // What never ran took no room, and room freed by a launcher that lives is that one's to fill.
    const ours = launcher === null || this.roster.isOwn(launcher) || !this.isRegistered(launcher);
    if (interfaceIp !== null && ours) this.breakers.of(provider).freed(az);
    this.hub.wake();
  }

  /** Leaked instances counted as what others use: the account has to be looked at again. */
  ofLeak(provider: string): void {
    this.capacity.freed(provider);
    this.capacity.invalidate(provider);
    this.hub.wake();
  }

  private isRegistered(launcherId: string): boolean {
    return this.records.launchers.view.pools().some(({ id }) => id === launcherId);
  }
}
