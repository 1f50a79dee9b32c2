import type { Resources } from '../../domain/model/quota.js';
import type { Provider } from '../../ports/compute/provider.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { ProviderProblem } from '../providers/managed-provider.js';
import type { LauncherServices } from './services.js';

/** The providers' drivers as the launcher meets them. */
export class ProviderDrivers {
  constructor(private readonly services: Pick<LauncherServices, 'providers' | 'config' | 'logger'>) {}

  /** The provider object, or why there is none; undefined while it is starting. */
  of(name: string): Provider | ProviderProblem | undefined {
    const provider = this.services.providers.get(name);
    return provider && 'problem' in provider && provider.starting ? undefined : provider;
  }

  /** The provider object if there is one. */
  usable(name: string): Provider | undefined {
    const driver = this.of(name);
    return driver && !('problem' in driver) ? driver : undefined;
  }

  /** Calls back with the name of a provider whose driver came up, failed, was replaced or dropped. Answers the way to unsubscribe. */
  onChange(listener: (name: string) => void): () => void {
    return this.services.providers.onChange(listener);
  }

  /** What a node of the label takes; one instance if the provider cannot say. */
  resourcesOf(providerName: string, poolName: string | null, labelName: string | undefined): Resources {
    const pool = this.services.config.current.providers.get(providerName)?.pools.get(poolName ?? '');
    const label = pool?.labels.get(labelName ?? '');
    const driver = this.usable(providerName);
    if (!pool || !label || !driver) return { instances: 1 };
    try {
      return driver.resourcesOf(pool, label);
    } catch (error) {
      this.services.logger.warn(`${providerName} cannot say what ${label.name} takes`, errorFields(error));
      return { instances: 1 };
    }
  }
}
