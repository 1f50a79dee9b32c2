import type {
  DriverContext,
  Instance,
  InstanceSpec,
  LabelReadiness,
  PoolConfig,
  PoolLabelConfig,
  Provider,
  ProviderConfig,
  Resources,
  AccountInstance,
} from 'nodepool/driver';
import { ApiClient } from '../client/api-client.js';
import { hasStatus } from '../client/api-failure.js';
import type { Environment } from '../client/kube-access.js';
import { kubeAccess } from '../client/kube-access.js';
import { labelSettings } from '../config/label-settings.js';
import { Failure } from '../failure.js';
import { resourcesOf } from '../made/resources.js';
import { PATIENCE } from './patience.js';
import type { Patience } from './patience.js';

export interface ProviderOptions {
  readonly patience?: Patience;
  readonly env?: Environment;
}

/** What the three drivers have in common: one context of a kubeconfig, labels that say everything, no images. */
export abstract class KubeProvider implements Provider {
  readonly images = null;
  readonly fixed = null;
  protected readonly client: ApiClient;
  protected readonly context: string | null;
  protected readonly patience: Patience;

  constructor(
    protected readonly config: ProviderConfig,
    { clock }: DriverContext,
    { patience = PATIENCE, env = process.env }: ProviderOptions = {},
  ) {
    this.patience = patience;
    const { context } = config.settings;
    this.context = typeof context === 'string' ? context : null;
    this.client = new ApiClient(() => kubeAccess(this.context, env), clock);
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      await this.tryOut(signal);
    } catch (error) {
      if (hasStatus(error, 403)) throw new Failure('authentication', error.message, error.details);
      throw error;
    }
  }

  /** Asks for what is needed all the time, to see whether it is granted. */
  protected abstract tryOut(signal: AbortSignal): Promise<void>;

  async stop(): Promise<void> {
    this.client.close();
  }

  labelReady(): LabelReadiness {
    return { ready: true };
  }

  resourcesOf(pool: PoolConfig, label: PoolLabelConfig): Resources {
    return resourcesOf(labelSettings(pool, label));
  }

  async limits(signal: AbortSignal): Promise<Resources> {
    signal.throwIfAborted();
    return {};
  }

  async availabilityZones(signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    return [];
  }

  async consoleLog(_externalId: string, signal: AbortSignal): Promise<string | null> {
    signal.throwIfAborted();
    return null;
  }

  abstract create(spec: InstanceSpec, signal: AbortSignal): Promise<string>;
  abstract waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance>;
  abstract delete(externalId: string, signal: AbortSignal): Promise<void>;
  abstract list(signal: AbortSignal): Promise<readonly AccountInstance[]>;
}

/** What a node is known by besides how it is reached [K16]. */
export function facts(
  externalId: string,
  interfaceIp: string | null,
  hostId: string | null,
  cloud: string | null,
): Omit<Instance, 'connectionPort' | 'connectionType'> {
  return {
    externalId,
    interfaceIp,
    publicIpv4: null,
    privateIpv4: null,
    publicIpv6: null,
    az: null,
    region: null,
    cloud,
    hostId,
    resources: null,
    hostKeys: [],
  };
}
