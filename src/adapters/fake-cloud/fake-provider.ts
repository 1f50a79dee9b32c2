import type { InstanceImage } from '../../domain/model/instance-image.js';
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import { openStackProviderSettings } from '../../domain/config/openstack.js';
import type { Resources } from '../../domain/model/quota.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { ImageProvider } from '../../ports/compute/images.js';
import type {
  AccountInstance,
  Instance,
  InstanceSpec,
  LabelReadiness,
  Provider,
} from '../../ports/compute/provider.js';
import type { FakeCloud } from './fake-cloud.js';
import type { FakeServerRequest } from './fake-hypervisor.js';
import { FakeImageProvider } from './fake-image-provider.js';
import { labelAddresses, labelFlavor, labelResources } from './fake-label.js';

const FAKE_HOST_KEY = 'ssh-rsa FAKEKEY';

/** One configured provider on a fake cloud. */
export class FakeProvider implements Provider {
  readonly images: ImageProvider;
  readonly fixed = null;

  constructor(
    private readonly config: ProviderConfig,
    private readonly cloud: FakeCloud,
  ) {
    this.images = new FakeImageProvider(cloud);
  }

  start(signal: AbortSignal): Promise<void> {
    return this.cloud.checkCredentials(this.config.name, signal);
  }

  async stop(): Promise<void> {
    // The cloud belongs to all of its providers and goes on.
  }

  labelReady(_pool: PoolConfig, label: PoolLabelConfig): LabelReadiness {
    const { flavors, missingImages } = this.cloud.knobs;
    try {
      labelFlavor(flavors, label);
    } catch (error) {
      if (error instanceof ProviderError) return { ready: false, problem: error.message, broken: true };
      throw error;
    }
    const name = label.image.kind === 'cloud-image' ? this.cloudImage(label.image.name) : null;
    if (name !== null && missingImages.includes(name)) return { ready: false, problem: `Unable to find image ${name}` };
    return { ready: true };
  }

  resourcesOf(_pool: PoolConfig, label: PoolLabelConfig): Resources {
    try {
      return labelResources(labelFlavor(this.cloud.knobs.flavors, label), label);
    } catch (error) {
      // The label is not ready; what it would take is unknown but for the instance.
      if (error instanceof ProviderError) return { instances: 1 };
      throw error;
    }
  }

  limits(signal: AbortSignal): Promise<Resources> {
    return this.cloud.limits(signal);
  }

  availabilityZones(signal: AbortSignal): Promise<readonly string[]> {
    return this.cloud.zones(signal);
  }

  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    const flavor = labelFlavor(this.cloud.knobs.flavors, spec.label);
    return this.cloud.createServer(
      {
        provider: this.config.name,
        nodeId: spec.nodeId,
        key: spec.idempotencyKey,
        name: spec.hostname,
        zone: spec.az,
        resources: labelResources(flavor, spec.label),
        metadata: { ...spec.metadata },
        image: requestedImage(spec.image),
      },
      signal,
    );
  }

  async waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    const server = await this.cloud.waitForServer(externalId, signal);
    return {
      externalId,
      ...labelAddresses(spec.label),
      az: server.zone,
      region: openStackProviderSettings(this.config).regionName ?? null,
      cloud: this.cloud.name,
      hostId: 'fake',
      resources: null,
      hostKeys: this.hostKeys(spec.label),
    };
  }

  delete(externalId: string, signal: AbortSignal): Promise<void> {
    return this.cloud.deleteServer(externalId, signal);
  }

  list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    return this.cloud.listServers(signal);
  }

  consoleLog(externalId: string, signal: AbortSignal): Promise<string | null> {
    return this.cloud.console(externalId, signal);
  }

  /** Nobody answers at a fake address, so the cloud tells the keys that a scan would have found (spec BUILDER 6.5). */
  private hostKeys(label: PoolLabelConfig): readonly string[] | null {
    if (!label.hostKeyChecking) return [];
    if (this.cloud.knobs.scanHostKeys) return null;
    const connection = this.connectionType(label);
    return connection === 'ssh' || connection === 'network_cli' ? [FAKE_HOST_KEY] : [];
  }

  private connectionType({ image }: PoolLabelConfig): string {
    const { diskImages, cloudImages } = this.config;
    const found =
      image.kind === 'diskimage'
        ? diskImages.get(image.name)
        : image.kind === 'cloud-image'
          ? cloudImages.get(image.name)
          : undefined;
    return found?.connectionType ?? 'ssh';
  }

  /** The name by which the cloud knows a configured cloud image; null if the id is given, which is never looked up. */
  private cloudImage(name: string): string | null {
    const image = this.config.cloudImages.get(name);
    return image?.imageId ? null : (image?.imageName ?? name);
  }
}

function requestedImage(image: InstanceImage): FakeServerRequest['image'] {
  switch (image.kind) {
    case 'diskimage':
      return { kind: 'diskimage', id: image.externalId };
    case 'cloud-image':
      return { kind: 'cloud-image', id: image.idOrName };
    case 'none':
      return null;
  }
}
