import { libvirtPoolSettings } from '../../domain/config/libvirt.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { Instance, InstanceSpec } from '../../ports/compute/provider.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Addresses } from './addresses.js';
import { addressesOf } from './addresses.js';
import type { DomainFacts } from './domain-facts.js';
import type { LibvirtContext } from './libvirt-context.js';

/** Seconds between two checks for an address. */
const CHECK_INTERVAL = 1;

/** Waits for machines to run, and finds out where they can be reached. */
export class MachineReadiness {
  constructor(private readonly context: LibvirtContext) {}

  /** @throws ProviderError when it never will, or the signal's reason */
  async wait(uuid: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    signal.throwIfAborted();
    const { config, host, driverContext, domains } = this.context;
    const { network } = libvirtPoolSettings(spec.pool);
    const patience = spec.label.bootTimeout ?? config.bootTimeout;
    const until = driverContext.clock.monotonic() + patience;
    for (;;) {
      await this.ensureRuns(uuid, signal);
      const facts = await domains.facts(uuid, signal);
      if (!facts) throw gone(uuid);
      const { forward } = facts.record ?? { forward: null };
      if (forward) return this.instance(facts, { ipv4: forward.address, ipv6: null }, host.name, forward.port);
      if (network.kind === 'user')
        throw new ProviderError('transient', `machine ${uuid} has no forwarded port`, failed(uuid));
      const found = await addressesOf(this.context.virsh, uuid, facts.mac, signal);
      if (found) return this.instance(facts, found, host.name, null);
      if (driverContext.clock.monotonic() >= until) {
        const words = `machine ${facts.name} has shown no address for ${patience} s`;
        throw new ProviderError('transient', words, { metric: 'error.network', externalId: uuid });
      }
      await sleep(driverContext.clock, CHECK_INTERVAL, signal);
    }
  }

  private async ensureRuns(uuid: string, signal: AbortSignal): Promise<void> {
    const found = await this.context.domains.state(uuid, signal);
    if (!found) throw gone(uuid);
    if (found.state === 'running' || found.state === 'idle') return;
    const room = /i\/o error/i.test(found.text) ? '; the storage pool may be full' : '';
    throw new ProviderError('transient', `machine ${uuid} does not run: ${found.text}${room}`, failed(uuid));
  }

  private instance(
    facts: DomainFacts,
    found: Addresses,
    hostId: string | null,
    connectionPort: number | null,
  ): Instance {
    return {
      externalId: facts.uuid,
      interfaceIp: found.ipv4 ?? found.ipv6,
      publicIpv4: found.ipv4,
      privateIpv4: found.ipv4,
      publicIpv6: found.ipv6,
      az: null,
      region: null,
      cloud: null,
      hostId,
      resources: facts.resources,
      hostKeys: null,
      connectionPort,
    };
  }
}

function failed(externalId: string): { readonly metric: string; readonly externalId: string } {
  return { metric: 'error.status', externalId };
}

function gone(uuid: string): ProviderError {
  return new ProviderError('not-found', `machine ${uuid} does not exist`, failed(uuid));
}
