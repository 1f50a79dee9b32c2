import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import { openStackLabelSettings } from '../../domain/config/openstack.js';
import type { Resources } from '../../domain/model/quota.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { ImageProvider } from '../../ports/compute/images.js';
import type { LeakedResourceProvider } from '../../ports/compute/leaked-resources.js';
import type {
  AccountInstance,
  Instance,
  InstanceSpec,
  LabelReadiness,
  Provider,
} from '../../ports/compute/provider.js';
import { toProviderError } from './client/classify-error.js';
import type { CloudSession } from './cloud-session.js';
import { ServerRemover } from './server-remover.js';
import { FloatingAddresses } from './floating-addresses.js';
import type { Flavor } from './flavors.js';
import { chooseFlavor } from './flavors.js';
import { labelReadiness } from './label-readiness.js';
import { ServerCreator } from './server-creator.js';
import { accountLimits } from './limits.js';
import { OpenStackImages } from './openstack-images.js';
import { OpenStackLeakedResources } from './openstack-leaked-resources.js';
import { ServerReadiness } from './server-readiness.js';
import type { Server } from './server.js';
import { isGone } from './server.js';
import { consoleOutput } from './servers.js';

/** What works on one session. */
interface Parts {
  readonly session: CloudSession;
  readonly creator: ServerCreator;
  readonly readiness: ServerReadiness;
  readonly remover: ServerRemover;
}

/** One configured provider on an OpenStack cloud (spec BUILDER 6). */
export class OpenStackProvider implements Provider {
  readonly images: ImageProvider;
  readonly loose: LeakedResourceProvider;
  readonly fixed = null;
  private parts: Parts | null = null;
  private stopping = false;

  /** @param connect without I/O beyond reading the cloud's configuration */
  constructor(
    private readonly config: ProviderConfig,
    private readonly connect: () => Promise<CloudSession>,
  ) {
    this.images = new OpenStackImages(() => this.started().session);
    this.loose = new OpenStackLeakedResources(config, () => this.started().session);
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const session = await this.connect();
    if (this.stopping) return session.close();
    const floating = new FloatingAddresses(session);
    const remover = new ServerRemover(session, floating);
    this.parts = {
      session,
      remover,
      readiness: new ServerReadiness(session, floating),
      creator: new ServerCreator(session, (id, inner) => remover.delete(id, inner)),
    };
    try {
      await session.client.projectId(signal);
      await this.fillCaches(session, signal);
    } catch (error) {
      await session.close();
      throw toProviderError(error);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.parts?.session.close();
  }

  labelReady(_pool: PoolConfig, label: PoolLabelConfig): LabelReadiness {
    if (!this.parts) return { ready: false, problem: `Provider ${this.config.name} is not connected yet` };
    return labelReadiness(this.parts.session, label);
  }

  resourcesOf(_pool: PoolConfig, label: PoolLabelConfig): Resources {
    const settings = openStackLabelSettings(label);
    const flavor = chooseFlavor(this.parts?.session.flavors.peek() ?? [], settings);
    const volume = settings.bootFromVolume ? { volumes: 1, 'volume-gb': settings.volumeSize } : {};
    // Of a label without a flavor nothing is known but the instance; it is not ready anyway.
    if ('problem' in flavor) return { instances: 1, ...volume };
    return { instances: 1, cores: flavor.cores, ram: flavor.ram, ...volume };
  }

  limits(signal: AbortSignal): Promise<Resources> {
    return this.doing(signal, ({ session }) => accountLimits(session.client, signal));
  }

  availabilityZones(signal: AbortSignal): Promise<readonly string[]> {
    return this.doing(signal, ({ session }) => session.zones.get(signal));
  }

  create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    return this.doing(signal, ({ creator }) => creator.create(spec, signal));
  }

  waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    return this.doing(signal, ({ readiness }) => readiness.wait(externalId, spec, signal), { externalId });
  }

  delete(externalId: string, signal: AbortSignal): Promise<void> {
    return this.doing(signal, ({ remover }) => remover.delete(externalId, signal), {
      metric: 'error.serverdelete',
      externalId,
    });
  }

  list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    return this.doing(signal, async ({ session }) => {
      const snapshot = await session.servers.next(signal);
      const flavors = session.flavors.peek() ?? [];
      return [...snapshot.values()]
        .filter((server) => !isGone(server))
        .map((server) => accountInstance(server, flavors));
    });
  }

  consoleLog(externalId: string, signal: AbortSignal): Promise<string | null> {
    return this.doing(signal, ({ session }) => consoleOutput(session.client, externalId, signal));
  }

  /** Who cannot be asked now is asked in the background; only what the account itself refuses keeps the provider off. */
  private async fillCaches({ flavors, networks, images }: CloudSession, signal: AbortSignal): Promise<void> {
    for (const cache of [flavors, networks, ...(this.namesImages() ? [images] : [])]) {
      try {
        await cache.get(signal);
      } catch (error) {
        signal.throwIfAborted();
        const failure = toProviderError(error);
        if (failure instanceof ProviderError && failure.kind === 'authentication') throw failure;
      }
    }
  }

  private namesImages(): boolean {
    const labels = [...this.config.pools.values()].flatMap((pool) => [...pool.labels.values()]);
    return labels.some(
      ({ image }) => image.kind === 'cloud-image' && !this.config.cloudImages.get(image.name)?.imageId,
    );
  }

  private async doing<T>(
    signal: AbortSignal,
    work: (parts: Parts) => Promise<T>,
    details: { metric?: string; externalId?: string } = {},
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work(this.started());
    } catch (error) {
      signal.throwIfAborted();
      throw toProviderError(error, details);
    }
  }

  private started(): Parts {
    if (this.parts) return this.parts;
    throw new ProviderError('transient', `Provider ${this.config.name} is not connected yet`);
  }
}

/** What a server takes of the quota: by its own account, else by its flavor's. */
function accountInstance({ id, metadata, flavor, volumes }: Server, flavors: readonly Flavor[]): AccountInstance {
  const known = flavors.find((one) => one.id === flavor.id);
  const cores = flavor.cores ?? known?.cores ?? 0;
  const ram = flavor.ram ?? known?.ram ?? 0;
  const resources: Resources = { instances: 1, cores, ram, ...(volumes > 0 ? { volumes } : {}) };
  return { externalId: id, metadata, resources };
}
