import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import { libvirtLabelSettings, libvirtPoolSettings, libvirtProviderSettings } from '../../domain/config/libvirt.js';
import type { Resources } from '../../domain/model/quota.js';
import type { DriverContext } from '../../ports/compute/driver.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type {
  AccountInstance,
  Instance,
  InstanceSpec,
  LabelReadiness,
  Provider,
} from '../../ports/compute/provider.js';
import { consoleText } from './console.js';
import { MachineCreator } from './machine-creator.js';
import { Domains } from './domains.js';
import { Forwards } from './forwards.js';
import { Host } from './host.js';
import type { IsoMaker } from './iso-maker.js';
import { LibvirtImages } from './libvirt-images.js';
import { LibvirtLeakedResources } from './libvirt-leaked-resources.js';
import { hostLimits } from './limits.js';
import { toProviderError } from './provider-failure.js';
import { MachineRemover } from './machine-remover.js';
import { MachineReadiness } from './machine-readiness.js';
import { Storage } from './storage.js';
import type { LibvirtContext } from './libvirt-context.js';
import { driveFormatOf, networksOf } from './libvirt-context.js';
import { Turns } from './turns.js';
import type { VirshShare } from './virsh/virsh-share.js';

interface Parts {
  readonly context: LibvirtContext;
  readonly creator: MachineCreator;
  readonly remover: MachineRemover;
  readonly readiness: MachineReadiness;
  readonly release: () => Promise<void>;
}

/** One configured provider: machines on a host with libvirt (docs/spec/libvirt.md). */
export class LibvirtProvider implements Provider {
  readonly images = new LibvirtImages(() => this.started().context);
  readonly loose = new LibvirtLeakedResources(() => this.started().context);
  readonly fixed = null;
  private parts: Parts | null = null;
  private stopped = false;

  constructor(
    private readonly config: ProviderConfig,
    private readonly driverContext: DriverContext,
    private readonly share: VirshShare,
    private readonly isos: IsoMaker,
  ) {}

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const settings = libvirtProviderSettings(this.config);
    const parts = this.connect();
    const { host, storage } = parts.context;
    try {
      if (this.wantsDrives()) await this.isos.tool();
      await host.check(settings.virtualization, networksOf(this.config.pools.values()), signal);
      await storage.check(signal);
    } catch (error) {
      await parts.release();
      signal.throwIfAborted();
      throw toProviderError(error);
    }
    this.parts = parts;
    if (this.stopped) await parts.release();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.parts?.release();
  }

  labelReady(pool: PoolConfig, _label: PoolLabelConfig): LabelReadiness {
    if (!this.parts) return { ready: false, problem: `Provider ${this.config.name} is not connected yet` };
    const { network } = libvirtPoolSettings(pool);
    if (network.kind !== 'network' || this.parts.context.host.hasNetwork(network.name)) return { ready: true };
    return { ready: false, problem: `Unable to find network ${network.name} in provider ${this.config.name}` };
  }

  resourcesOf(_pool: PoolConfig, label: PoolLabelConfig): Resources {
    const { cpus, memory, disk } = libvirtLabelSettings(label);
    return { instances: 1, cores: cpus, ram: memory, ...(disk === null ? {} : { disk }) };
  }

  limits(signal: AbortSignal): Promise<Resources> {
    return this.doing(signal, async ({ context }) => {
      // Somebody may have mended a network meanwhile, or removed it.
      for (const name of networksOf(this.config.pools.values())) await context.host.checkNetwork(name, signal);
      return hostLimits(context, signal);
    });
  }

  async availabilityZones(signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    return [];
  }

  create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    return this.doing(signal, ({ creator }) => creator.create(spec, signal));
  }

  waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    return this.doing(signal, ({ readiness }) => readiness.wait(externalId, spec, signal), { externalId });
  }

  delete(externalId: string, signal: AbortSignal): Promise<void> {
    return this.doing(signal, ({ remover }) => remover.delete(externalId, signal), { externalId });
  }

  list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    return this.doing(signal, async ({ context }) => {
      const all = await context.domains.list(signal);
      return all
        .filter(({ facts, active }) => active || facts.record !== null)
        .map(({ facts }) => ({
          externalId: facts.uuid,
          metadata: facts.record?.properties ?? {},
          resources: facts.resources,
        }));
    });
  }

  consoleLog(externalId: string, signal: AbortSignal): Promise<string | null> {
    return this.doing(signal, ({ context }) => consoleText(context, externalId, signal));
  }

  private connect(): Parts {
    const { config, driverContext, isos } = this;
    const settings = libvirtProviderSettings(config);
    const { virsh, release } = this.share.take(settings.uri);
    const context: LibvirtContext = {
      config,
      settings,
      driverContext,
      virsh,
      isos,
      host: new Host(virsh, driverContext),
      storage: new Storage(virsh, settings.storagePool),
      domains: new Domains(virsh, driverContext.clock),
      // `qemu:///system` is this machine, `qemu+ssh://host/system` is not.
      forwards: new Forwards(/^[a-z0-9+.-]+:\/\/\//i.test(settings.uri)),
      turns: new Turns(),
    };
    const remover = new MachineRemover(context);
    return {
      context,
      remover,
      creator: new MachineCreator(context, remover),
      readiness: new MachineReadiness(context),
      release,
    };
  }

  private wantsDrives(): boolean {
    const settings = libvirtProviderSettings(this.config);
    const labels = [...this.config.pools.values()].flatMap((pool) => [...pool.labels.values()]);
    return labels.some((label) => driveFormatOf(settings, label) !== 'none');
  }

  private async doing<T>(
    signal: AbortSignal,
    work: (parts: Parts) => Promise<T>,
    details: { externalId?: string } = {},
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
