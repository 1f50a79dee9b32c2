import type { PoolRoster } from './pool-roster.js';
import type { LauncherServices } from './services.js';

/**
 * Providers that have left the configuration while nodes of theirs are left: they are kept for the cleanup until the last node is
 * gone, or until another launcher serves them (weakness 21). Nothing is launched there any more.
 */
export class ProviderDrain {
  constructor(
    private readonly services: Pick<LauncherServices, 'records' | 'providers' | 'logger'>,
    private readonly roster: Pick<PoolRoster, 'isOwn'>,
  ) {}

  /** Must the provider be kept although it is not configured? */
  needed(name: string): boolean {
    const { nodes, launchers } = this.services.records;
    if (launchers.view.pools().some((pool) => pool.providerName === name && !this.roster.isOwn(pool.id))) return false;
    if (!nodes.view.complete) return true;
    for (const { value } of nodes.view.all().values()) if (value.provider === name) return true;
    return false;
  }

  /** Lets go of those that have served their time. */
  reconcile(): void {
    const { providers, logger } = this.services;
    for (const name of providers.leaving()) {
      if (this.needed(name)) continue;
      logger.info(`Provider ${name} has no nodes left here and is let go`, { provider: name });
      providers.letGo(name);
    }
  }
}
