import { roomFor } from '../../domain/decide/quota-fit.js';
import type { LabelRoom } from '../../domain/model/label-room.js';
import { addResources } from '../../domain/model/quota.js';
import type { PoolContext } from './pool-context.js';

const NONE: LabelRoom = { pool: 0, account: 0 };

/**
 * What the pools of this process have room for, as their next pass would see it. What is not known of an account yet, or too old, is asked
 * for meanwhile.
 */
export class PoolRoom {
  constructor(
    private readonly context: Pick<PoolContext, 'services' | 'drivers' | 'index' | 'reservations' | 'capacity'>,
  ) {}

  /** None in pools that are not ours, whose provider is not there, or whose cloud has just refused; nor of machines that exist by themselves. */
  of(providerName: string, poolName: string, label: string): LabelRoom {
    const { services, drivers, index, reservations, capacity } = this.context;
    const pool = services.config.current.providers.get(providerName)?.pools.get(poolName);
    const driver = drivers.usable(providerName);
    if (!pool?.labels.has(label) || !driver || driver.fixed || capacity.holdOff(providerName).length > 0) return NONE;
    if (!pool.ignoreProviderQuota) capacity.refresh(providerName, driver);
    const need = drivers.resourcesOf(providerName, poolName, label);
    const inPool = addResources(index.poolUsage(providerName, poolName), reservations.forPool(providerName, poolName));
    const ours = addResources(index.providerUsage(providerName), reservations.forProvider(providerName));
    const limits = pool.ignoreProviderQuota ? null : capacity.facts(providerName, driver)?.limits;
    const used = addResources(ours, capacity.others(providerName));
    return {
      pool: roomFor(need, { limit: pool.limits, used: inPool }),
      account: limits ? roomFor(need, { limit: limits, used }) : Infinity,
    };
  }
}
