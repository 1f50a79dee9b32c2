import type { PoolConfig, PoolLabelConfig } from '../../domain/config/config.js';
import { UNLIMITED } from '../../domain/model/quota.js';
import type { Resources } from '../../domain/model/quota.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type {
  AccountInstance,
  FixedMachines,
  Instance,
  LabelReadiness,
  Provider,
} from '../../ports/compute/provider.js';

/** Machines that exist by themselves: nothing can be made, nothing has to be deleted, and no quota is used up. */
export class StaticProvider implements Provider {
  readonly images = null;

  constructor(readonly fixed: FixedMachines) {}

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  async stop(): Promise<void> {
    // There is no background work.
  }

  labelReady(pool: PoolConfig, label: PoolLabelConfig): LabelReadiness {
    const served = this.fixed.slots(pool).some((slot) => slot.labels.includes(label.name));
    if (served) return { ready: true };
    return { ready: false, broken: true, problem: `No machine of pool ${pool.name} has the label ${label.name}` };
  }

  resourcesOf(): Resources {
    return { instances: 1 };
  }

  async limits(signal: AbortSignal): Promise<Resources> {
    signal.throwIfAborted();
    return UNLIMITED;
  }

  async availabilityZones(signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    return [];
  }

  create(): Promise<string> {
    return Promise.reject(cannotLaunch());
  }

  waitUntilRunning(): Promise<Instance> {
    return Promise.reject(cannotLaunch());
  }

  async delete(_externalId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  async list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    signal.throwIfAborted();
    return [];
  }

  async consoleLog(_externalId: string, signal: AbortSignal): Promise<string | null> {
    signal.throwIfAborted();
    return null;
  }
}

function cannotLaunch(): ProviderError {
  return new ProviderError('configuration', 'A static provider cannot launch machines', { metric: 'error.nodepool' });
}
