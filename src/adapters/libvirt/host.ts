import type { Virtualization } from '../../domain/config/libvirt.js';
import { isVirshError, misconfigured } from './provider-failure.js';
import { factsOf } from './tables.js';
import type { DriverContext } from '../../ports/compute/driver.js';
import { whyNoKvm } from './kvm-probe.js';
import type { Virsh } from './virsh/virsh.js';

/** The machine that libvirt runs on. */
export class Host {
  /** What domains are of: `kvm`, `qemu` or `test`. */
  domainType = 'qemu';
  name: string | null = null;
  private readonly networks = new Map<string, boolean>();

  constructor(
    private readonly virsh: Virsh,
    private readonly context: DriverContext,
  ) {}

  get isTest(): boolean {
    return this.virsh.isTest;
  }

  /** @throws VirshError, or ProviderError kind `configuration` */
  async check(virtualization: Virtualization, networks: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    this.name = (await this.virsh.run(['hostname'], signal)).trim() || null;
    this.domainType = this.virsh.isTest ? 'test' : await this.choose(virtualization, signal);
    for (const network of networks) await this.checkNetwork(network, signal);
  }

  /** Whether the host has the network, as of the last check. */
  hasNetwork(name: string): boolean {
    return this.networks.get(name) ?? true;
  }

  /** Cores, and memory in MiB. */
  async capacity(signal: AbortSignal): Promise<{ readonly cores: number; readonly ram: number }> {
    const facts = factsOf(await this.virsh.run(['nodeinfo'], signal));
    const kib = Number(/\d+/.exec(facts.get('memory size') ?? '')?.[0] ?? 0);
    return { cores: Number(facts.get('cpu(s)') ?? 0), ram: Math.floor(kib / 1024) };
  }

  /** MiB that nobody uses, caches included; null if the hypervisor does not say. */
  async freeMemory(signal: AbortSignal): Promise<number | null> {
    try {
      const facts = factsOf(await this.virsh.run(['nodememstats'], signal));
      const kib = ['free', 'buffers', 'cached'].map((key) => Number(/\d+/.exec(facts.get(key) ?? '')?.[0] ?? 0));
      return facts.has('free') ? Math.floor(kib.reduce((sum, each) => sum + each, 0) / 1024) : null;
    } catch (error) {
      if (isVirshError(error, 'unsupported')) return null;
      throw error;
    }
  }

  async checkNetwork(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.virsh.run(['net-info', '--network', name], signal);
      this.networks.set(name, true);
    } catch (error) {
      if (!isVirshError(error, 'configuration', 'not-found')) throw error;
      this.networks.set(name, false);
    }
  }

  private async choose(virtualization: Virtualization, signal: AbortSignal): Promise<string> {
    if (virtualization !== 'qemu' && (await this.offers('kvm', signal))) {
      if (virtualization === 'kvm') return 'kvm';
      const why = await whyNoKvm(this.virsh, this.context, signal);
      if (why === null) return 'kvm';
      const because = 'libvirt offers KVM, but no machine runs with it; machines are emulated, which is slow';
      this.context.logger.warn(because, { uri: this.virsh.uri, reason: why });
    }
    if (virtualization === 'kvm')
      throw misconfigured(`${this.virsh.uri} has no KVM; virtualization: qemu is slower but works`);
    if (await this.offers('qemu', signal)) return 'qemu';
    throw misconfigured(`${this.virsh.uri} has no QEMU (Debian: qemu-system-x86)`);
  }

  private async offers(type: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.virsh.run(['domcapabilities', '--virttype', type], signal);
      return true;
    } catch (error) {
      if (isVirshError(error, 'configuration', 'unsupported', 'other')) return false;
      throw error;
    }
  }
}
