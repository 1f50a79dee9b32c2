import { networkInterfaces } from 'node:os';
import { openStackLabelSettings } from '../../domain/config/openstack.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { Instance, InstanceSpec } from '../../ports/compute/provider.js';
import { DeadlineError, withDeadline } from '../../ports/toolkit/deadline.js';
import type { CloudSession } from './cloud-session.js';
import type { FloatingAddresses } from './floating-addresses.js';
import type { Server } from './server.js';
import { isGone } from './server.js';
import type { AddressRules } from './server-addresses.js';
import { addressesOf } from './server-addresses.js';
import { brokenServer } from './server-errors.js';
import type { ServerSnapshot } from './server-list.js';
import { getServer } from './servers.js';

/** For an active server to show an address, seconds. */
const ADDRESS_PATIENCE = 15;
/** Looks in a row without the server before it is asked for by itself. */
const ABSENCES = 2;

/** Waits for servers to run, and finds out where they can be reached (spec BUILDER 6.5). */
export class ServerReadiness {
  constructor(
    private readonly session: CloudSession,
    private readonly floating: FloatingAddresses,
  ) {}

  /** @throws ProviderError when it never will, or the signal's reason */
  async wait(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    const active = await this.untilActive(externalId, signal);
    const reachable = await this.untilAddressed(active, signal);
    const rules = await this.rules(signal);
    const { autoFloatingIp } = openStackLabelSettings(spec.label);
    const server = autoFloatingIp ? await this.floating.provide(reachable, rules, signal) : reachable;
    return {
      externalId,
      ...addressesOf(server, rules),
      az: server.zone,
      region: this.session.access.region,
      cloud: this.session.access.name,
      hostId: server.hostId,
      resources: null,
      hostKeys: null,
    };
  }

  private async untilActive(id: string, signal: AbortSignal): Promise<Server> {
    for (;;) {
      const absence = { count: 0 };
      const server = await this.session.servers.until((snapshot) => settled(snapshot, id, absence), signal);
      if (server !== 'absent') return server;
      // A list may miss what has just been made, or what lives in a part of the cloud that is down.
      const single = await getServer(this.session.client, id, signal);
      if (single === null || isGone(single)) throw vanished(id);
      if (single.status === 'ERROR') throw brokenServer(single);
      if (single.status === 'ACTIVE') return single;
    }
  }

  private async untilAddressed(server: Server, signal: AbortSignal): Promise<Server> {
    if (server.addresses.length > 0) return server;
    const { clock } = this.session.context;
    const what = `waiting for an address of server ${server.id}`;
    try {
      return await withDeadline(clock, ADDRESS_PATIENCE, what, signal, (inner) =>
        this.session.servers.until((snapshot) => {
          const now = snapshot.get(server.id);
          return now && now.addresses.length > 0 ? now : undefined;
        }, inner),
      );
    } catch (error) {
      if (!(error instanceof DeadlineError) || signal.aborted) throw error;
      throw new ProviderError('transient', `Server ${server.id} runs but has no address`, {
        metric: 'error.network',
        externalId: server.id,
      });
    }
  }

  private async rules(signal: AbortSignal): Promise<AddressRules> {
    const { access, networks } = this.session;
    return {
      networks: await networks.get(signal),
      private: access.private,
      forceIpv4: access.forceIpv4,
      localIpv6: hasIpv6(),
    };
  }
}

function settled(snapshot: ServerSnapshot, id: string, absence: { count: number }): Server | 'absent' | undefined {
  const server = snapshot.get(id);
  if (!server) {
    absence.count += 1;
    return absence.count >= ABSENCES ? 'absent' : undefined;
  }
  absence.count = 0;
  if (isGone(server)) throw vanished(id);
  if (server.status === 'ERROR') throw brokenServer(server);
  return server.status === 'ACTIVE' ? server : undefined;
}

function vanished(id: string): ProviderError {
  return new ProviderError('not-found', `Server ${id} was deleted while it was starting`, { metric: 'error.status' });
}

/** Whether this machine has an address that the IPv6 internet could answer to. */
function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some(({ family, internal, address }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address)),
  );
}
